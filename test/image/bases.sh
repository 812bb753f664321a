# Images without a registry: stand-ins for the two base images, and the images that scripts/image makes of them.
# shellcheck shell=bash
# shellcheck disable=SC2154 # running.sh has the work folder

# All of buildah's storage goes into a folder of its own. vfs needs nothing of the kernel or the file system.
use_own_storage() {
  cat >"$work/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/images"
runroot = "$work/run"
CONF
  export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot
}

# add_image NAME FOLDER [BASE]
add_image() {
  local container
  container=$(buildah from --pull-never "${3-scratch}")
  buildah add --quiet "$container" "$2" / >/dev/null
  buildah commit --quiet --rm "$container" "$1" >/dev/null
}

make_bases() {
  make_debian "$work/debian"
  add_image debian-stand-in "$work/debian"
  make_node "$work/node"
  add_image node-stand-in "$work/node" localhost/debian-stand-in
}

# make_node FOLDER: Node.js and npm of this machine, with the settings of npm.
make_node() {
  local authorities
  mkdir -p "$1"/usr/{bin,lib/node_modules} "$1/root"
  cp "$(node -p process.execPath)" "$1/usr/bin/node"
  cp -rL "$(npm root --global 2>/dev/null)/npm" "$1/usr/lib/node_modules"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/bin/npm"
  echo "registry=$(npm config get registry 2>/dev/null)" >"$1/root/.npmrc"
  authorities=$(npm config get cafile 2>/dev/null)
  if [[ -f $authorities ]]; then
    cp "$authorities" "$1/root/authorities.pem"
    echo "cafile=/root/authorities.pem" >>"$1/root/.npmrc"
  fi
}

make_images() {
  ENGINE=buildah patiently scripts/image --network host --pull=never \
    --build-arg DEBIAN_IMAGE=localhost/debian-stand-in --build-arg NODE_IMAGE=localhost/node-stand-in
}

# build_other ARCHITECTURE: the executable for another machine, built by this one, as an engine does for --platform. There
# is no base image for that machine here, so this is the stage that needs none.
build_other() {
  buildah build --network host --pull=never --build-arg TARGETARCH="$1" --target build --tag other \
    --build-arg DEBIAN_IMAGE=localhost/debian-stand-in --build-arg NODE_IMAGE=localhost/node-stand-in .
}
is_for() { readelf --file-header "$(root_of_image localhost/other)/made/gateway-route-manager" | grep "Machine: *$1"; } # MACHINE

# setting TAG TEMPLATE: something of an image's configuration, by a template of Go.
setting() { buildah inspect --type image --format "$2" "localhost/gateway-route-manager:$1"; }

# settings TAG KEY: a list of them, one a line.
settings() { setting "$1" "{{range .Docker.Config.$2}}{{println .}}{{end}}" | sed '/^$/d'; }

# root_of TAG: the folder with the image's files.
root_of() { root_of_image "localhost/gateway-route-manager:$1"; }
root_of_image() { buildah mount "$(buildah from --pull-never "$1")"; }

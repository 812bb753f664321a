# Images without a registry: replacements for the two base images, and the images that scripts/image makes from them.
# shellcheck shell=bash
# shellcheck disable=SC2154 # harness.sh sets the work folder

# Makes buildah store everything in the work folder. The driver vfs needs no feature of the kernel or the file system.
use_own_storage() {
  cat >"$work/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/images"
runroot = "$work/run"
CONF
  export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot
}

# add_image NAME FOLDER [BASE]: makes an image with the files of a folder, on top of a base image.
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

# make_node FOLDER: copies Node.js and npm of this machine, with npm's settings for the registry.
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
  ENGINE=buildah run_quietly scripts/image --network host --pull=never \
    --build-arg DEBIAN_IMAGE=localhost/debian-stand-in --build-arg NODE_IMAGE=localhost/node-stand-in
}

# build_other ARCHITECTURE: builds the executable for another architecture, as an engine does for --platform. Only the build
# stage can run here, since there is no base image for that architecture.
build_other() {
  buildah build --network host --pull=never --build-arg TARGETARCH="$1" --target build --tag other \
    --build-arg DEBIAN_IMAGE=localhost/debian-stand-in --build-arg NODE_IMAGE=localhost/node-stand-in .
}

# is_for MACHINE: whether that executable is for a machine, by the name that readelf prints.
is_for() { readelf --file-header "$(root_of_image localhost/other)/made/gateway-route-manager" | grep "Machine: *$1"; }

# setting TAG TEMPLATE: a value of an image's configuration, selected by a Go template.
setting() { buildah inspect --type image --format "$2" "localhost/gateway-route-manager:$1"; }

# settings TAG KEY: the values of a list, one a line.
settings() { setting "$1" "{{range .Docker.Config.$2}}{{println .}}{{end}}" | sed '/^$/d'; }

# root_of TAG: a folder with the files of the image.
root_of() { root_of_image "localhost/gateway-route-manager:$1"; }
root_of_image() { buildah mount "$(buildah from --pull-never "$1")"; }

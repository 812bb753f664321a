# The real archives, from install to removal. The service managers only say that they started the executable, since it
# would change routes. In case it is started all the same, it finds a network of its own.
# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/test-install, machines.sh and checks.sh have the variables
version=$(node -p 'require("./package.json").version')

for kind in debian alpine openwrt; do
  machine "$kind"
  mkdir "$root/dist"
  mount --bind "$dist" "$root/dist"
  enter=(unshare --net "${enter[@]}")
  installs "the real archive on $kind" --deps --from /dist -- "${flags[@]}" -path "/a%20b"
  check "its executable runs" version_is "$version"
  check "it has made the service file" unit_has 192.168.1.12
  installs "the real archive once more" --from /dist
  said "it keeps what is there" already "the service goes on running"
  installs "the real one is removed" --uninstall
  check "it is gone" test ! -e "$root/$program"
done

# The real archives, from install to removal. systemd only says that it started the executable; the others run it, by the
# service file, in a network of its own.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # scripts/test-install, machines.sh and checks.sh have the variables

for kind in debian alpine openwrt; do
  machine "$kind"
  mkdir "$root/dist"
  mount --bind "$dist" "$root/dist"
  enter=(unshare --net "${enter[@]}")
  # What OpenRC and procd make of their scripts. It ends by itself, in case nobody ends it.
  if [[ $kind != debian ]]; then
    fake on-start <<'SH'
ip link set lo up
run() { setsid timeout 60 "$@" >/log 2>&1 & echo $! >/running; }
procd_set_param() { [ "$1" != command ] || { shift; run "$@"; }; }
procd_open_instance() { :; }
procd_close_instance() { :; }
. /etc/init.d/gateway-route-manager
if [ -n "${USE_PROCD-}" ]; then start_service; else eval run "$command" "$command_args"; fi
SH
  fi
  installs "the real archive on $kind" --deps --from /dist -- "${flags[@]}" -path "/a%20b"
  check "its executable runs" version_is "$version"
  check "it has made the service file" unit_has 192.168.1.12
  installs "the real archive once more" --from /dist
  said "it keeps what is there" already "the service goes on running"
  installs "the real one is removed" --uninstall
  check "it is gone" test ! -e "$root/$program"
  if [[ $kind != debian ]]; then
    transcript=$root/log
    check "the service had started" has_all "$root/log" "gateway-route-manager $version starts" "/a%20b"
    kill "$(cat "$root/running")"
  fi
done

# The real archives, from install to removal. The fake systemd only records the start; the other service managers run the
# executable by the service file, in a network namespace of its own.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # scripts/test-install, machines.sh and expectations.sh set the variables

for kind in debian alpine openwrt; do
  make_machine "$kind"
  mkdir "$root/dist"
  mount --bind "$dist" "$root/dist"
  enter=(unshare --net "${enter[@]}")
  # What OpenRC and procd do with their scripts. The program ends after a minute in any case.
  if [[ $kind != debian ]]; then
    write_program on-start <<'SH'
ip link set lo up
run() { setsid timeout 60 "$@" >/log 2>&1 & echo $! >/running; }
procd_set_param() { [ "$1" != command ] || { shift; run "$@"; }; }
procd_open_instance() { :; }
procd_close_instance() { :; }
. /etc/init.d/gateway-route-manager
if [ -n "${USE_PROCD-}" ]; then start_service; else eval run "$command" "$command_args"; fi
SH
  fi
  install_succeeds "$kind: an install of the real archive succeeds" --deps --from /dist -- "${flags[@]}" -path "/a%20b"
  check "$kind: the real executable prints its version" version_is "$version"
  check "$kind: the real executable has made the service file" service_file_has 192.168.1.12
  install_succeeds "$kind: a second install of the real archive succeeds" --from /dist
  output_has "$kind: a second install of the same archive changes nothing" already "the service was not restarted"
  install_succeeds "$kind: --uninstall of the real archive succeeds" --uninstall
  check "$kind: --uninstall removes the real executable" test ! -e "$root/$program"
  if [[ $kind != debian ]]; then
    transcript=$root/log
    check "$kind: the service manager started the real executable with its flags" \
      file_has "$root/log" "gateway-route-manager $version starts" "/a%20b"
    kill "$(cat "$root/running")"
  fi
done

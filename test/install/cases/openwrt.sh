# OpenWrt: musl, procd, opkg, BusyBox, and another folder for executables.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and expectations.sh set the variables

make_machine openwrt
install_fails "OpenWrt: an install with BusyBox's ip and without libstdc++ fails" --from /release/one
output_has "OpenWrt: the error gives the opkg command" "opkg install ip-full libstdcpp6"
install_succeeds "OpenWrt: an install with --deps succeeds" --deps --from /release/one -- "${flags[@]}"
check "OpenWrt: the executable is installed in /usr/bin" version_is 0.1.0 "/usr/bin/$name"
check "OpenWrt: the procd script runs the executable with the flags" \
  service_file_has "procd_set_param command /usr/bin/$name '-start-ip'"
check "OpenWrt: the service is enabled" requested "/etc/init.d/$name enable"
check "OpenWrt: the service is started" requested "/etc/init.d/$name start"
install_succeeds "OpenWrt: an upgrade succeeds" --from /release/two
check "OpenWrt: an upgrade installs the new executable" version_is 0.2.0
check "OpenWrt: an upgrade restarts the service" requested "/etc/init.d/$name restart"
printf '# settings\nGRM_METRICS_PORT=9191' >"$root/etc/$name.env"
install_succeeds "OpenWrt: the health check after an upgrade uses the service's settings and flags" \
  --from /release/strict -- -path "/a b"
# OpenWrt's own upgrade keeps /etc and removes the rest.
rm "$root/$program" "$root/$program.old"
install_succeeds "OpenWrt: an install after an upgrade of OpenWrt succeeds" --from /release/two
check "OpenWrt: an install after an upgrade of OpenWrt writes the service file" service_file_has "# of 0.2.0"
check "OpenWrt: an install after an upgrade of OpenWrt keeps the flags" service_file_has "'-path' '/a b'"
install_succeeds "OpenWrt: --uninstall succeeds" --uninstall
check "OpenWrt: --uninstall stops the service" requested "/etc/init.d/$name stop"
check "OpenWrt: --uninstall removes executable and service file" test ! -e "$root/$program" -a ! -e "$unit"

make_machine openwrt
mv "$root/fake/opkg" "$root/fake/apk"
install_succeeds "OpenWrt: an install with --deps and apk instead of opkg succeeds" \
  --deps --from /release/one -- "${flags[@]}"
check "OpenWrt: --deps uses apk where it is present" requested "apk add ip-full libstdcpp6"

# OpenWrt: musl, procd, opkg, BusyBox, and another folder for executables.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and checks.sh have the variables

machine openwrt
refuses "an OpenWrt with BusyBox's ip and without libstdc++" --from /release/one
said "the packages are told" "opkg install ip-full libstdcpp6"
installs "with --deps" --deps --from /release/one -- "${flags[@]}"
check "it is in /usr/bin" version_is 0.1.0 "/usr/bin/$name"
check "procd has its script" unit_has "procd_set_param command /usr/bin/$name '-start-ip'"
check "the service is enabled" asked "/etc/init.d/$name enable"
check "and started" asked "/etc/init.d/$name start"
installs "an upgrade" --from /release/two
check "it is there" version_is 0.2.0
check "the service is restarted" asked "/etc/init.d/$name restart"
printf '# settings\nGRM_METRICS_PORT=9191' >"$root/etc/$name.env"
installs "an upgrade whose health is asked for with the settings and flags" --from /release/choosy -- -path "/a b"
# OpenWrt's own upgrade leaves what is in /etc and takes the rest.
rm "$root/$program" "$root/$program.old"
installs "after an upgrade of OpenWrt" --from /release/two
check "the service file is the new one's" unit_has "# of 0.2.0"
check "with the old flags" unit_has "'-path' '/a b'"
installs "--uninstall" --uninstall
check "the service is stopped" asked "/etc/init.d/$name stop"
check "it is gone" test ! -e "$root/$program" -a ! -e "$unit"

machine openwrt
mv "$root/fake/opkg" "$root/fake/apk"
installs "an OpenWrt that has apk instead of opkg" --deps --from /release/one -- "${flags[@]}"
check "apk was asked" asked "apk add ip-full libstdcpp6"

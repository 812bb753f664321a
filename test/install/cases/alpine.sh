# Alpine: musl, OpenRC, apk, and BusyBox for most commands.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and checks.sh have the variables

machine alpine
refuses "an Alpine with BusyBox's ip and without libstdc++" --from "$url/one" -- "${flags[@]}"
said "the packages are told" "BusyBox's" "libstdc++.so.6" "apk add iproute2 libstdc++"
mkdir "$root/etc/conf.d"
remember
installs "with --deps, from a URL with BusyBox's wget" --deps --from "$url/one" -- "${flags[@]}"
check "apk was asked" asked "apk add iproute2 libstdc++"
said "the file for musl is installed" "(linux-x64-musl)"
check "it is there" version_is 0.1.0
check "OpenRC has its script" unit_has "command=$program"
check "which can be run" test -x "$unit"
check "the service is enabled" asked "rc-update --quiet add $name default"
check "and started" asked "rc-service $name start"
installs "an upgrade" --from "$url/two"
check "it is there" version_is 0.2.0
check "the service is restarted" asked "rc-service $name restart"
check "with the old flags" unit_has "'-start-ip' '192.168.1.10'"
installs "a rollback" --rollback
check "the former one is back" version_is 0.1.0
refuses "an upgrade that does not come up" --from "$url/stubborn"
said "it is told" "the upgrade was taken back"
check "the former one is back" version_is 0.1.0
# shellcheck disable=SC2016 # it is for the machine's shell
echo 'export GRM_METRICS_PORT=9191; : "$nothing"' >"$root/etc/conf.d/$name"
installs "an upgrade whose health is asked for with the settings and flags" --from "$url/choosy" -- -path "/a b"
rm "$root/etc/conf.d/$name"
refuses "a URL that is not there" --from "$url/three"
said "it is told" "cannot download $url/three/SHA256SUMS (wget"
installs "--uninstall" --uninstall
check "the service is disabled" asked "rc-update --quiet del $name default"
rm "$root/usr/sbin/ip" "$root/usr/lib/libstdc++.so.6" # the packages, which stay
check "everything is as before but for the packages" as_before

machine alpine
ln -sf busybox "$root/bin/sh"
rm -r "${root:?}/lib64" # of the programs that are Debian's
installs "a static shell" --dry-run --from /release/one
said "musl is found all the same" linux-x64-musl

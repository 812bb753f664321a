# Alpine: musl, OpenRC, apk, and BusyBox for most commands.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and expectations.sh set the variables

make_machine alpine
install_fails "Alpine: an install with BusyBox's ip and without libstdc++ fails" --from "$url/one" -- "${flags[@]}"
output_has "Alpine: the error names the missing parts and the apk command" \
  "BusyBox's" "libstdc++.so.6" "apk add iproute2 libstdc++"
mkdir "$root/etc/conf.d"
record_tree
install_succeeds "Alpine: an install with --deps from a URL succeeds with BusyBox's wget" \
  --deps --from "$url/one" -- "${flags[@]}"
check "Alpine: --deps installs the missing packages with apk" requested "apk add iproute2 libstdc++"
output_has "Alpine: the executable for musl is installed" "(linux-x64-musl)"
check "Alpine: the installed executable has the version of the release" version_is 0.1.0
check "Alpine: the OpenRC script runs the installed executable" service_file_has "command=$program"
check "Alpine: the OpenRC script is executable" test -x "$unit"
check "Alpine: the service is enabled in the runlevel default" requested "rc-update --quiet add $name default"
check "Alpine: the service is started" requested "rc-service $name start"
install_succeeds "Alpine: an upgrade succeeds" --from "$url/two"
check "Alpine: an upgrade installs the new executable" version_is 0.2.0
check "Alpine: an upgrade restarts the service" requested "rc-service $name restart"
check "Alpine: an upgrade keeps the flags" service_file_has "'-start-ip' '192.168.1.10'"
install_succeeds "Alpine: --rollback succeeds after an upgrade" --rollback
check "Alpine: --rollback restores the previous executable" version_is 0.1.0
install_fails "Alpine: an upgrade whose service does not start fails" --from "$url/failing"
output_has "Alpine: the failed upgrade reports that the previous executable was restored" \
  "the upgrade failed; the previous executable was restored"
check "Alpine: the previous executable is restored after a failed upgrade" version_is 0.1.0
# shellcheck disable=SC2016 # the machine's shell expands it
echo 'export GRM_METRICS_PORT=9191; : "$nothing"' >"$root/etc/conf.d/$name"
install_succeeds "Alpine: the health check after an upgrade uses the service's settings and flags" \
  --from "$url/strict" -- -path "/a b"
rm "$root/etc/conf.d/$name"
install_fails "Alpine: an install from a URL that does not exist fails" --from "$url/three"
output_has "Alpine: the error names the URL and the download program" "cannot download $url/three/SHA256SUMS (wget"
install_succeeds "Alpine: --uninstall succeeds" --uninstall
check "Alpine: --uninstall disables the service" requested "rc-update --quiet del $name default"
rm "$root/usr/sbin/ip" "$root/usr/lib/libstdc++.so.6" # the packages, which --uninstall does not remove
check "Alpine: --uninstall leaves only the packages" tree_is_unchanged

make_machine alpine
ln -sf busybox "$root/bin/sh"
rm -r "${root:?}/lib64" # of the programs that come from Debian
install_succeeds "Alpine: a dry run succeeds with a static shell" --dry-run --from /release/one
output_has "Alpine: musl is recognised also with a static shell" linux-x64-musl

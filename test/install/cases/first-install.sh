# The first install, on Debian: what it needs, what it creates, what it does not change, and errors of the command line.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and expectations.sh set the variables

make_machine debian-bare
install_fails "an install without iproute2, xz and curl fails" --from "$url/one" -- "${flags[@]}"
output_has "the error lists everything that is missing, the apt-get command and --deps" \
  "the command ip of iproute2" xz "curl or wget" \
  "apt-get install -y --no-install-recommends iproute2 xz-utils curl ca-certificates" --deps
install_succeeds "a dry run succeeds without the required packages" --dry-run --from /release/one -- "${flags[@]}"
output_has "a dry run prints the missing packages and each step" \
  "iproute2 xz-utils" "would install /release/one/$name-0.1.0-linux-x64.tar.xz as $program" \
  "would write /etc/systemd/system/$name.service with the flags: '-start-ip' '192.168.1.10'" "would start the service"
check "a dry run changes nothing" test -z "$(find "$changes/usr" "$changes/etc" 2>/dev/null)"
install_succeeds "an install with --deps from a URL succeeds with curl" --deps --from "$url/one/" -- "${flags[@]}"
check "an install on glibc installs the executable for glibc" version_is 0.1.0
output_has "an install prints the platform of the executable" "(linux-x64)"
check "the systemd unit runs the executable with the flags" service_file_has "ExecStart=$program '-start-ip' '192.168.1.10'"
check "an install enables and starts the service" test -e "$root/enabled" -a -e "$root/active"
check "an install makes systemd read the new unit" requested daemon-reload
check "an install leaves no temporary files" no_temporary_files

make_machine debian
install_succeeds "an install without flags succeeds" --from /release/one
output_has "an install without flags says that no service was created, and how to create one" \
  "no service was created" "its flags after --"
check "an install without flags writes no unit" test ! -e "$unit"
install_succeeds "a later install with flags succeeds" --from /release/one -- "${flags[@]}" -path "/a b'c\$d"
output_has "a later install of the same release keeps the executable" "is already $name 0.1.0 (linux-x64)"
check "a flag with blanks and quotes is in the unit as one word" service_file_has "'-path' '/a b'\\''c\$d'"
true >"$root/requests"
install_succeeds "a repeated install without changes succeeds" --from /release/one
check "a repeated install without changes does not restart the service" not requested "restart $name"
check "the service runs after a repeated install" test -e "$root/active"
check "a repeated install makes no previous executable" test ! -e "$root/$program.old"

make_machine debian
echo GRM_START_IP=192.168.1.10 >"$root/etc/default/$name"
install_succeeds "an install without flags and with a settings file succeeds" --from /release/one
check "a settings file is enough to create and start the service" test -e "$root/active"
install_succeeds "an install with another --prefix succeeds" --from /release/two --prefix /opt/router -- "${flags[@]}"
check "--prefix DIR installs into DIR/bin" version_is 0.2.0 "/opt/router/bin/$name"
output_has "an install with another --prefix names the executable that it does not remove" "not removed: $program"
check "the unit runs the executable below --prefix" service_file_has "ExecStart=/opt/router/bin/$name"
rm "$root/$program" # --uninstall does not remove it
install_succeeds "an upgrade without --prefix succeeds" --from /release/one
check "an upgrade without --prefix replaces the executable that the unit runs" version_is 0.1.0 "/opt/router/bin/$name"
install_succeeds "--uninstall without --prefix succeeds" --uninstall
output_has "--uninstall names the settings file that it does not remove" "not removed: /etc/default/$name"
check "--uninstall without --prefix removes the executable that the unit ran" test ! -e "$root/opt/router/bin/$name"

make_machine debian
install_fails "an unknown option fails" --help-me
output_has "the error of an unknown option names it and prints the usage" "unknown option --help-me" "usage: sh install"
install_fails "a flag of the service before -- fails" -start-ip 192.168.1.10
output_has "the error of a flag before -- says where flags belong" "give the flags of the service after --"
for folder in "/opt/my router" opt/router "/opt/it's" /opt/%n; do
  install_fails "the invalid --prefix $folder fails" --prefix "$folder" --from /release/one
  output_has "the error of --prefix $folder gives an example" "expected a folder such as"
done
install_succeeds "--prefix / succeeds" --dry-run --prefix / --from /release/one
output_has "--prefix / installs into /bin" "as /bin/$name"
ln -s /dev/null "$unit"
install_fails "an install with a masked service fails" --from /release/one -- "${flags[@]}"
output_has "the error of a masked service gives the command to unmask it" "systemctl unmask $name"
check "a failed install leaves a masked service masked" test -L "$unit"
rm "$unit"
rm "$root/usr/bin/sha256sum"
install_fails "an install without sha256sum fails" --from /release/one
output_has "the error of a missing sha256sum names its package" sha256sum "no-install-recommends coreutils"

make_machine debian
rm -r "$root/run/systemd"
install_succeeds "an install without a service manager succeeds" --from /release/one -- "${flags[@]}"
output_has "an install without a service manager says why there is no service" \
  "neither systemd, OpenRC nor procd" --service
mkdir "$root/run/systemd"
install_fails "an unknown service manager fails" --service upstart
output_has "the error of an unknown service manager lists the known ones" "systemd, openrc, openwrt or none"
cp "$root/root/install" "$root/tmp/install" # readable for other users
installer=(setpriv --reuid 65534 --regid 65534 --clear-groups sh /tmp/install)
install_fails "an install by another user than root fails" --from /release/one
output_has "the error for another user than root gives the remedy" "run this as root"
install_succeeds "a dry run by another user than root succeeds" --dry-run --from /release/one

# The first install, on a Debian: what it asks for, what it makes, what it leaves alone; and who cannot have it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and checks.sh have the variables

machine debian-bare
refuses "a Debian without iproute2, xz and curl" --from "$url/one" -- "${flags[@]}"
said "all that is missing is told at once, with the packages" "the command ip of iproute2" xz "curl or wget" \
  "apt-get install -y --no-install-recommends iproute2 xz-utils curl ca-certificates" --deps
installs "a dry run without what is needed" --dry-run --from /release/one -- "${flags[@]}"
said "it tells what would be done" "iproute2 xz-utils" "would install /release/one/$name-0.1.0-linux-x64.tar.xz as $program" \
  "would write /etc/systemd/system/$name.service with the flags: '-start-ip' '192.168.1.10'" "would start the service"
check "a dry run changes nothing" test -z "$(find "$changes/usr" "$changes/etc" 2>/dev/null)"
installs "with --deps, from a URL with curl" --deps --from "$url/one/" -- "${flags[@]}"
check "the file for glibc is installed" version_is 0.1.0
said "the platform is told" "(linux-x64)"
check "the unit has the flags" unit_has "ExecStart=$program '-start-ip' '192.168.1.10'"
check "the service is enabled and runs" test -e "$root/enabled" -a -e "$root/active"
check "systemd read the unit first" asked daemon-reload
check "nothing is left lying about" tidy

machine debian
installs "without flags there is no service" --from /release/one
said "it tells how to get one" "no service was made" "the flags after --"
check "no unit was written" test ! -e "$unit"
installs "flags later make the service" --from /release/one -- "${flags[@]}" -path "/a b'c\$d"
said "and the executable is left as it is" "is $name 0.1.0 (linux-x64) already"
check "a flag with blanks and quotes arrives whole" unit_has "'-path' '/a b'\\''c\$d'"
true >"$root/asked"
installs "once more changes nothing" --from /release/one
check "the service is not restarted" not asked "restart $name"
check "it goes on running" test -e "$root/active"
check "no former executable is made up" test ! -e "$root/$program.old"

machine debian
echo GRM_START_IP=192.168.1.10 >"$root/etc/default/$name"
installs "a file with settings stands for flags" --from /release/one
check "the service runs" test -e "$root/active"
installs "--prefix" --from /release/two --prefix /opt/router -- "${flags[@]}"
check "it is there" version_is 0.2.0 "/opt/router/bin/$name"
said "where the former one is left is told" "left: $program"
check "the service runs the new one" unit_has "ExecStart=/opt/router/bin/$name"
rm "$root/$program" # else it would be left
installs "an upgrade finds the folder in the unit" --from /release/one
check "it is there" version_is 0.1.0 "/opt/router/bin/$name"
installs "--uninstall finds it too" --uninstall
said "settings are left, and told" "left: /etc/default/$name"
check "it is gone" test ! -e "$root/opt/router/bin/$name"

machine debian
refuses "an unknown option" --help-me
said "it is told" "--help-me is unknown" "usage: sh install"
refuses "a flag before --" -start-ip 192.168.1.10
said "it is told" "flags of the service stand after --"
for folder in "/opt/my router" opt/router "/opt/it's" /opt/%n; do
  refuses "--prefix $folder" --prefix "$folder" --from /release/one
  said "it is told" "expected a folder such as"
done
installs "--prefix /" --dry-run --prefix / --from /release/one
said "it is taken" "as /bin/$name"
ln -s /dev/null "$unit"
refuses "a service that is masked" --from /release/one -- "${flags[@]}"
said "the remedy is told" "systemctl unmask $name"
check "it is masked as before" test -L "$unit"
rm "$unit"
rm "$root/usr/bin/sha256sum"
refuses "a machine without sha256sum" --from /release/one
said "the package is told" sha256sum "no-install-recommends coreutils"
machine debian
rm -r "$root/run/systemd"
installs "without a service manager" --from /release/one -- "${flags[@]}"
said "it tells why there is no service" "neither systemd, OpenRC nor procd" --service
mkdir "$root/run/systemd"
refuses "an unknown service manager" --service upstart
said "the known ones are told" "systemd, openrc, openwrt or none"
cp "$root/root/install" "$root/tmp/install" # where a user can read it
installer=(setpriv --reuid 65534 --regid 65534 --clear-groups sh /tmp/install)
refuses "a user" --from /release/one
said "the remedy is told" "run this as root"
installs "a dry run needs no root" --dry-run --from /release/one

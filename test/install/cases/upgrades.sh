# Upgrades of a running service, the way back from them, and the end of it all.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and checks.sh have the variables

machine debian
remember
installs "the first one" --from /release/one -- "${flags[@]}" -path "/a b'c\$d"
true >"$root/asked"
installs "an upgrade" --from /release/two
check "the new one is there" version_is 0.2.0
check "the former one is kept" version_is 0.1.0 "$program.old"
check "the unit is the new one's" unit_has "# of 0.2.0"
check "with the old flags" unit_has "'-path' '/a b'\\''c\$d'"
check "the service is restarted" asked "restart $name"
check "it is not started with signals ignored" grep -qE 'SigIgn:\s0+[01]$' "$root/ignored"
installs "a rollback" --rollback
check "the former one is back" version_is 0.1.0
check "with its unit" unit_has "# of 0.1.0"
check "and the flags" unit_has "'-path' '/a b'\\''c\$d'"
installs "a rollback of the rollback" --rollback
check "the newer one is back" version_is 0.2.0

# ---- flags -----------------------------------------------------------------------------------------------------------

installs "new flags" --from /release/two -- -start-ip 10.0.0.1 -end-ip 10.0.0.2
check "the unit has them" unit_has "'-start-ip' '10.0.0.1' '-end-ip' '10.0.0.2'"
true >"$root/asked"
refuses "a wrong flag" --from /release/one -- -nonsense
said "it is told" "-nonsense is unknown" "nothing was changed"
check "nothing was changed" version_is 0.2.0
check "the service was left alone" not asked "restart $name"
sed -i 's/^\[Service\]/[Service]\nNice=-5/' "$unit"
installs "an upgrade with an edited unit" --from /release/one
said "it tells that the unit stays" "was edited and stays as it is"
check "the edit is kept" unit_has Nice=-5
installs "new flags replace an edited unit" --from /release/one -- "${flags[@]}"
check "the edit is gone" not unit_has Nice=-5
check "and kept aside" has_all "$root/etc/$name.service.old" Nice=-5
rm "$root/etc/$name.service.old"
sed -i "s|ExecStart=|&/usr/bin/nice |; s|$program|/opt/else/grm|" "$unit"
refuses "an upgrade with a unit that runs something else" --from /release/two
said "the ways out are told" "does not run $program" --prefix "flags after --" "--service none"
check "nothing was changed" version_is 0.1.0
echo "# Flags: 'open" >>"$unit"
installs "new flags replace a unit with broken ones" --from /release/one -- "${flags[@]}"
rm "$root/etc/$name.service.old"

# ---- bad releases ----------------------------------------------------------------------------------------------------

refuses "an executable that does not run" --from /release/broken
said "its words are told" libodd.so "nothing was changed"
check "the installed one is untouched" version_is 0.1.0
refuses "an upgrade that does not start" --from /release/stubborn
said "it is told" "the upgrade was taken back" "journalctl -u $name"
check "the former one is back" version_is 0.1.0
check "with its unit" unit_has "# of 0.1.0"
check "and runs" test -e "$root/active"

# ---- --uninstall -----------------------------------------------------------------------------------------------------

installs "a dry run of --uninstall" --uninstall --dry-run
check "it removes nothing" version_is 0.1.0
mkdir "$unit.d"
installs "--uninstall" --uninstall
said "what stays is told" "left: /etc/systemd/system/$name.service.d" "left: packages"
rmdir "$unit.d"
check "the service is stopped and disabled" test ! -e "$root/active" -a ! -e "$root/enabled"
check "everything is as before the first install" as_before
installs "--uninstall once more" --uninstall
said "nothing is installed" "nothing is installed"

# ---- services that do not run, or are not known ----------------------------------------------------------------------

machine debian
installs "--no-start" --from /release/one --no-start -- "${flags[@]}"
check "the service is enabled, and does not run" test -e "$root/enabled" -a ! -e "$root/active"
installs "an upgrade of a stopped service" --from /release/two
check "does not start it" test ! -e "$root/active"
installs "a former one without services can be gone back to" --from /release/old --service none
installs "from there" --from /release/two
check "to the newer" version_is 0.2.0
true >"$root/asked"
installs "--uninstall of a service that does not run just now" --uninstall
check "it is stopped all the same, since it may be about to start again" asked "stop $name"

# ---- what a stop was told to keep ------------------------------------------------------------------------------------

machine debian
installs "once more" --from /release/one -- "${flags[@]}"
enter=(unshare --net "${enter[@]}")
# shellcheck disable=SC2016 # it is for the machine's shell
installer=(sh -euc '
  ip link set lo up
  ip rule add pref 10888 table 180 protocol 173 && ip route add 8.0.0.0/8 dev lo table 180 proto 173
  sh /root/install "$@" | tee /said
  eval "$(grep "ip rule del" /said)"
  ! ip rule show | grep "proto 173" && [ -z "$(ip route show table 180)" ]' sh)
installs "--uninstall while rules remain, and then the commands that it tells," --uninstall
said "why they remain is told" "-on-exit" "ip rule del pref 10888 protocol 173; ip route flush table 180 proto 173"

# Upgrades of a running service, --rollback, changed flags, bad releases, and --uninstall.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and expectations.sh set the variables

make_machine debian
record_tree
install_succeeds "a first install before an upgrade succeeds" --from /release/one -- "${flags[@]}" -path "/a b'c\$d"
true >"$root/requests"
install_succeeds "an upgrade succeeds" --from /release/two
check "an upgrade installs the new executable" version_is 0.2.0
check "an upgrade keeps the previous executable" version_is 0.1.0 "$program.old"
check "an upgrade writes the unit of the new executable" service_file_has "# of 0.2.0"
check "an upgrade keeps the flags" service_file_has "'-path' '/a b'\\''c\$d'"
check "an upgrade restarts the service" requested "restart $name"
check "an upgrade starts the service without ignored signals" grep -qE 'SigIgn:\s0+[01]$' "$root/ignored"
install_succeeds "--rollback after an upgrade succeeds" --rollback
check "--rollback restores the previous executable" version_is 0.1.0
check "--rollback restores the previous unit" service_file_has "# of 0.1.0"
check "--rollback keeps the flags" service_file_has "'-path' '/a b'\\''c\$d'"
install_succeeds "--rollback after --rollback succeeds" --rollback
check "--rollback after --rollback restores the newer executable" version_is 0.2.0

# ---- flags -----------------------------------------------------------------------------------------------------------

install_succeeds "an install with new flags succeeds" --from /release/two -- -start-ip 10.0.0.1 -end-ip 10.0.0.2
check "an install with new flags writes them into the unit" \
  service_file_has "'-start-ip' '10.0.0.1' '-end-ip' '10.0.0.2'"
true >"$root/requests"
install_fails "an install with a wrong flag fails" --from /release/one -- -nonsense
output_has "the error of a wrong flag shows the message of the executable" "-nonsense is unknown" "nothing was changed"
check "an install with a wrong flag keeps the executable" version_is 0.2.0
check "an install with a wrong flag does not restart the service" not requested "restart $name"
sed -i 's/^\[Service\]/[Service]\nNice=-5/' "$unit"
install_succeeds "an upgrade with an edited unit succeeds" --from /release/one
output_has "an upgrade with an edited unit says that the unit was not changed" "was edited and was not changed"
check "an upgrade keeps an edited unit" service_file_has Nice=-5
install_succeeds "an install with new flags and an edited unit succeeds" --from /release/one -- "${flags[@]}"
check "an install with new flags replaces an edited unit" not service_file_has Nice=-5
check "an install with new flags saves the edited unit" file_has "$root/etc/$name.service.old" Nice=-5
rm "$root/etc/$name.service.old"
sed -i "s|ExecStart=|&/usr/bin/nice |; s|$program|/opt/else/grm|" "$unit"
install_fails "an upgrade with a unit that runs another program fails" --from /release/two
output_has "the error of a unit that runs another program gives the remedies" \
  "does not run $program" --prefix "flags after --" "--service none"
check "an upgrade with a unit that runs another program changes nothing" version_is 0.1.0
echo "# Flags: 'open" >>"$unit"
install_succeeds "an install with new flags replaces a unit with a damaged line of flags" \
  --from /release/one -- "${flags[@]}"
rm "$root/etc/$name.service.old"

# ---- bad releases ----------------------------------------------------------------------------------------------------

install_fails "an upgrade to an executable that does not run fails" --from /release/broken
output_has "the error of an executable that does not run shows its message" libodd.so "nothing was changed"
check "an executable that does not run is not installed" version_is 0.1.0
install_fails "an upgrade whose service does not start fails" --from /release/failing
output_has "the failed upgrade reports that the previous executable was restored, and where the log is" \
  "the upgrade failed; the previous executable was restored" "journalctl -u $name"
check "the previous executable is restored after a failed upgrade" version_is 0.1.0
check "the previous unit is restored after a failed upgrade" service_file_has "# of 0.1.0"
check "the service runs after a failed upgrade" test -e "$root/active"

# ---- --uninstall -----------------------------------------------------------------------------------------------------

install_succeeds "a dry run of --uninstall succeeds" --uninstall --dry-run
check "a dry run of --uninstall removes nothing" version_is 0.1.0
mkdir "$unit.d"
install_succeeds "--uninstall succeeds" --uninstall
output_has "--uninstall lists what it does not remove" \
  "not removed: /etc/systemd/system/$name.service.d" "not removed: packages"
rmdir "$unit.d"
check "--uninstall stops and disables the service" test ! -e "$root/active" -a ! -e "$root/enabled"
check "--uninstall restores the state before the first install" tree_is_unchanged
install_succeeds "a second --uninstall succeeds" --uninstall
output_has "a second --uninstall says that nothing is installed" "nothing is installed"

# ---- services that do not run, and releases without service files ----------------------------------------------------

make_machine debian
install_succeeds "an install with --no-start succeeds" --from /release/one --no-start -- "${flags[@]}"
check "--no-start enables the service without starting it" test -e "$root/enabled" -a ! -e "$root/active"
install_succeeds "an upgrade of a stopped service succeeds" --from /release/two
check "an upgrade of a stopped service does not start it" test ! -e "$root/active"
install_succeeds "a downgrade with --service none to a release without the service command succeeds" \
  --from /release/old --service none
install_succeeds "an upgrade from a release without the service command succeeds" --from /release/two
check "an upgrade from a release without the service command installs the new executable" version_is 0.2.0
true >"$root/requests"
install_succeeds "--uninstall of a service that does not run succeeds" --uninstall
check "--uninstall stops also a service that does not run, since its manager may start it again" requested "stop $name"

# ---- rules and routes that remain after --uninstall ------------------------------------------------------------------

make_machine debian
install_succeeds "an install before --uninstall with remaining rules succeeds" --from /release/one -- "${flags[@]}"
enter=(unshare --net "${enter[@]}")
# shellcheck disable=SC2016 # the machine's shell expands it
installer=(sh -euc '
  ip link set lo up
  ip rule add pref 10888 table 180 protocol 173 && ip route add 8.0.0.0/8 dev lo table 180 proto 173
  sh /root/install "$@" | tee /output
  eval "$(grep "ip rule flush" /output)"
  ! ip rule show | grep "proto 173" && [ -z "$(ip route show table 180)" ]' sh)
install_succeeds "the commands that --uninstall prints remove the rules and routes that remain" --uninstall
output_has "--uninstall says why rules and routes remain, and prints the commands to remove them" \
  "-on-exit" "ip rule flush pref 10888 protocol 173; ip route flush table 180 proto 173"

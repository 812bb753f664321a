# A Debian that runs systemd as process 1: the unit with all of its hardening, and the service under scripts/install.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, booted.sh and expectations.sh set the variables

make_machine systemd
boot /lib/systemd/systemd --unit=basic.target --log-target=journal
eventually in_machine systemctl is-system-running
make_gateways

# An -on-change command runs under the hardening of the unit: what that does not allow fails, and does not end the command.
write_program usr/local/bin/hook <<'SH'
#!/bin/sh
[ "$HOOK_EVENT" = gateway-down ] || exit 0
exec >&2 # which is logged as a warning
if touch /etc/hook /var/lib/hook /home/hook 2>/dev/null; then echo "it may write everywhere"; fi
cp -p /etc/hostname /tmp/hook && ip route show table 180 >/dev/null && curl -s http://10.99.0.2:9999 &&
  echo " with $1"
SH
service_flags+=(-on-change "/usr/local/bin/hook 'a  \$HOME %n'" -hash-seed 4711)

hash_seed() { in_machine cat /proc/sys/net/ipv4/fib_multipath_hash_seed; }

install_succeeds "systemd: an install of the real archive succeeds" --from /dist -- "${service_flags[@]}"
check "systemd: the service is active when the install ends" in_machine systemctl is-active --quiet "$name"
check "systemd: the service is enabled" in_machine systemctl is-enabled --quiet "$name"
check "systemd: the service adds the route over both gateways" eventually has_route
check "systemd: the process has exactly the flags of the install" flags_are_intact
check "systemd: the process runs as a dynamic user" has_dynamic_user
check "systemd: the process has CAP_NET_ADMIN and no other capability" equal 0000000000001000 "$(process_status CapEff)"
check "systemd: the process cannot gain another capability" equal 0000000000001000 "$(process_status CapBnd)"
check "systemd: the system calls of the process are filtered" equal 2 "$(process_status Seccomp)"
check "systemd: the process can set the hash seed" equal 4711 "$(hash_seed)"
check "systemd: the log is in the journal" eventually journal_has "level=info" "managing 0.0.0.0/0 in table 180"

gateways ip address del 10.99.0.3/24 dev eth0
check "systemd: a failed gateway leaves the route" eventually has_route 10.99.0.2
check "systemd: an -on-change command can read files, send requests and read routes" eventually \
  journal_has "-on-change output: healthy with a  \$HOME %n"
check "systemd: an -on-change command can write in its private /tmp alone" not journal_has "it may write everywhere"
gateways ip address add 10.99.0.3/24 dev eth0
check "systemd: a gateway that returns is in the route again" eventually has_route

before=$(service_pid)
in_machine kill -KILL "$before"
check "systemd: a killed service is restarted" eventually restarted_since "$before"
check "systemd: a restarted service has the route over both gateways" eventually has_route

mkdir -p "$unit.d"
printf '[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\n' >"$unit.d/watchdog.conf"
in_machine systemctl daemon-reload
in_machine systemctl restart "$name"
before=$(service_pid)
in_machine kill -STOP "$before"
check "systemd: a service that hangs is restarted" eventually restarted_since "$before"
check "systemd: a service that hangs is restarted by the watchdog" journal_has "Watchdog timeout"
rm -r "$unit.d"
in_machine systemctl daemon-reload

install_fails "systemd: an upgrade whose service is never ready fails" --from /release/unready
output_has "systemd: the failed upgrade reports that the previous executable runs" \
  "the upgrade failed; the previous executable was restored and runs"
check "systemd: the previous executable is restored after a failed upgrade" version_is "$version"
check "systemd: the service has its route after a failed upgrade" eventually has_route
check "systemd: the service has its flags after a failed upgrade" flags_are_intact

in_machine systemctl stop "$name"
check "systemd: a stop removes rules and routes from the kernel" has_no_rule_or_route
check "systemd: a stop restores the hash seed" equal 0 "$(hash_seed)"
in_machine systemctl start "$name"
check "systemd: a start adds the route again" eventually has_route
install_succeeds "systemd: --uninstall succeeds" --uninstall
check "systemd: --uninstall removes the unit" not in_machine systemctl cat "$name"
check "systemd: --uninstall removes rules and routes from the kernel" has_no_rule_or_route
check "systemd: --uninstall ends all processes" not service_pid
shut_down

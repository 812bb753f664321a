# A Debian that runs systemd as its process 1: the unit with all of its hardening, and what the install script asks of it.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, booted.sh and checks.sh have the variables

machine systemd
boot /lib/systemd/systemd --unit=basic.target --log-target=journal
soon inside systemctl is-system-running
make_gateways

# Whatever the service runs has to get along with the hardening: what it may not do fails, and does not kill it.
fake usr/local/bin/hook <<'SH'
#!/bin/sh
[ "$HOOK_EVENT" = gateway-down ] || exit 0
exec >&2 # which is logged as a warning
if touch /etc/hook /var/lib/hook /home/hook 2>/dev/null; then echo "it may write everywhere"; fi
cp -p /etc/hostname /tmp/hook && ip route show table 180 >/dev/null && curl -s http://10.99.0.2:9999 &&
  echo " with $1"
SH
service_flags+=(-on-change "/usr/local/bin/hook 'a  \$HOME %n'")

installs "the real archive under systemd" --from /dist -- "${service_flags[@]}"
check "it was ready when the start ended" inside systemctl is-active --quiet "$name"
check "it is enabled" inside systemctl is-enabled --quiet "$name"
check "the kernel gets the route" soon routed
check "every word of the flags arrives whole" words_are_whole
check "it runs as a user of its own" has_dynamic_user
check "it has the capability CAP_NET_ADMIN and no other" same 0000000000001000 "$(field CapEff)"
check "and can get no other" same 0000000000001000 "$(field CapBnd)"
check "its system calls are filtered" same 2 "$(field Seccomp)"
check "the log is in the journal" soon journal_has "level=info" "managing 0.0.0.0/0 in table 180"

gateways ip address del 10.99.0.3/24 dev eth0
check "a gateway that is lost leaves the route" soon routed 10.99.0.2
check "a program of the user can read, ask others and see routes under the same hardening" soon \
  journal_has "-on-change output: healthy with a  \$HOME %n"
check "and can write nowhere but to a folder of its own" not journal_has "it may write everywhere"
gateways ip address add 10.99.0.3/24 dev eth0
check "the gateway that is back is in the route" soon routed

before=$(service_pid)
inside kill -KILL "$before"
check "it is started again when it dies" soon another_than "$before"
check "and has the route again" soon routed

mkdir -p "$unit.d"
printf '[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\n' >"$unit.d/watchdog.conf"
inside systemctl daemon-reload
inside systemctl restart "$name"
before=$(service_pid)
inside kill -STOP "$before"
check "it is started again when it hangs" soon another_than "$before"
check "since the watchdog heard nothing" journal_has "Watchdog timeout"
rm -r "$unit.d"
inside systemctl daemon-reload

refuses "an upgrade that is never ready" --from /release/mute
said "it is told" "the upgrade was taken back, and the former executable runs"
check "the former one is back" version_is "$version"
check "with its route" soon routed
check "and its flags" words_are_whole

inside systemctl stop "$name"
check "a stop removes everything from the kernel" unrouted
inside systemctl start "$name"
check "a start brings it back" soon routed
installs "--uninstall" --uninstall
check "systemd knows it no more" not inside systemctl cat "$name"
check "nothing is left in the kernel" unrouted
check "no process is left" not service_pid
shut_down

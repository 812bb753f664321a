# A Debian that runs OpenRC, as Alpine does: its supervisor with the script that the program prints.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, booted.sh and expectations.sh set the variables

make_machine openrc
# Process 1 has to reap orphans; OpenRC leaves that to another program.
boot bash -c 'sleep infinity & wait'
make_gateways
in_machine openrc sysinit
in_machine openrc default

install_succeeds "OpenRC: an install of the real archive succeeds" --from /dist -- "${service_flags[@]}"
check "OpenRC: the service runs after the install" in_machine rc-service "$name" status
check "OpenRC: the service starts at boot" in_machine test -e "/etc/runlevels/default/$name"
check "OpenRC: the service adds the route over both gateways" eventually has_route
check "OpenRC: the process has exactly the flags of the install" flags_are_intact

before=$(service_pid)
in_machine kill -KILL "$before"
check "OpenRC: a killed service is restarted" eventually restarted_since "$before"
check "OpenRC: a restarted service has the route over both gateways" eventually has_route

echo 'export GRM_METRICS_PORT=9191' >"$root/etc/conf.d/$name"
in_machine rc-service "$name" restart
check "OpenRC: the service reads the settings in /etc/conf.d" \
  eventually in_machine "$program" healthcheck -metrics-port 9191

install_fails "OpenRC: an upgrade whose service is never healthy fails" --from /release/unready
output_has "OpenRC: the failed upgrade reports that the previous executable runs" \
  "the upgrade failed; the previous executable was restored and runs"
check "OpenRC: the previous executable is restored after a failed upgrade" version_is "$version"
check "OpenRC: the service has its route after a failed upgrade" eventually has_route
check "OpenRC: the service has its flags after a failed upgrade" flags_are_intact

in_machine rc-service "$name" stop
check "OpenRC: a stop removes rules and routes from the kernel" has_no_rule_or_route
check "OpenRC: a stop ends all processes" not service_pid
in_machine rc-service "$name" start
check "OpenRC: a start adds the route again" eventually has_route
install_succeeds "OpenRC: --uninstall succeeds" --uninstall
check "OpenRC: --uninstall removes the service" not in_machine rc-service --exists "$name"
check "OpenRC: --uninstall removes rules and routes from the kernel" has_no_rule_or_route
shut_down

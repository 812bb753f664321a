# A Debian that runs OpenRC, as Alpine does: its supervisor with the script of the program.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, booted.sh and checks.sh have the variables

machine openrc
# Whoever is process 1 has to reap; OpenRC itself leaves that to others.
boot bash -c 'sleep infinity & wait'
make_gateways
inside openrc sysinit
inside openrc default

installs "the real archive under OpenRC" --from /dist -- "${service_flags[@]}"
check "it runs" inside rc-service "$name" status
check "it starts with the machine" inside test -e "/etc/runlevels/default/$name"
check "the kernel gets the route" soon routed
check "every word of the flags arrives whole" words_are_whole

before=$(service_pid)
inside kill -KILL "$before"
check "it is started again when it dies" soon another_than "$before"
check "and has the route again" soon routed

echo 'export GRM_METRICS_PORT=9191' >"$root/etc/conf.d/$name"
inside rc-service "$name" restart
check "settings of /etc/conf.d reach it" soon inside "$program" healthcheck -metrics-port 9191

refuses "an upgrade that is never well" --from /release/mute
said "it is told" "the upgrade was taken back, and the former executable runs"
check "the former one is back" version_is "$version"
check "with its route" soon routed
check "and its flags" words_are_whole

inside rc-service "$name" stop
check "a stop removes everything from the kernel" unrouted
check "no process is left" not service_pid
inside rc-service "$name" start
check "a start brings it back" soon routed
installs "--uninstall" --uninstall
check "OpenRC knows it no more" not inside rc-service --exists "$name"
check "nothing is left in the kernel" unrouted
shut_down

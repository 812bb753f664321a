# Machines with a real service manager as process 1, in namespaces of their own, with two gateways on their network.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2317 # machines.sh has these variables, the cases use them

# Commands that run in the new namespaces before process 1. The root folder is set with pivot_root, not chroot, since
# systemd mounts / again for each service. Devices are those of this machine.
read -r -d '' before_boot <<'SH' || true
cd "$1"
shift
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir former
pivot_root . former
umount --lazy /former
rmdir /former
ip link set lo up
exec env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null
SH

# boot PROGRAM...: starts this program as process 1 of the machine, with a cgroup subtree of its own.
boot() {
  service_flags=(-start-ip 10.99.0.2 -end-ip 10.99.0.3 -check-period 250ms -timeout 200ms
    -public-ip-service-username "$special_characters" -public-ip-service-password secret)
  cgroup=$work/cgroup
  mkdir -p "$cgroup"
  mountpoint -q "$cgroup" || mount -t cgroup2 cgroup2 "$cgroup"
  cgroup=$cgroup/grm-test-$$
  mkdir -p "$cgroup"
  # shellcheck disable=SC2016 # the new shell expands it
  background sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$cgroup" \
    unshare --pid --mount --net --ipc --uts --cgroup --fork --kill-child sh -euc "$before_boot" sh "$root" "$@" \
    >"$work/boot" 2>&1
  booted=$!
  eventually first_process || { cat "$work/boot" >&2; exit 1; }
  init=$(first_process)
  enter=(nsenter --target "$init" --mount --pid --net --ipc --uts --cgroup --root --wd --
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb)
}

# The id that process 1 of the machine has outside of it, once it runs.
first_process() {
  local child
  child=$(cat "/proc/$booted/task/$booted/children")
  child=${child% }
  [[ -n $child && $(tr '\0' '\n' <"/proc/$child/environ") == container=* ]] && echo "$child"
}

# shut_down: ends the machine, and removes its cgroups.
shut_down() {
  kill -KILL "$init"
  wait "$booted" 2>/dev/null || true
  eventually remove_cgroups
}
remove_cgroups() { find "$cgroup" -depth -type d -exec rmdir {} +; }

# Starts two gateways, 10.99.0.2 and .3, on the network of the machine, which is 10.99.0.1.
make_gateways() {
  background unshare --net node_modules/.bin/bun -e \
    'Bun.serve({ port: 9999, fetch: () => new Response("healthy") }); console.log("serves")' >"$work/gateways"
  gateway_host=$!
  eventually grep -q serves "$work/gateways"
  machine_ip link add eth0 type veth peer name eth0 netns "$gateway_host"
  machine_ip address add 10.99.0.1/24 dev eth0
  machine_ip link set eth0 up
  gateways ip address add 10.99.0.2/24 dev eth0
  gateways ip address add 10.99.0.3/24 dev eth0
  gateways ip link set eth0 up
}

machine_ip() { nsenter --target "$init" --net ip "$@"; }
gateways() { nsenter --target "$gateway_host" --net "$@"; }

# ---- commands for checks ---------------------------------------------------------------------------------------------

# A value with all characters that are special to a service manager or a shell.
special_characters=$'f $g ${h} "i" \'j\' \\k;l %n %% #m &|<>(){}*? `o` \u00e9  p'

nexthops() { machine_ip route show table 180 type unicast 2>/dev/null | grep -o 'via [0-9.]*' | xargs; }

# has_route [ADDRESS]: whether the route has exactly this gateway; without an argument, exactly both.
has_route() { equal "via ${1-10.99.0.2 via 10.99.0.3}" "$(nexthops)"; }

has_no_rule_or_route() { equal "" "$(nexthops)$(machine_ip rule show | grep 'proto 173')"; }

# The id of the service's main process inside the machine: its oldest process.
service_pid() { in_machine pgrep --oldest --full "^$program -start-ip" || { echo "the service does not run"; return 1; }; }

# restarted_since PID: whether the service runs with another process id.
restarted_since() {
  local now
  now=$(service_pid) && [[ $now != "$1" ]]
}

# The user ids of systemd's dynamic users are in this range (systemd.exec(5)).
has_dynamic_user() {
  local uid
  uid=$(process_status Uid) && { ((uid >= 61184 && uid <= 65519)) || { echo "actual: $uid"; return 1; }; }
}

# process_status NAME: the first value of a line of /proc/PID/status of the service.
process_status() {
  local pid
  pid=$(service_pid) && in_machine sed -n "s/^$1:\\t\\([^\\t]*\\).*/\\1/p" "/proc/$pid/status"
}

# Whether the service's process has exactly the flags that were given to the install.
flags_are_intact() {
  local pid words
  pid=$(service_pid) || { echo "$pid"; return 1; }
  mapfile -d '' -t words < <(in_machine cat "/proc/$pid/cmdline")
  equal "$(printf '%q ' "$program" "${service_flags[@]}")" "$(printf '%q ' "${words[@]}")"
}

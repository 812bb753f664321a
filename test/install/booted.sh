# Machines with a real service manager as process 1, in namespaces of their own, with two gateways beside them.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2317 # machines.sh has these variables, the cases use them

# What is run in the new namespaces before process 1. A root folder by pivot_root instead of chroot, since systemd mounts
# all of / anew for each service. Devices are those of this machine.
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

# boot PROGRAM...: makes this process 1 of the machine. It has a part of the tree of cgroups for itself.
boot() {
  service_flags=(-start-ip 10.99.0.2 -end-ip 10.99.0.3 -check-period 250ms -timeout 200ms
    -public-ip-service-username "$odd" -public-ip-service-password secret)
  cgroup=$work/cgroup
  mkdir -p "$cgroup"
  mountpoint -q "$cgroup" || mount -t cgroup2 cgroup2 "$cgroup"
  cgroup=$cgroup/grm-test-$$
  mkdir -p "$cgroup"
  # shellcheck disable=SC2016 # it is for the new shell
  background sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$cgroup" \
    unshare --pid --mount --net --ipc --uts --cgroup --fork --kill-child sh -euc "$before_boot" sh "$root" "$@" \
    >"$work/boot" 2>&1
  booted=$!
  soon first_process || { cat "$work/boot" >&2; exit 1; }
  init=$(first_process)
  enter=(nsenter --target "$init" --mount --pid --net --ipc --uts --cgroup --root --wd --
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb)
}

# Its process id, as this machine sees it, once it is there.
first_process() {
  local child
  child=$(cat "/proc/$booted/task/$booted/children")
  child=${child% }
  [[ -n $child && $(tr '\0' '\n' <"/proc/$child/environ") == container=* ]] && echo "$child"
}

# shut_down: ends the machine, and gives back its cgroups.
shut_down() {
  kill -KILL "$init"
  wait "$booted" 2>/dev/null || true
  soon remove_cgroups
}
remove_cgroups() { find "$cgroup" -depth -type d -exec rmdir {} +; }

# Two gateways, 10.99.0.2 and .3, on the network of the machine, which is 10.99.0.1.
make_gateways() {
  background unshare --net node_modules/.bin/bun -e \
    'Bun.serve({ port: 9999, fetch: () => new Response("healthy") }); console.log("serves")' >"$work/gateways"
  gateway_host=$!
  soon grep -q serves "$work/gateways"
  machine_ip link add eth0 type veth peer name eth0 netns "$gateway_host"
  machine_ip address add 10.99.0.1/24 dev eth0
  machine_ip link set eth0 up
  gateways ip address add 10.99.0.2/24 dev eth0
  gateways ip address add 10.99.0.3/24 dev eth0
  gateways ip link set eth0 up
}

machine_ip() { nsenter --target "$init" --net ip "$@"; }
gateways() { nsenter --target "$gateway_host" --net "$@"; }

# ---- what is checked -------------------------------------------------------------------------------------------------

# Flags with everything that a service manager or a shell could take for its own.
odd=$'f $g ${h} "i" \'j\' \\k;l %n %% #m &|<>(){}*? `o` \u00e9  p'

nexthops() { machine_ip route show table 180 type unicast 2>/dev/null | grep -o 'via [0-9.]*' | xargs; }

# routed [ADDRESS]: whether this gateway alone, or else both, are in the route.
routed() { same "via ${1-10.99.0.2 via 10.99.0.3}" "$(nexthops)"; }

unrouted() { same "" "$(nexthops)$(machine_ip rule show | grep 'proto 173')"; }

# The program's process id, as the machine sees it: the one that has no parent of its own kind.
service_pid() { inside pgrep --oldest --full "^$program -start-ip" || { echo "it does not run"; return 1; }; }

# another_than PID: whether it runs anew.
another_than() {
  local now
  now=$(service_pid) && [[ $now != "$1" ]]
}

# systemd takes the numbers of its dynamic users from a range of its own (systemd.exec(5)).
has_dynamic_user() {
  local uid
  uid=$(field Uid) && { ((uid >= 61184 && uid <= 65519)) || { echo "it is $uid"; return 1; }; }
}

# field NAME: of what the kernel tells of the process.
field() {
  local pid
  pid=$(service_pid) && inside sed -n "s/^$1:\\t\\([^\\t]*\\).*/\\1/p" "/proc/$pid/status"
}

words_are_whole() {
  local pid words
  pid=$(service_pid) || { echo "$pid"; return 1; }
  mapfile -d '' -t words < <(inside cat "/proc/$pid/cmdline")
  same "$(printf '%q ' "$program" "${service_flags[@]}")" "$(printf '%q ' "${words[@]}")"
}

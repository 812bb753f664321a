# A container: an image that bubblewrap runs as an engine would, in the network namespace of the router.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # other files here set and use the variables: where it runs, what comes of it

# prepare TAG ROOT [VARIABLE=VALUE...]: how to run the image, with a read-only root folder, all capabilities dropped but
# NET_ADMIN, and these variables. More arguments for bubblewrap can be added to $sandbox.
prepare() {
  local variable variables
  mapfile -t health < <(settings "$1" Healthcheck.Test)
  if [[ ${health[0]-} != CMD ]]; then
    echo "the health check has the form ${health[0]-}; without a shell only CMD works" >&2
    exit 1
  fi
  health=("${health[@]:1}")
  sandbox=(ip netns exec "$space-router" bwrap --ro-bind "$2" / --proc /proc --dev /dev
    --unshare-pid --as-pid-1 --unshare-ipc --unshare-uts --die-with-parent --cap-drop ALL --cap-add CAP_NET_ADMIN
    --clearenv)
  mapfile -t variables < <(settings "$1" Env)
  for variable in "${variables[@]}" "${@:3}"; do
    sandbox+=(--setenv "${variable%%=*}" "${variable#*=}")
  done
  mapfile -t entrypoint < <(settings "$1" Entrypoint)
  transcript=$work/log
}

# run: until it ends. start: in the background.
run() { "${sandbox[@]}" "${entrypoint[@]}" >"$transcript" 2>&1; }
start() {
  background "${sandbox[@]}" "${entrypoint[@]}" >"$transcript" 2>&1
  outside=$!
  soon program >/dev/null || { cat "$transcript" >&2; exit 1; }
}

# stop: asks it to end, and leaves its status in $status.
stop() {
  send TERM
  status=0
  wait "$outside" || status=$?
}

# Its process id, as this machine sees it.
program() {
  local child
  child=$(cat "/proc/$outside/task/$outside/children")
  [[ -n $child && $(readlink "/proc/${child% }/exe") == */gateway-route-manager ]] && echo "${child% }"
}

send() { kill "-$1" "$(program)" || true; }

# field NAME: of what the kernel tells of the process.
field() { awk -v name="$1:" '$1 == name {print $NF}' "/proc/$(program)/status"; }

# inside COMMAND...: a command of the image, in the running container. Its paths are the container's.
inside() { nsenter --target "$(program)" --mount --pid --net --ipc --uts --root --wd -- "$@"; }

# logged TEXT...: whether it has told all of this.
logged() { has_all "$transcript" "$@"; }

# A container: an image that bubblewrap runs as an engine would, in the network namespace of the router.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # other files here set and use the variables

# prepare_container TAG ROOT [VARIABLE=VALUE...]: sets the command that runs the image with a read-only root folder, the
# capability NET_ADMIN alone, and these variables. Further arguments of bubblewrap can be added to $sandbox.
prepare_container() {
  local variable variables
  mapfile -t health < <(settings "$1" Healthcheck.Test)
  if [[ ${health[0]-} != CMD ]]; then
    echo "the health check of the image has the form ${health[0]-}; an image without a shell needs CMD" >&2
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

# run_container: runs it to its end. start_container: starts it in the background.
run_container() { "${sandbox[@]}" "${entrypoint[@]}" >"$transcript" 2>&1; }
start_container() {
  background "${sandbox[@]}" "${entrypoint[@]}" >"$transcript" 2>&1
  outside=$!
  eventually program_pid >/dev/null || { cat "$transcript" >&2; exit 1; }
}

# stop_container: sends SIGTERM, waits for the end, and sets $status to the exit status.
stop_container() {
  send_signal TERM
  status=0
  wait "$outside" || status=$?
}

# The id that the program's process has outside of the container.
program_pid() {
  local child
  child=$(cat "/proc/$outside/task/$outside/children")
  [[ -n $child && $(readlink "/proc/${child% }/exe") == */gateway-route-manager ]] && echo "${child% }"
}

send_signal() { kill "-$1" "$(program_pid)" || true; }

# process_status NAME: the last value of a line of /proc/PID/status of the program.
process_status() { awk -v name="$1:" '$1 == name {print $NF}' "/proc/$(program_pid)/status"; }

# in_container COMMAND...: runs a command of the image in the running container.
in_container() { nsenter --target "$(program_pid)" --mount --pid --net --ipc --uts --root --wd -- "$@"; }

# logged TEXT...: whether the program has printed each of these texts.
logged() { file_has "$transcript" "$@"; }

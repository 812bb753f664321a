# What a test script needs around its checks: a work folder, background processes, waits, and an end that removes
# everything that was made and prints the counts, whether the script reaches its end or is interrupted. An interrupted
# script has failed.
# shellcheck shell=bash
# shellcheck disable=SC2154 # checks.sh counts in $passed and $failed
work='' # the folder for everything that is made

# make_work_folder PARENT: makes $work in this folder.
make_work_folder() {
  work=$(mktemp -d -p "$(realpath "$1")" "grm-${0##*/}.XXXXXX")
  export TMPDIR=$work # for the temporary files of other programs too
}

# background PROGRAM...: $! is its process id. It leads a process group, so that its children can be ended with it.
background() { setsid "$@" & }

# run_quietly PROGRAM...: runs a program that takes long, and shows its output only where it fails. As a background process
# it does not delay the handling of signals.
run_quietly() {
  background "$@" >"$work/quiet" 2>&1
  if ! wait $!; then
    tail -n 40 "$work/quiet" >&2
    exit 1
  fi
}

# eventually COMMAND...: repeats a command until it succeeds. The limit of a minute is only reached when something is
# broken.
eventually() {
  local output end=$((SECONDS + 60))
  until output=$("$@" 2>&1); do
    if ((SECONDS >= end)); then
      printf 'waited a minute for: %s\n%s\n' "$*" "$output" >&2
      return 1
    fi
    sleep 0.05
  done
}

# A script that makes more than processes, mounts and files redefines this.
undo() { :; }

end() {
  local status=$? pid
  trap - EXIT
  # Neither a second signal nor a closed pipe interrupts the cleaning.
  trap '' INT TERM HUP PIPE
  set +e
  # SIGKILL is enough, since everything is removed. A process may not have become the leader of its group yet.
  {
    for pid in $(jobs -p); do kill -KILL -- "-$pid" || kill -KILL "$pid"; done
    wait
  } 2>/dev/null
  undo
  if [[ -n $work ]]; then
    # An interrupted debootstrap, for one, leaves its mounts.
    awk -v folder="$work/" 'index($2, folder) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy
    rm -rf --one-file-system "$work" || status=1
  fi
  if ((status != 0)); then failed=$((failed + 1)); fi
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
}
trap end EXIT
trap 'exit 130' INT TERM HUP PIPE

# What a run starts, what it waits for, and how it ends: whether it comes to its end or breaks off, its processes, mounts
# and files go away, and the last line counts. A run that breaks off has failed.
# shellcheck shell=bash
# shellcheck disable=SC2154 # telling.sh counts in $passed and $failed
work='' # the folder for everything that is made

# make_work FOLDER: makes $work in there.
make_work() {
  work=$(mktemp -d -p "$(realpath "$1")" "grm-${0##*/}.XXXXXX")
  export TMPDIR=$work # for the temporary files of other programs too
}

# background PROGRAM...: $! is its process id. It leads a group, so that what it starts can be ended with it.
background() { setsid "$@" & }

# patiently PROGRAM...: for what takes long. It is quiet unless it fails, and a signal is heeded at once.
patiently() {
  background "$@" >"$work/patience" 2>&1
  if ! wait $!; then
    tail -n 40 "$work/patience" >&2
    exit 1
  fi
}

# soon COMMAND...: waits until it succeeds. The time limit only matters when something is broken.
soon() {
  local said end=$((SECONDS + 60))
  until said=$("$@" 2>&1); do
    if ((SECONDS >= end)); then
      printf 'waited a minute for: %s\n%s\n' "$*" "$said" >&2
      return 1
    fi
    sleep 0.05
  done
}

# A program that makes more than processes, mounts and files has a function of its own here.
undo() { :; }

end() {
  local status=$? pid
  trap - EXIT
  # Neither impatience nor a reader that has gone stops the cleaning.
  trap '' INT TERM HUP PIPE
  set +e
  # All of it is thrown away, so nothing has to end in good order. A process may not lead its group yet.
  {
    for pid in $(jobs -p); do kill -KILL -- "-$pid" || kill -KILL "$pid"; done
    wait
  } 2>/dev/null
  undo
  if [[ -n $work ]]; then
    # debootstrap, for one, leaves its mounts when it is interrupted.
    awk -v folder="$work/" 'index($2, folder) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy
    rm -rf --one-file-system "$work" || status=1
  fi
  if ((status != 0)); then failed=$((failed + 1)); fi
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
}
trap end EXIT
trap 'exit 130' INT TERM HUP PIPE

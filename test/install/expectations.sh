# Checks of an install: its exit status, its output, and the state of the machine afterwards.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh sets these variables, the cases use them
flags=(-start-ip 192.168.1.10 -end-ip 192.168.1.12)

# install_succeeds NAME ARGUMENT...: runs scripts/install in the machine, which has to succeed; install_fails: which has
# to fail.
install_succeeds() { check "$1" run_install "${@:2}"; }
install_fails() { check "$1" not run_install "${@:2}"; }
run_install() { in_machine "${installer[@]}" "$@" >"$transcript" 2>&1; }

# output_has NAME TEXT...: whether the last install printed each of these texts.
output_has() { check "$1" file_has "$transcript" "${@:2}"; }

# version_is VERSION [PROGRAM]: whether the installed executable has this version.
version_is() {
  local printed
  printed=$(in_machine "${2-$program}" -version 2>&1) || true
  [[ $printed == "$name $1 "* ]] || { echo "actual: $printed"; return 1; }
}

# service_file_has TEXT
service_file_has() { file_has "$unit" "$1"; }

# requested REQUEST: whether a fake service or package manager was called with these arguments.
requested() { grep -qxF -e "$1" "$root/requests" || { echo "requests:"; cat "$root/requests"; return 1; }; }

# Whether the temporary files of an install are gone.
no_temporary_files() {
  equal "" "$(find "$root"/{usr,opt,etc,tmp} \( -name '.gateway*' -o -name "$name.??????" \))"
}

# record_tree: records all files of the machine; tree_is_unchanged: whether they are the same now.
record_tree() { tree >"$work/before"; }
tree_is_unchanged() { tree | diff "$work/before" -; }

# Every file and folder, except those that the fakes write.
tree() {
  (
    cd "$root" || exit
    find . -xdev \( -path ./proc -o -path ./tmp -o -path ./fake -o -path ./requests -o -path ./ignored \
      -o -path ./active -o -path ./enabled -o -path ./var \) -prune -o -printf '%p %m %l\n' | sort
  )
}

# journal_has TEXT...: whether systemd's journal has each of these texts from the service.
journal_has() {
  in_machine journalctl --no-pager --unit "$name" >"$work/journal"
  file_has "$work/journal" "$@"
}

# What is checked after an install: what it said, and how the machine is now.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh sets these variables, the cases use them
flags=(-start-ip 192.168.1.10 -end-ip 192.168.1.12)

# installs WHAT ARGUMENT...: runs the script in the machine, which has to succeed. refuses: which has to fail.
installs() { check "$1" run_install "${@:2}"; }
refuses() { check "$1 is refused" not run_install "${@:2}"; }
run_install() { inside "${installer[@]}" "$@" >"$transcript" 2>&1; }

# said WHAT TEXT...: whether the last install said all of this.
said() { check "$1" has_all "$transcript" "${@:2}"; }

# version_is VERSION [PROGRAM]
version_is() {
  local told
  told=$(inside "${2-$program}" -version 2>&1) || true
  [[ $told == "$name $1 "* ]] || { echo "it is: $told"; return 1; }
}

# unit_has TEXT
unit_has() { has_all "$unit" "$1"; }

# asked REQUEST: whether a service or package manager was asked for this.
asked() { grep -qxF -e "$1" "$root/asked" || { echo "asked was:"; cat "$root/asked"; return 1; }; }

# Whether nothing lies about that an install uses on its way.
tidy() {
  same "" "$(find "$root"/{usr,opt,etc,tmp} \( -name '.gateway*' -o -name "$name.??????" \))"
}

# remember: how the machine is. as_before: whether it is so again.
remember() { tree >"$work/before"; }
as_before() { tree | diff "$work/before" -; }

# Every file and folder but what the fakes note.
tree() {
  (
    cd "$root" || exit
    find . -xdev \( -path ./proc -o -path ./tmp -o -path ./fake -o -path ./asked -o -path ./ignored \
      -o -path ./active -o -path ./enabled -o -path ./var \) -prune -o -printf '%p %m %l\n' | sort
  )
}

# journal_has TEXT...: whether systemd's journal has all of this from the service.
journal_has() {
  inside journalctl --no-pager --unit "$name" >"$work/journal"
  has_all "$work/journal" "$@"
}

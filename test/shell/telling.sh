# Checks, each told as "ok WHAT" or "not ok WHAT", and counted.
# shellcheck shell=bash
passed=0
failed=0
# A file with what the tested program has printed last. Every failure shows it.
transcript=''

# part WHAT: a heading, with the seconds since the start.
part() {
  transcript=''
  echo "# $* ($SECONDS s)"
}

# check WHAT COMMAND...: whether the command succeeds. A failure shows what it printed.
check() {
  local said
  if said=$("${@:2}" 2>&1); then
    passed=$((passed + 1))
    echo "ok $1"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $1"
  {
    printf '%s\n' "${said:-"failed: ${*:2}"}"
    if [[ -f $transcript ]]; then cat "$transcript"; fi
  } | sed 's/^/    /'
}

# ---- commands to check with ------------------------------------------------------------------------------------------

not() { ! "$@"; }

# same EXPECTED SEEN
same() { [[ $1 == "$2" ]] || { printf 'expected: %s\nbut it is: %s\n' "$1" "$2"; return 1; }; }

# fails_with STATUS COMMAND...
fails_with() {
  local status=0
  "${@:2}" || status=$?
  same "status $1" "status $status"
}

# has_all FILE TEXT...: whether the file has each of these texts in a line.
has_all() {
  local text
  for text in "${@:2}"; do
    grep -qF -e "$text" "$1" || { echo "not there: $text"; return 1; }
  done
}

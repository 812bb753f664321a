# Named checks, each printed as "ok NAME" or "not ok NAME", and counted.
# shellcheck shell=bash
passed=0
failed=0
# A file with the last output of the tested program. Every failed check shows it.
transcript=''

# section TITLE: prints a heading, with the seconds since the start.
section() {
  transcript=''
  echo "# $* ($SECONDS s)"
}

# check NAME COMMAND...: whether the command succeeds. A failure shows what the command printed.
check() {
  local output
  if output=$("${@:2}" 2>&1); then
    passed=$((passed + 1))
    echo "ok $1"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $1"
  {
    printf '%s\n' "${output:-"failed: ${*:2}"}"
    if [[ -f $transcript ]]; then cat "$transcript"; fi
  } | sed 's/^/    /'
}

# ---- commands for checks ---------------------------------------------------------------------------------------------

not() { ! "$@"; }

# equal EXPECTED ACTUAL
equal() { [[ $1 == "$2" ]] || { printf 'expected: %s\nactual:   %s\n' "$1" "$2"; return 1; }; }

# exits_with STATUS COMMAND...
exits_with() {
  local status=0
  "${@:2}" || status=$?
  equal "status $1" "status $status"
}

# file_has FILE TEXT...: whether each of these texts is in a line of the file.
file_has() {
  local text
  for text in "${@:2}"; do
    grep -qF -e "$text" "$1" || { echo "missing: $text"; return 1; }
  done
}

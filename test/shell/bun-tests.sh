# Bun's tests, with the total number of passed and failed tests in the last line.
# shellcheck shell=bash

# run_tests ARGUMENTS...: runs the test runner with these. The runner's own summary goes before the last line, which a
# caller can read alone.
run_tests() {
  local log passed failed status=0
  log=$(mktemp)
  node_modules/.bin/bun test --timeout 60000 "$@" 2>&1 | tee "$log" || status=$?
  count() { awk -v word="$1" '$2 == word && NF == 2 {sum += $1} END {print sum + 0}' "$log"; }
  passed=$(count pass)
  failed=$(count fail)
  rm "$log"

  # A run that ends before its summary, or that finds no test, is a failure as well.
  if ((passed == 0)) || { ((status != 0)) && ((failed == 0)); }; then
    failed=$((failed + 1))
    status=1
  fi
  echo "$passed passed, $failed failed"
  return "$status"
}

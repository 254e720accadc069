# shellcheck shell=sh
# Runs steps to the end, whatever fails, and adds up what they did.

PASSED=0 FAILED=0 SKIPPED=0 FAILURES=
RESULTS=$ROOT/build/results

# guarded COMMAND…: its status in $status. In a subshell, so that the command stops at its first failure.
guarded() {
    set +e
    (
        set -e
        "$@"
    )
    status=$?
    set -e
}

failed() {
    FAILED=$((FAILED + 1))
    FAILURES="$FAILURES
  $1"
}

# check NAME COMMAND…: one check that passes or fails.
check() {
    name=$1 began=$(date +%s)
    shift
    say "$name"
    guarded "$@"
    if [ "$status" -eq 0 ]; then PASSED=$((PASSED + 1)); else failed "$name"; fi
    echo "-- $name: status $status, $(($(date +%s) - began)) s"
}

# attribute FILE NAME: a number in the first <testsuite> of a JUnit file, 0 where it is not given.
attribute() {
    number=$(tr '\n\t' '  ' <"$1" | sed -n "s/^.*<testsuite [^>]* $2=\"\([0-9]*\)\".*$/\1/p")
    echo "${number:-0}"
}

# suite NAME COMMAND… JUNIT_FILE: many tests, counted in the file that the command writes (its last argument).
suite() {
    name=$1 began=$(date +%s)
    shift
    for junit; do :; done
    rm -f "$junit"
    say "$name"
    guarded "$@"
    bad=0
    if [ -s "$junit" ]; then
        bad=$(($(attribute "$junit" failures) + $(attribute "$junit" errors)))
        skipped=$(($(attribute "$junit" skipped) + $(attribute "$junit" disabled)))
        PASSED=$((PASSED + $(attribute "$junit" tests) - bad - skipped))
        FAILED=$((FAILED + bad)) SKIPPED=$((SKIPPED + skipped))
        sed -n 's/^.*<system-out>\(skipped: .*\)$/-- \1/p' "$junit" # programs of ctest; pytest tells by itself
    fi
    if [ "$bad" -gt 0 ]; then
        FAILURES="$FAILURES
  $name: $bad tests"
    elif [ "$status" -ne 0 ] || [ ! -s "$junit" ]; then
        failed "$name"
    fi
    echo "-- $name: status $status, $(($(date +%s) - began)) s"
}

summary() {
    [ -z "$FAILURES" ] || printf '\nfailed:%s\n' "$FAILURES"
    printf '\n%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
    [ "$FAILED" -eq 0 ]
}

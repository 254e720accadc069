# shellcheck shell=sh

FUZZ_PACKAGES="clang-14 libclang-rt-14-dev"
FUZZERS="cron_parser trigger_json"

# What is found anew is kept in build/corpus; an input that breaks something in build/corpus/crash-….
fuzz_one() {
    mkdir -p "build/corpus/$1"
    "build/fuzz/tests/fuzz/$1_fuzzer" -max_total_time="$2" -timeout=60 -print_final_stats=1 \
        -artifact_prefix=build/corpus/ "build/corpus/$1" "tests/fuzz/corpus/$1"
}

# ./dev fuzz [--seconds N]
#
# Builds the fuzz targets of tests/fuzz with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each.
#
#   --seconds N   each for so long; 600 without it
task_fuzz() {
    seconds=600
    case ${1:-} in
    -h | --help) help_of fuzz fuzz && return ;;
    --seconds) seconds=${2:-} ;;
    ?*) fail "fuzz: unknown option '$1'" ;;
    esac
    case $seconds in *[!0-9]* | "") fail "fuzz: --seconds: '$seconds' is not a number of seconds" ;; esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $FUZZ_PACKAGES
    configure_and_build fuzz
    for name in $FUZZERS; do check "fuzz target $name" fuzz_one "$name" "$seconds"; done
    summary
}

# shellcheck shell=sh

# ./dev chaos --store STORE [--kills N] [--tasks N]
#
# Three schedulers in processes of their own share a store on a server of the tests' own while they are killed, about
# once a second. Afterwards the ledger, and a log that the tasks wrote, must account for each due time.
#
#   --store STORE    sqlite, postgresql, redis or mongodb
#   --kills N        so many SIGKILLs; 200 without it
#   --tasks N        so many tasks; 10000 without it, and 20 on MongoDB's protocol server
task_chaos() {
    store='' kills=200 tasks=''
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) help_of chaos chaos && return ;;
        --store) store=${2:-} ;;
        --kills) kills=${2:-} ;;
        --tasks) tasks=${2:-} ;;
        *) fail "./dev chaos: $1 is not an option; see ./dev chaos --help" ;;
        esac
        [ $# -gt 1 ] || fail "./dev chaos: $1 needs a value"
        shift 2
    done
    case $store in
    sqlite | postgresql | redis) : "${tasks:=10000}" ;;
    mongodb) : "${tasks:=20}" ;;
    *) fail "./dev chaos: --store names sqlite, postgresql, redis or mongodb" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES
    cmake --preset dev --log-level=WARNING
    cmake --build --preset dev --parallel "$JOBS" --target test_chaos
    UVSCHED_CHAOS_KILLS=$kills UVSCHED_CHAOS_TASKS=$tasks \
        build/dev/tests/chaos/test_chaos --store="$store" --test-case="three schedulers*" --success=false
}

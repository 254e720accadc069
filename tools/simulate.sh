# shellcheck shell=sh

# ./dev simulate [--seeds N] [--first S] [--store memory|sqlite | --nodes] [--planted NAME] [--trace]
#
# Simulates whole schedulers on a manual clock: tasks, failing stores, crashes, clock steps, stops, all of it drawn from
# a seed; and checks that the ledger, and what was called, are as promised.
#
#   --seeds N        so many seeds; 2000 without it
#   --first S        the first of them; 1 without it
#   --store STORE    over this store alone; without it, three of four seeds are over SQLite
#   --nodes          one to four processes on one store, a plain model: some die, hang, or lose the store meanwhile
#   --planted NAME   with a fault that the checker must find (tests/simulation/planted.hpp, plain_store.hpp)
#   --trace          prints what happens
task_simulate() {
    case ${1:-} in -h | --help) help_of simulate simulate && return ;; esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES
    cmake --preset dev --log-level=WARNING
    cmake --build --preset dev --parallel "$JOBS" --target simulate
    build/dev/tests/simulation/simulate "$@"
}

# shellcheck shell=sh

# ./dev bench [NAME…]
#
# Builds with optimisation and runs the programs of benchmarks/, C and Python, each with its peers beside it;
# or only those named, e.g. `./dev bench timer_fires`. Takes minutes; leave the machine alone meanwhile.
task_bench() {
    case ${1:-} in
    -h | --help) help_of bench bench && return ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES
    configure_and_build release
    environment .venv-bench bench
    # shellcheck disable=SC2046
    [ $# -gt 0 ] || set -- $(bench_names)
    for name; do
        say "$name"
        if [ -x "build/release/benchmarks/bench_$name" ]; then
            "build/release/benchmarks/bench_$name"
        elif [ -e "benchmarks/$name.py" ]; then
            .venv-bench/bin/python "benchmarks/$name.py"
        else
            fail "there is no benchmark '$name' among: $(bench_names | tr '\n' ' ')"
        fi
    done
}

bench_names() {
    for file in benchmarks/[!_]*.c benchmarks/[!_]*.cpp benchmarks/[!_]*.py; do
        [ ! -e "$file" ] || { file=${file##*/} && echo "${file%.*}"; }
    done
}

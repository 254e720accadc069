# shellcheck shell=sh

# ./dev bench [--json FILE] [--against FILE] [NAME…]
#
# Builds with optimisation and runs the programs of benchmarks/, C and Python, each with its peers beside it;
# or only those named, e.g. `./dev bench fires`. Takes minutes; leave the machine alone meanwhile: a program
# that notices that it was not alone prints no figures.
#
#   --json FILE      keep the results in FILE, a line of JSON each
#   --against FILE   compare them with those that FILE keeps, and fail if any is worse
task_bench() {
    bench_json='' bench_against=''
    while :; do
        case ${1:-} in
        -h | --help) help_of bench bench && return ;;
        --json | --against)
            [ $# -ge 2 ] || fail "$1 needs a file"
            case $2 in /*) bench_file=$2 ;; *) bench_file=$CALLER/$2 ;; esac
            case $1 in --json) bench_json=$bench_file ;; *) bench_against=$bench_file ;; esac
            shift 2
            ;;
        -*) fail "./dev bench has no option '$1'" ;;
        *) break ;;
        esac
    done
    [ -z "$bench_against" ] || [ -r "$bench_against" ] || fail "there is no file $bench_against"
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES
    timeout 300 "$ROOT/tests/servers/mongodb/fetch.sh" "$ROOT/.cache/mongodb-server" ||
        say "the server for mongodb_processes cannot be fetched"
    configure_and_build bench
    environment .venv-bench bench
    [ -z "$bench_against" ] || bench_json=${bench_json:-$ROOT/build/bench/results.json}
    if [ -n "$bench_json" ]; then
        [ "$bench_json" != "$bench_against" ] || fail "--json would overwrite what --against compares with"
        : >"$bench_json"
        export UVSCHED_BENCH_JSON="$bench_json"
    fi
    say "on $(bench_machine)"
    # shellcheck disable=SC2046
    [ $# -gt 0 ] || set -- $(bench_names)
    for name; do
        say "$name"
        if [ -x "build/bench/benchmarks/bench_$name" ]; then
            "build/bench/benchmarks/bench_$name"
        elif [ -e "benchmarks/$name.py" ]; then
            .venv-bench/bin/python "benchmarks/$name.py"
        else
            fail "there is no benchmark '$name' among: $(bench_names | tr '\n' ' ')"
        fi
    done
    [ -z "$bench_against" ] || .venv-bench/bin/python benchmarks/_against.py "$bench_against" "$bench_json"
}

# The processor, and the cores that the programs may use.
bench_machine() {
    model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
    cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
    echo "${model:-an unknown processor}, cores ${cores:-unknown}"
}

bench_names() {
    for file in benchmarks/[!_]*.c benchmarks/[!_]*.cpp benchmarks/[!_]*.py; do
        [ ! -e "$file" ] || { file=${file##*/} && echo "${file%.*}"; }
    done
}

# shellcheck shell=sh

# ./dev demo [--seconds N] [--port P] [--dir D]
#
# Runs examples/load_monitor and serves its page, until Ctrl-C.
#
#   --seconds N   end after N seconds, with exit status 0
#   --port P      listen on 127.0.0.1:P (8000)
#   --dir D       keep the databases in D (build/load_monitor)
task_demo() {
    seconds='' port=8000 data=$ROOT/build/load_monitor
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) help_of demo demo && return ;;
        --seconds | --port | --dir) [ $# -ge 2 ] || fail "demo: $1 needs a value" ;;
        *) fail "demo: unknown option '$1'" ;;
        esac
        case $1:$2 in
        --dir:/*) data=$2 ;;
        --dir:?*) data=$CALLER/$2 ;;
        *:*[!0-9]* | *:) fail "demo: $1 takes a number, not '$2'" ;;
        --seconds:*) seconds=$2 ;;
        --port:*) port=$2 ;;
        esac
        shift 2
    done
    take_turn
    environment .venv demo
    mkdir -p "$data"
    say "load monitor: open http://127.0.0.1:$port/ (data in $data${seconds:+; ends after $seconds s}; Ctrl-C ends it)"
    exec 9>&-
    set -- .venv/bin/python -m uvicorn --app-dir examples/load_monitor app:app --host 127.0.0.1 --port "$port"
    export LOAD_MONITOR_DIR="$data"
    [ -n "$seconds" ] || exec "$@"
    exec timeout --foreground --preserve-status --signal=INT --kill-after=10 "$seconds" "$@"
}

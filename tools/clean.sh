# shellcheck shell=sh

# ./dev clean [--all]
#
# Removes build/.
#
#   --all   the Python environments and caches too
task_clean() {
    case ${1:-} in
    -h | --help) help_of clean clean && return ;;
    "" | --all) ;;
    *) fail "clean: unknown option '$1'" ;;
    esac
    take_turn
    rm -rf build
    [ "${1:-}" != --all ] || rm -rf .venv .venv-* .cache .mypy_cache .ruff_cache .pytest_cache
}

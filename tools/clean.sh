# shellcheck shell=sh

# ./dev clean [--all]
#
# Removes build/ and dist/.
#
#   --all   the Python environments and caches too
task_clean() {
    case ${1:-} in
    -h | --help) help_of clean clean && return ;;
    "" | --all) ;;
    *) fail "clean: unknown option '$1'" ;;
    esac
    take_turn
    rm -rf build dist
    [ "${1:-}" != --all ] || rm -rf .venv .venv-esmerald .venv-bench .cache .mypy_cache .ruff_cache .pytest_cache
}

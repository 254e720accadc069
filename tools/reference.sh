# shellcheck shell=sh

# ./dev reference
#
# Writes the reference of the Python package, from its docstrings, into build/reference: a page of Markdown for each
# module that users import from. Fails if something that is public has no docstring.
task_reference() {
    case ${1:-} in
    -h | --help) help_of reference reference && return ;;
    "") ;;
    *) fail "reference: unknown option '$1'" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES
    environment .venv dev
    .venv/bin/python tools/reference.py build/reference
    printf 'build/reference\n'
}

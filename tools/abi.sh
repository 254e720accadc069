# shellcheck shell=sh

ABI_SNAPSHOT=tests/abi/uvsched.abi

abi_write() {
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --exported-interfaces-only --drop-private-types \
        --header-file capi/include/uvsched.h --out-file "$1" build/dev/capi/libuvsched.so
}

abi_compare() {
    abi_write build/dev/uvsched.abi
    abidiff --no-show-locs "$ABI_SNAPSHOT" build/dev/uvsched.abi ||
        fail "the exported ABI has changed: if that is meant, run ./dev abi --update and say so in CHANGELOG.md"
}

# ./dev abi [--update]
#
# Compares the types and functions that libuvsched exports with the snapshot in tests/abi.
#
#   --update   write a new snapshot
task_abi() {
    case ${1:-} in
    -h | --help) help_of abi abi && return ;;
    "" | --update) ;;
    *) fail "abi: unknown option '$1'" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES $ABI_PACKAGES
    configure_and_build dev
    if [ "${1:-}" = --update ]; then
        mkdir -p "${ABI_SNAPSHOT%/*}"
        abi_write "$ABI_SNAPSHOT"
    else
        abi_compare
    fi
}

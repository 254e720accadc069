# shellcheck shell=sh

# What the library is built on; ./dev test --platform may say another.
PLATFORM=linux

# configure_and_build PRESET [CMAKE OPTION…]: waits for whoever builds this preset ahead.
configure_and_build() {
    preset=$1
    shift
    [ "$preset" = posix ] || set -- -DUVSCHED_PLATFORM=$PLATFORM "$@"
    exec 8>"build/$preset.lock"
    flock 8
    cmake --preset "$preset" --log-level=WARNING "$@"
    ${PRIORITY:-} cmake --build --preset "$preset" --parallel "$JOBS"
    exec 8>&-
}

# ./dev build [PRESET]
#
# Builds the library, the tests and the examples into build/PRESET; in the preset release, the library alone.
# Presets: dev (the default), bundled, posix, release, asan-ubsan, tsan.
task_build() {
    case ${1:-dev} in
    -h | --help) help_of build build && return ;;
    dev | bundled | posix | release | asan-ubsan | tsan) ;;
    *) fail "there is no preset '$1': dev, bundled, posix, release, asan-ubsan, tsan" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES
    [ "${1:-}" != bundled ] || bundled_sources
    configure_and_build "${1:-dev}"
}

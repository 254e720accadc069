# shellcheck shell=sh

# configure_and_build PRESET [CMAKE OPTION…]
configure_and_build() {
    preset=$1
    shift
    cmake --preset "$preset" --log-level=WARNING "$@"
    cmake --build --preset "$preset" --parallel "$JOBS"
}

# ./dev build [PRESET]
#
# Builds the library, the tests and the examples into build/PRESET.
# Presets: dev (the default), release, asan-ubsan, tsan.
task_build() {
    case ${1:-dev} in
    -h | --help) help_of build build && return ;;
    dev | release | asan-ubsan | tsan) ;;
    *) fail "there is no preset '$1': dev, release, asan-ubsan, tsan" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES
    configure_and_build "${1:-dev}"
}

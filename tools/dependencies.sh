# shellcheck shell=sh

DEPENDENCIES=.cache/dependencies

# bundled_sources [FOLDER]: brings what is not there yet, or has another digest. An environment has pip, which a
# system's Python may lack.
bundled_sources() {
    # shellcheck disable=SC2086
    need $PYTHON_PACKAGES
    virtual_environment .venv-build
    $BUILD_PYTHON tools/dependencies.py "${1:-$DEPENDENCIES}"
}

# ./dev dependencies [FOLDER]
#
# Brings the sources of libuv, SQLite and nlohmann_json that a bundled build compiles (-DUVSCHED_BUNDLED=ON) into
# FOLDER, or into .cache/dependencies, where such a build looks for them. tools/dependencies.toml has their versions,
# where they come from and their SHA-256; a crate needs cargo, 1.68 or newer.
task_dependencies() {
    case ${1:-} in
    -h | --help) help_of dependencies dependencies && return ;;
    -*) fail "dependencies: unknown option '$1'" ;;
    "") folder=$DEPENDENCIES ;;
    /*) folder=$1 ;;
    *) folder=$CALLER/$1 ;;
    esac
    take_turn
    bundled_sources "$folder"
    echo "the sources are in $folder"
}

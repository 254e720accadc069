# shellcheck shell=sh

PORTABILITY_TARGET=aarch64-macos
PORTABILITY=build/portability

portability_tools() {
    build_tools
    group_environment portability "the compiler for $PORTABILITY_TARGET (ziglang)"
}

# The headers of the libraries and of Python, apart from this system's own, which lie beside them where they are
# installed. Python's are those of a 64-bit Linux, which has the same sizes.
portability_headers() {
    headers=$PORTABILITY/include
    rm -rf "$PORTABILITY"
    mkdir -p "$headers"
    installed=$(pkg-config --variable=includedir libuv)
    cp -R "$installed/uv.h" "$installed/uv" "$installed/nlohmann" "$headers/"
    cp "$(pkg-config --variable=includedir sqlite3)/sqlite3.h" "$headers/"
    python_headers "$PYTHON" "$headers/python"
    cp -R "$($BUILD_PYTHON -c 'import pybind11; print(pybind11.get_include())')/pybind11" "$headers/"
}

# portability_sources FOLDER: what is compiled of it. Of core/platform: the rooms posix and macho.
portability_sources() {
    find "$1" -name '*.cpp' ! -path 'core/platform/linux/*' ! -path 'core/platform/elf/*' \
        ! -path bindings/thread_end.cpp | LC_ALL=C sort
}

# portability_units FOLDER: writes the files that are compiled, each as many sources as CMake would put into one.
portability_units() {
    files=$(portability_sources "$1" | wc -l)
    units=$(((files + 23) / 24))
    portability_sources "$1" | awk -v size=$(((files + units - 1) / units)) -v root="$ROOT" \
        -v unit="$PORTABILITY/$(echo "$1" | tr / _)" '
        { name = unit "_" int((NR - 1) / size) ".cpp"; print "#include \"" root "/" $0 "\"" >name }
        (NR - 1) % size == 0 { print name }'
}

portability_flags() {
    cat <<TEXT
-std=c++20 -O0 -c -Wall -Wextra -fvisibility=hidden -DUVSCHED_RELEASE=\\"portability\\" -Icapi/include
-isystem $PORTABILITY/include
TEXT
    case $1 in
    bindings) echo "-isystem $PORTABILITY/include/python -D_core_EXPORTS" ;;
    *) echo "-I." ;;
    esac
}

# portability_compile FOLDER
portability_compile() {
    portability_flags "$1" >"$PORTABILITY/flags"
    export ZIG_GLOBAL_CACHE_DIR="$ROOT/.cache/zig" ZIG_LOCAL_CACHE_DIR="$ROOT/.cache/zig"
    portability_units "$1" | xargs -P "$JOBS" -I '{}' .venv-portability/bin/python -m ziglang c++ \
        -target "$PORTABILITY_TARGET" "@$PORTABILITY/flags" '{}' -o '{}.o'
}

# ./dev portability
#
# Compiles core, capi and bindings for macOS (aarch64) with the compiler of Zig, which brings that system's headers, and
# with the headers of libuv, SQLite, nlohmann_json, pybind11 and Python as they are installed here. It links nothing and
# runs nothing: it finds calls and types that only Linux has. What it needs goes into .venv-portability.
task_portability() {
    case ${1:-} in
    -h | --help) help_of portability portability && return ;;
    ?*) fail "portability: unknown option '$1'" ;;
    esac
    take_turn
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES
    portability_tools
    portability_headers
    for folder in core/*/ capi/src bindings; do
        folder=${folder%/}
        [ -z "$(portability_sources "$folder")" ] ||
            check "$folder compiled for $PORTABILITY_TARGET" portability_compile "$folder"
    done
    summary
}

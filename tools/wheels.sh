# shellcheck shell=sh
# Wheels for any Linux: the library is compiled once for each platform, the extension for each Python.

WHEEL_PLATFORMS="manylinux_x86_64 manylinux_aarch64 musllinux_x86_64 musllinux_aarch64"
WHEEL_PYTHONS="3.10 3.11 3.12 3.13 3.14"
WHEELS=build/wheels
WHEEL_TOOLS=.venv-wheels/bin

# zig_target PLATFORM: what Zig calls the oldest system that it stands for.
zig_target() {
    case $1 in
    manylinux_*) echo "${1#*_}-linux-gnu.2.17" ;;
    musllinux_*) echo "${1#*_}-linux-musl" ;;
    esac
}

# wheel_tag PLATFORM: what auditwheel calls it.
wheel_tag() {
    case $1 in
    manylinux_*) echo "manylinux_2_17_${1#*_}" ;;
    musllinux_*) echo "musllinux_1_2_${1#*_}" ;;
    esac
}

# binutils PLATFORM TOOL: the name of a tool that knows the platform's files.
binutils() {
    case $1 in
    *_"$(uname -m)") echo "$2" ;;
    *) echo "${1#*_}-linux-gnu-$2" ;;
    esac
}

# other_binutils PLATFORM: installs them, if they are not those of this machine.
other_binutils() { [ "$(binutils "$1" ld)" = ld ] || need "binutils-$(echo "${1#*_}" | tr _ -)-linux-gnu"; }

wheel_tools() {
    build_tools
    group_environment wheels "the compiler (ziglang) and auditwheel"
}

# zig_programs PLATFORM: Zig's compilers under names of their own, since CMake asks for one program each.
zig_programs() {
    zig=$("$WHEEL_TOOLS/python" -c 'import ziglang, os; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
    mkdir -p "$WHEELS/$1/zig"
    for tool in cc c++ ar ranlib; do
        target=
        case $tool in c*) target="-target $(zig_target "$1")" ;; esac
        printf '#!/bin/sh\nexec "%s" %s %s "$@"\n' "$ROOT/${zig#"$ROOT/"}" "$tool" "$target" >"$WHEELS/$1/zig/$tool"
        chmod +x "$WHEELS/$1/zig/$tool"
    done
}

# zig_toolchain PLATFORM: writes the file from which CMake learns them.
zig_toolchain() {
    zig_programs "$1"
    zig=$ROOT/$WHEELS/$1/zig
    cat >"$WHEELS/$1/toolchain.cmake" <<TEXT
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${1#*_})
set(CMAKE_C_COMPILER "$zig/cc")
set(CMAKE_CXX_COMPILER "$zig/c++")
set(CMAKE_AR "$zig/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "$zig/ranlib" CACHE FILEPATH "")
set(CMAKE_LINKER "$(binutils "$1" ld)" CACHE FILEPATH "")
set(CMAKE_OBJCOPY "$(binutils "$1" objcopy)" CACHE FILEPATH "")
set(CMAKE_STRIP "$(binutils "$1" strip)" CACHE FILEPATH "")
set(CMAKE_C_FLAGS_INIT "-g1 -ffile-prefix-map=$ROOT/=")
set(CMAKE_CXX_FLAGS_INIT "-g1 -ffile-prefix-map=$ROOT/=")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,--build-id=sha1")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-Wl,--build-id=sha1")
set(UVSCHED_CCACHE "" CACHE FILEPATH "Zig has a cache of its own")
TEXT
    export ZIG_GLOBAL_CACHE_DIR="$ROOT/.cache/zig" ZIG_LOCAL_CACHE_DIR="$ROOT/.cache/zig"
}

# apart PLATFORM FILE FOLDER: moves the debug information of a program file into FOLDER.
apart() {
    mkdir -p "$3"
    objcopy=$(binutils "$1" objcopy) symbols=$3/${2##*/}.debug
    "$objcopy" --only-keep-debug "$2" "$symbols"
    "$objcopy" --strip-unneeded --add-gnu-debuglink="$symbols" "$2"
}

# library_options PLATFORM OPTION…: configures the library of a platform.
library_options() {
    platform=$1
    shift
    cmake -S . -B "$WHEELS/$platform/library" -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_TOOLCHAIN_FILE="$ROOT/$WHEELS/$platform/toolchain.cmake" \
        -DUVSCHED_BUNDLED=ON -DUVSCHED_DEPENDENCIES_DIR="$ROOT/$DEPENDENCIES" \
        -DUVSCHED_BUILD_EXAMPLES=OFF -DUVSCHED_BUILD_TESTS=OFF "$@"
}

# library_for PLATFORM: in build/wheels/PLATFORM/tree, all that a wheel holds but the extension and Python's sources.
library_for() {
    build=$WHEELS/$1/library tree=$WHEELS/$1/tree sources=$(sources_digest)
    zig_toolchain "$1"
    noted "$tree/.sources" "$sources" && return
    say "compiling the library for $1"
    library_options "$1" -DCMAKE_INSTALL_LIBDIR=uvsched/lib -DCMAKE_INSTALL_INCLUDEDIR=uvsched/include \
        -DUVSCHED_ONE_FILE=ON -DUVSCHED_BUILD_STATIC=OFF -DUVSCHED_CXX_RUNTIME=
    cmake --build "$build" --parallel "$JOBS"
    rm -rf "$tree"
    cmake --install "$build" --prefix "$tree" >/dev/null
    rm -rf "$tree/share" # a wheel has the licences in its metadata
    apart "$1" "$tree"/uvsched/lib/libuvsched.so.* "$WHEELS/$1/symbols"
    echo "$sources" >"$tree/.sources"
}

# wheel_pythons: an interpreter of each version from 3.10 on, as far as the system or pyenv has it with its headers.
wheel_pythons() {
    for version in $WHEEL_PYTHONS; do python_of "$version"; done
}

# extension_suffix PLATFORM VERSION
extension_suffix() {
    case $1 in
    manylinux_*) echo ".cpython-$(echo "$2" | tr -d .)-${1#*_}-linux-gnu.so" ;;
    musllinux_*) echo ".cpython-$(echo "$2" | tr -d .)-${1#*_}-linux-musl.so" ;;
    esac
}

# wheel_for PLATFORM PROGRAM: build/wheels/*.whl for one platform and one Python.
wheel_for() {
    version=$(python_version "$2") folder=$WHEELS/$1/$(python_version "$2")
    say "the wheel for $1 and Python $version"
    (
        PYTHON=$2 BUILD_PYTHON=.venv-wheels-$version/bin/python
        wheel_environment ".venv-wheels-$version"
        python_headers "$2" "$folder/headers"
        export _PYTHON_HOST_PLATFORM="linux-${1#*_}"
        pip_wheel "$folder" "$folder/build" \
            --config-settings=cmake.define.CMAKE_TOOLCHAIN_FILE="$ROOT/$WHEELS/$1/toolchain.cmake" \
            --config-settings=cmake.define.Python_INCLUDE_DIR="$ROOT/$folder/headers" \
            --config-settings=cmake.define.PYTHON_MODULE_EXTENSION="$(extension_suffix "$1" "$version")" \
            --config-settings=cmake.define.UVSCHED_BUNDLED=ON \
            --config-settings=cmake.define.UVSCHED_DEPENDENCIES_DIR="$ROOT/$DEPENDENCIES" \
            --config-settings=cmake.define.UVSCHED_PREBUILT="$ROOT/$WHEELS/$1/tree" \
            --config-settings=install.strip=false
    )
    rm -rf "$folder/repaired"
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(source_date)} PATH="$ROOT/$WHEEL_TOOLS:$PATH" \
        "$WHEEL_TOOLS/auditwheel" repair -z 9 --plat "$(wheel_tag "$1")" --wheel-dir "$folder/repaired" "$folder"/*.whl
    cp "$folder"/repaired/*.whl "$WHEELS/"
}

# bundled_environment: the wheel for this machine and its Python, with what the tests need, in .venv-bundled.
bundled_environment() {
    virtual_environment .venv-bundled
    $BUILD_PYTHON -m dependency_groups -o .venv-bundled/requirements.txt dev
    .venv-bundled/bin/python -m pip install -q -r .venv-bundled/requirements.txt
    version=$(python_version "$PYTHON" | tr -d .)
    .venv-bundled/bin/python -m pip install -q --force-reinstall --no-deps \
        "$WHEELS"/uvsched-*-cp"$version"-*manylinux*_"$(uname -m)".whl
}

# emulator PLATFORM: what compiles and runs programs of another processor. Debian's package tells the kernel which
# files are for qemu, unless it is installed where that cannot be done.
emulator() {
    case $1 in *_"$(uname -m)") return ;; esac
    machine=${1#*_}
    need qemu-user-static binfmt-support "gcc-$machine-linux-gnu"
    formats=/proc/sys/fs/binfmt_misc
    [ -e $formats/register ] || as_root mount -t binfmt_misc binfmt_misc $formats
    [ -e "$formats/qemu-$machine" ] || as_root tee $formats/register <"/usr/lib/binfmt.d/qemu-$machine.conf" >/dev/null
}

# roots_for PLATFORMS: where the packages of these platforms are tried. What is emulated is slow: one root serves.
roots_for() {
    for platform in $1; do
        case $platform in
        *_"$(uname -m)") echo "bookworm/${platform#*_} trixie/${platform#*_} bullseye/${platform#*_}" ;;
        *) echo "bookworm/${platform#*_}" ;;
        esac
    done | tr ' ' '\n' | awk '!seen[$0]++' | paste -sd ' '
}

pytest_wheels() {
    UVSCHED_TEST_ROOTS=$ROOTS UVSCHED_TEST_SDIST=$SDIST run_pytest .venv "$1" -n 0 -p no:cacheprovider \
        -o timeout=3600 tests/bare
}

# test_wheels PLATFORMS: the archives, too, and then everything in bare roots.
test_wheels() {
    need debootstrap
    for platform in $1; do
        emulator "$platform"
        check "C archive for $platform" archive_for "$platform"
    done
    check "source distribution" source_distribution
    check "Python package" environment .venv dev
    ROOTS=$(roots_for "$1") SDIST=yes
    suite "Packages in bare roots: $ROOTS" pytest_wheels "$RESULTS/pytest-wheels.xml"
    summary
}

# ./dev wheels [--platform NAME] [--python VERSION] [--test]
#
# Builds wheels that need nothing of the system but its C library, into build/wheels: for each platform and each Python
# from 3.10 on that this machine has with its headers (the system's or pyenv's). libuv and SQLite are part of them. The
# compiler is Zig's, from PyPI. Debug information is kept apart, in build/wheels/PLATFORM/symbols.
#
#   --platform NAME     this one alone: manylinux_x86_64, manylinux_aarch64, musllinux_x86_64 or musllinux_aarch64
#   --python VERSION    this one alone, e.g. 3.11
#   --test              then make the C archives and the source distribution, and try everything in roots of Debian that
#                       have nothing: 11, 12 and 13, and for another processor 12 under qemu; C programs on musl with
#                       its loader; the source distribution with a compiler, and without. Half an hour and more
task_wheels() {
    platforms=$WHEEL_PLATFORMS only='' test=''
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) help_of wheels wheels && return ;;
        --platform)
            case " $WHEEL_PLATFORMS " in
            *" ${2:-} "*) platforms=$2 ;;
            *) fail "wheels: --platform takes one of: $WHEEL_PLATFORMS, not '${2:-}'" ;;
            esac
            shift
            ;;
        --python)
            only=${2:-}
            [ -n "$(python_of "$only")" ] ||
                fail "wheels: neither the system nor pyenv has a Python '$only' with its headers"
            shift
            ;;
        --test) test=yes ;;
        *) fail "wheels: unknown option '$1'" ;;
        esac
        shift
    done
    take_turn
    wheels_for "$platforms" "$only"
    ls build/wheels/*.whl
    if [ -n "$test" ]; then test_wheels "$platforms"; fi
}

# wheels_for PLATFORMS [VERSION]
wheels_for() {
    wheel_tools
    bundled_sources
    for platform in $1; do
        other_binutils "$platform"
        library_for "$platform"
        for program in $(wheel_pythons); do
            [ -n "${2:-}" ] && [ "$(python_version "$program")" != "$2" ] || wheel_for "$platform" "$program"
        done
    done
}

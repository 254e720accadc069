# shellcheck shell=sh
# The C library for any Linux, as an archive and as a Debian package.

ARCHIVES=build/archives

# cxx_runtime PLATFORM: the archives of Zig's C++ runtime, as its linker is told them, between semicolons.
cxx_runtime() {
    echo 'int one() { throw 1; }' >"$WHEELS/$1/throw.cpp"
    "$WHEELS/$1/zig/c++" -O3 -fPIC -shared --verbose "$WHEELS/$1/throw.cpp" -o "$WHEELS/$1/throw.so" 2>&1 |
        tr ' ' '\n' | grep -E '/lib(c\+\+|c\+\+abi|unwind|compiler_rt)\.a$' | awk '!seen[$0]++' |
        sed "s,^[^/],$ROOT/&," | paste -sd ';'
}

# archive_for PLATFORM: compiled in the folder of the platform's wheels, so that hardly anything is compiled twice.
archive_for() {
    build=$WHEELS/$1/library
    say "the archive for $1"
    zig_toolchain "$1"
    library_options "$1" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_INCLUDEDIR=include -DUVSCHED_ONE_FILE=OFF \
        -DUVSCHED_BUILD_STATIC=ON "-DUVSCHED_CXX_RUNTIME=$(cxx_runtime "$1")"
    cmake --build "$build" --parallel "$JOBS"
    kinds=
    case $1 in musllinux_*) # Debian's programs are on glibc
        kinds="-G TGZ -D CPACK_PACKAGE_FILE_NAME=uvsched-$(release_version)-linux-musl-${1#*_}" ;;
    esac
    # shellcheck disable=SC2086
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(source_date)} \
        cpack --config "$build/CPackConfig.cmake" $kinds -B "$ROOT/$ARCHIVES" >"$WHEELS/$1/cpack.log" ||
        { cat "$WHEELS/$1/cpack.log" && return 1; }
    rm -rf "$ARCHIVES/_CPack_Packages"
}

# ./dev archive [--platform NAME]
#
# Makes the C library into an archive and a Debian package, in build/archives: shared and static library, headers,
# pkg-config file, CMake package and licences. They need nothing but glibc 2.17; libuv and SQLite are part of the
# library, and the C++ runtime too. For musl there is the archive alone.
#
#   --platform NAME   manylinux_x86_64, manylinux_aarch64, musllinux_x86_64 or musllinux_aarch64; without it, glibc on
#                     this machine's processor
task_archive() {
    platform=manylinux_$(uname -m)
    case ${1:-} in
    -h | --help) help_of archive archive && return ;;
    --platform) platform=${2:-} ;;
    ?*) fail "archive: unknown option '$1'" ;;
    esac
    case " $WHEEL_PLATFORMS " in
    *" $platform "*) ;;
    *) fail "archive: --platform takes one of: $WHEEL_PLATFORMS, not '$platform'" ;;
    esac
    take_turn
    wheel_tools
    bundled_sources
    other_binutils "$platform"
    archive_for "$platform"
    ls $ARCHIVES/*
}

# examples/minimal.c built with what pkg-config says, against the shared and the static library, and run.
set -eu
PKG_CONFIG_PATH=$LIBDIR/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion uvsched)" = "$VERSION" ]
run=$WORK_DIR/pkg_config
rm -rf "$run" && mkdir "$run" && cd "$run"

strict='-std=c99 -Wall -Wextra -Wpedantic -Werror'
"$CC" $strict "$SOURCE_DIR/examples/minimal.c" $(pkg-config --cflags --libs uvsched) -o shared
LD_LIBRARY_PATH=$LIBDIR ./shared

static=$(pkg-config --static --libs uvsched | sed 's/-luvsched/-l:libuvsched.a/')
"$CC" $strict -DUVSCHED_STATIC "$SOURCE_DIR/examples/minimal.c" $(pkg-config --cflags uvsched) $static -o static
if "$READELF" -d static | grep libuvsched; then
    echo "the static program needs the shared library" >&2
    exit 1
fi
./static

# A program that needs no library at all. The linker warns of what glibc's dlopen and getpwuid would load.
"$CC" $strict -DUVSCHED_STATIC -static "$SOURCE_DIR/examples/minimal.c" $(pkg-config --static --cflags --libs uvsched) \
    -o alone 2>warnings || { cat warnings >&2 && exit 1; }
if "$READELF" -d alone | grep NEEDED; then
    echo "the program linked with -static needs the libraries above" >&2
    exit 1
fi
./alone 1.2

# The other examples in C build against the installed tree too.
for example in cron job; do
    "$CC" $strict "$SOURCE_DIR/examples/$example.c" $(pkg-config --cflags --libs uvsched) -o "$example"
done
LD_LIBRARY_PATH=$LIBDIR ./cron '*/5 * * * *'

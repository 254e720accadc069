# A C program where the system has no zone files: the error names the package to install. UTC and offsets need none.
set -eu
run=$WORK_DIR/zone_data
rm -rf "$run" && mkdir "$run" && cd "$run"
PKG_CONFIG_PATH=$LIBDIR/pkgconfig
export PKG_CONFIG_PATH
"$CC" -std=c99 -Wall -Wextra -Wpedantic -Werror "$SOURCE_DIR/tests/install/zone_data.c" \
    $(pkg-config --cflags --libs uvsched) -o zone_data

unset TZDIR
bare() {
    LD_LIBRARY_PATH=$LIBDIR unshare --map-root-user --mount sh -c 'mount -t tmpfs none /usr/share && exec "$@"' sh "$@"
}
if ! bare test ! -e /usr/share/zoneinfo; then
    echo "no leave to hide /usr/share from a command"
    exit 77
fi
expect() {
    echo "$1 says: $said"
    case $said in *"$2"*) ;; *) exit 1 ;; esac
}
said=$(bare ./zone_data Europe/Madrid)
expect Europe/Madrid '"Europe/Madrid" is not a time zone: this machine has no zone data (looked in /usr/share/zoneinfo,'
expect Europe/Madrid 'install the package tzdata, or set TZDIR to a folder that has it'
said=$(bare ./zone_data UTC)
expect UTC '"timezone":"UTC"'
said=$(bare ./zone_data +05:30)
expect +05:30 '"timezone":"+05:30"'
said=$(LD_LIBRARY_PATH=$LIBDIR ./zone_data Europe/Madrid)
expect "Europe/Madrid with zone files" '"timezone":"Europe/Madrid"'

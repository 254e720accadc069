# A program finds the modules of the installed tree beside the library, without being told where they are, and is told
# what is missing where one is not there.
set -eu
PKG_CONFIG_PATH=$LIBDIR/pkgconfig
export PKG_CONFIG_PATH
unset UVSCHED_MODULE_PATH
run=$WORK_DIR/modules
rm -rf "$run" && mkdir "$run" && cd "$run"

"$CC" -std=c99 -Wall -Wextra -Wpedantic -Werror "$SOURCE_DIR/tests/install/modules.c" \
    $(pkg-config --cflags --libs uvsched) -o modules
for store in postgresql redis mongodb; do
    module=$LIBDIR/libuvsched-$store.so
    if [ -e "$module" ]; then
        LD_LIBRARY_PATH=$LIBDIR ./modules "$store://localhost"
        mv "$module" "$module.away"
        trap 'mv "$module.away" "$module"' EXIT
    fi
    said=$(LD_LIBRARY_PATH=$LIBDIR ./modules "$store://localhost" 2>&1) && {
        echo "a store on $store was added without its module" >&2
        exit 1
    }
    case $said in
    UVSCHED_EUNSUPPORTED*libuvsched-$store.so*) ;;
    *)
        echo "not what is missing: $said" >&2
        exit 1
        ;;
    esac
    [ ! -e "$module.away" ] || mv "$module.away" "$module"
    trap - EXIT
done

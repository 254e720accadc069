# A library that patchelf changed, as packagers do, works, and copies see one another: changed, stripped or linked in.
set -eu
if [ ! -x "$PATCHELF" ]; then
    echo "there is no patchelf"
    exit 77
fi
run=$WORK_DIR/patchelf
rm -rf "$run" && mkdir "$run" "$run/changed" "$run/stripped" && cd "$run"
soname=libuvsched.so.${VERSION%%.*}
cp "$LIBDIR/$soname" plain.so
cp plain.so "changed/$soname"
"$PATCHELF" --set-rpath "\$ORIGIN/$(printf 'a/longer/path/%.0s' 1 2 3 4 5 6 7 8)" "changed/$soname"
cp "changed/$soname" "stripped/$soname"
"$STRIP" "stripped/$soname"
if cmp -s plain.so "changed/$soname"; then
    echo "patchelf changed nothing" >&2
    exit 1
fi

PKG_CONFIG_PATH=$LIBDIR/pkgconfig
export PKG_CONFIG_PATH
strict='-std=c99 -Wall -Wextra -Wpedantic -Werror'
"$CC" $strict "$SOURCE_DIR/examples/minimal.c" $(pkg-config --cflags --libs uvsched) -o minimal
for folder in changed stripped; do
    LD_LIBRARY_PATH=$folder ./minimal 0.2
done

"$CC" $strict "$SOURCE_DIR/tests/install/two_copies.c" $(pkg-config --cflags uvsched) -ldl -o two_copies
for pair in "plain.so changed/$soname" "changed/$soname plain.so" "stripped/$soname changed/$soname"; do
    ./two_copies $(printf './%s ' $pair)
done
static=$(pkg-config --static --libs uvsched | sed 's/-luvsched/-l:libuvsched.a/')
for kind in pie no-pie; do
    "$CC" $strict -DUVSCHED_STATIC -$kind "$SOURCE_DIR/tests/install/two_copies.c" $(pkg-config --cflags uvsched) \
        $static -ldl -o "two_copies-$kind"
    "./two_copies-$kind" - "./changed/$soname"
    "./two_copies-$kind" "./changed/$soname" -
done
cp two_copies-pie changed-pie
"$PATCHELF" --set-rpath "\$ORIGIN/$(printf 'a/longer/path/%.0s' 1 2 3 4 5 6 7 8)" changed-pie
./changed-pie - ./plain.so

# The same program as a CMake project of its own.
set -eu
build=$WORK_DIR/find_package
rm -rf "$build"
"$CMAKE" -G "$GENERATOR" -S "$SOURCE_DIR/tests/install/consumer" -B "$build" -DCMAKE_PREFIX_PATH="$PREFIX" \
    -DCMAKE_C_COMPILER="$CC" -DEXAMPLE="$SOURCE_DIR/examples/minimal.c" -DVERSION="$VERSION"
"$CMAKE" --build "$build"
cd "$build"
./shared
./static

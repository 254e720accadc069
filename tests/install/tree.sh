# Installs into one prefix and moves it to another: whatever the other tests find there, they find in a moved tree.
set -eu
rm -rf "$PREFIX" "$WORK_DIR/first"
"$CMAKE" --install "$BUILD_DIR" --prefix "$WORK_DIR/first"
mv "$WORK_DIR/first" "$PREFIX"
if grep -rIl -e "$WORK_DIR/first" -e "$SOURCE_DIR/" "$PREFIX" | grep .; then
    echo "these installed files name the place where they were built or installed" >&2
    exit 1
fi

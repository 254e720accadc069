# The shared library has the right soname, and exports the functions sched_* that the header declares, each with a
# version, and nothing else.
set -eu
library=$LIBDIR/libuvsched.so
symbols=$("$NM" -D --defined-only "$library" | awk '$2 == "T" {print $3}' | sort)
if printf '%s\n' "$symbols" | grep -v '@@UVSCHED_'; then
    echo "the symbols above have no version" >&2
    exit 1
fi
exported=$(printf '%s\n' "$symbols" | sed 's/@@.*//')
if printf '%s\n' "$exported" | grep -v '^sched_'; then
    echo "the symbols above are exported and should not be" >&2
    exit 1
fi
declared=$(sed -n 's/.*UVSCHED_API .*[ *]\(sched_[a-z0-9_]*\)(.*/\1/p' "$PREFIX/include/uvsched.h" | sort)
if [ "$exported" != "$declared" ]; then
    printf '%s\n' "$exported" >"$WORK_DIR/exported"
    printf '%s\n' "$declared" >"$WORK_DIR/declared"
    diff -u "$WORK_DIR/declared" "$WORK_DIR/exported" >&2 || true
    exit 1
fi
"$READELF" -d "$library" | grep -q "SONAME.*\[libuvsched.so.${VERSION%%.*}\]"
"$READELF" -d "$library" | grep -q 'FLAGS_1.*NODELETE'

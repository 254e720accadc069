# shellcheck shell=sh

DIST=build/dist

# The version of the sources: it stands in the header, and all else takes it from there.
release_version() {
    awk '/^#define UVSCHED_VERSION_/ { version = version dot $3; dot = "." } END { print version }' \
        capi/include/uvsched.h
}

# ./dev sdist
#
# Makes the source distribution in build/dist. It carries the sources of libuv, SQLite and nlohmann_json, so that pip
# can build it where only a C++20 compiler is installed; it takes CMake and ninja from PyPI if they are missing.
task_sdist() {
    case ${1:-} in
    -h | --help) help_of sdist release && return ;;
    ?*) fail "sdist: unknown option '$1'" ;;
    esac
    take_turn
    source_distribution
    ls $DIST/*.tar.gz
}

source_distribution() {
    build_tools
    bundled_sources
    rm -rf $DIST
    $BUILD_PYTHON - "$DIST" "$DEPENDENCIES" <<'TEXT'
import sys
from scikit_build_core.build import build_sdist
build_sdist(sys.argv[1], {f"sdist.force-include.{sys.argv[2]}": "dependencies"})
TEXT
}

# missing TEXT: one more thing without which a release is not complete.
missing() {
    echo "missing: $1"
    MISSING=$((MISSING + 1))
}

# ./dev release --check
#
# Says what is missing for a release of the version in uvsched.h: the section in CHANGELOG.md, a clean checkout, the
# tag, wheels and C archive of each platform, and the source distribution. Changes nothing.
task_release() {
    case ${1:-} in
    -h | --help) help_of release release && return ;;
    --check) ;;
    *) fail "release: there is only --check; publishing is a step of its own" ;;
    esac
    MISSING=0 version=$(release_version)
    say "uvsched $version"
    grep -q "^## \[$version\]" CHANGELOG.md || missing "CHANGELOG.md has no section [$version]"
    [ -z "$(git status --porcelain)" ] || missing "the checkout has changes that are not committed"
    [ "$(git rev-parse -q --verify "v$version^{commit}")" = "$(git rev-parse HEAD)" ] ||
        missing "the tag v$version does not stand at this commit"
    for platform in $WHEEL_PLATFORMS; do
        for python in $WHEEL_PYTHONS; do
            name="uvsched-$version-cp$(echo "$python" | tr -d .)-*$(wheel_tag "$platform")*.whl"
            find $WHEELS -maxdepth 1 -name "$name" 2>/dev/null | grep -q . ||
                missing "no wheel for $platform and Python $python in $WHEELS (./dev wheels)"
        done
        libc=linux-
        case $platform in musllinux_*) libc=linux-musl- ;; esac
        [ -f "$ARCHIVES/uvsched-$version-$libc${platform#*_}.tar.gz" ] ||
            missing "no C archive for $platform in $ARCHIVES (./dev archive --platform $platform)"
    done
    [ -f "$DIST/uvsched-$version.tar.gz" ] || missing "no source distribution in $DIST (./dev sdist)"
    [ "$MISSING" -eq 0 ] || fail "$MISSING things are missing; and ./dev test tells whether the rest is in order"
    echo "nothing is missing"
}

# shellcheck shell=sh
# What every task stands on: messages, Debian packages, one task at a time.

BUILD_PACKAGES="g++ cmake ninja-build pkg-config ccache libuv1-dev libsqlite3-dev libpq-dev nlohmann-json3-dev"
BUILD_PACKAGES="$BUILD_PACKAGES libhiredis-dev libmongoc-dev"
TEST_PACKAGES="doctest-dev libcctz-dev libglib2.0-dev patchelf zlib1g-dev postgresql pgbouncer redis-server"
TEST_PACKAGES="$TEST_PACKAGES maven default-jdk-headless git"
PYTHON_PACKAGES="python3-dev python3-venv"
LINT_PACKAGES="clang-14 clang-format-14 clang-tidy-14 shellcheck"
ABI_PACKAGES="abigail-tools"
BROWSER_PACKAGES="chromium chromium-driver"

JOBS=$(nproc 2>/dev/null || echo 2)
export CCACHE_DIR="${CCACHE_DIR:-$ROOT/.cache/ccache}" CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros # or it keeps nothing that was compiled with precompiled headers

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

# What stands in for MongoDB. Its tests are skipped, and say so, if it cannot be had.
fetch_mongodb_server() {
    timeout 300 "$ROOT/tests/servers/mongodb/fetch.sh" "$ROOT/.cache/mongodb-server" ||
        say "the server for tests of the MongoDB store cannot be fetched: they are skipped"
}

# Shows the help that stands in a task's file, below its line "# ./dev TASK".
help_of() { sed -n "/^# \.\/dev $1/,/^[^#]/s/^# \{0,1\}//p" "$ROOT/tools/$2.sh"; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "run this as root, or install sudo: '$*' needs it"
    fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >>"$ROOT/.cache/apt.log" 2>&1; }

# need PACKAGE…: installs those which the system lacks.
need() {
    [ -z "${UVSCHED_NO_APT:-}" ] || return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "this system has no apt-get. Install what Debian calls: $* - then run again with UVSCHED_NO_APT=1"
    fi
    missing=
    for package; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=unknown
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing Debian packages:$missing"
    : >"$ROOT/.cache/apt.log"
    # shellcheck disable=SC2086
    if ! { apt update && apt install -y --no-install-recommends $missing; }; then
        tail -n 20 "$ROOT/.cache/apt.log" >&2
        fail "apt-get failed, see .cache/apt.log"
    fi
}

# One task at a time in a checkout: two would build into the same folders.
take_turn() {
    mkdir -p "$ROOT/.cache" "$ROOT/build"
    exec 9>"$ROOT/.cache/lock"
    flock -n 9 || {
        say "another ./dev works in this checkout: waiting for it"
        flock 9
    }
}

# shellcheck shell=sh

# build_ahead PRESET…: builds them on whatever processor time the steps of this task leave, since most tests wait for
# something. A fault is told by the step that builds the preset next.
build_ahead() {
    (
        PRIORITY='nice -n 19'
        # shellcheck disable=SC2086
        for ahead; do configure_and_build "$ahead" $SERVER_STORES; done
    ) >build/ahead.log 2>&1 &
}

# Many of these tests wait for something, too: one more runs at once than there are processors.
build_and_ctest() {
    preset=$1 junit=$2
    # shellcheck disable=SC2086
    configure_and_build "$preset" $SERVER_STORES
    ctest --preset "$preset" -j $((JOBS + 1)) --output-junit "$junit"
}

# Most of these tests wait for something: twice as many run at once as there are processors.
run_pytest() {
    venv=$1 junit=$2
    shift 2
    "$venv/bin/python" -m pytest -q -n "$((JOBS * 2))" --dist worksteal "$@" -o junit_family=xunit2 --junitxml "$junit"
}

test_cpp() { suite "C and C++, $1" build_and_ctest "$1" "$RESULTS/ctest-$1.xml"; }

# The suites take the JUnit file last.
pytest_main() { run_pytest .venv "$1"; }
pytest_asan() { asan_python -m pytest -q tests/python_asan -o junit_family=xunit2 --junitxml "$1"; }
pytest_frameworks() { run_pytest .venv-esmerald "$1" tests/frameworks; }
pytest_web() { run_pytest .venv-web "$1" tests/web; }

test_python_asan() {
    check "Python package with the sanitizers" asan_package
    suite "Python, asan-ubsan" pytest_asan "$RESULTS/pytest-asan.xml"
}

pytest_bare() { run_pytest "$BARE_VENV" "$1" -n 0 tests/bare; }
pytest_bundled() { run_pytest .venv-bundled "$1" tests/python; }

# Of those tests, the ones that lean on SQLite and libuv most: some two minutes.
pytest_bundled_part() {
    files=
    for name in recovery durable file_lost private_files loops exit fork cli_operators; do
        files="$files tests/python/test_$name.py"
    done
    # shellcheck disable=SC2086
    run_pytest .venv-bundled "$1" $files
}

bundled_packages() {
    need debootstrap
    check "wheel with everything bundled" wheels_for "manylinux_$(uname -m)" "$(python_version "$PYTHON")"
    check "C archive and Debian package" archive_for "manylinux_$(uname -m)"
}

# test_bare VENV: the wheel and the archive that need nothing, in a root that has nothing.
test_bare() {
    BARE_VENV=$1
    suite "The wheel and the archive in a bare root" pytest_bare "$RESULTS/pytest-bare.xml"
}

# The packages that need nothing, and a part of the tests of ./dev test --bundled. Where the sources in them cannot be
# had, that counts as skipped.
test_packages() {
    if ! bundled_sources; then
        SKIPPED=$((SKIPPED + 1))
        say "skipped: the wheel and the archive in a bare root: their sources cannot be had here"
        return
    fi
    bundled_packages
    test_bare .venv
    check "environment with the bundled wheel" bundled_environment
    suite "Python, bundled, in part" pytest_bundled_part "$RESULTS/pytest-bundled.xml"
}

# What is linked into the library instead of what the system has.
test_bundled() {
    check "sources of the bundled libraries" bundled_sources
    test_cpp bundled
    bundled_packages
    check "environment with the bundled wheel" bundled_environment
    suite "Python, bundled" pytest_bundled "$RESULTS/pytest-bundled.xml"
    test_bare .venv-bundled
}

# Tests the sources as they are now: what changed since the last time is compiled and installed first. With a version
# as the first argument on that Python.
test_python() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES
    case ${1:-} in
    3.[0-9] | 3.[0-9][0-9])
        program=$(python_of "$1")
        [ -n "$program" ] || fail "test: neither the system nor pyenv has a Python $1 with its headers"
        built_wheel
        packages_for "$program"
        other_environment "$program"
        version=$1
        shift
        [ $# -gt 0 ] || set -- tests/python tests/migration tests/tools
        exec 9>&-
        PYTHONPATH=$ROOT/build/python$version/site exec ".venv-$version/bin/python" -m pytest "$@"
        ;;
    esac
    environment .venv dev
    exec 9>&-
    exec .venv/bin/python -m pytest "$@"
}

# ./dev test [--quick] [--long] [--platform NAME] [--bundled]
# ./dev test --python [VERSION] [PYTEST ARGUMENT…]
#
# Runs the C, C++ and installed-tree tests, on Linux's system calls and on those of POSIX, and compares the exported C
# ABI with its snapshot; the Python tests (those of the interpreter's exit on other Pythons too) and the examples of the
# documentation; the framework tests in an environment of their own; the C and C++ tests and a smoke test of the Python
# package under AddressSanitizer with UndefinedBehaviorSanitizer, and the C and C++ tests under ThreadSanitizer; the
# wheel and the archive that need nothing in a root of Debian that has nothing; the checks of ./dev lint but
# clang-tidy. The last line is 'N passed, N failed, N skipped'.
#
#   --quick      only preset dev and the Python tests
#   --long       a million random triggers against the oracle, and two years of DST minute by minute: hours
#   --servers    the stores on servers under AddressSanitizer and on POSIX calls, too
#   --platform   everything on the system calls of another platform: posix
#   --bundled    only the C and C++ tests, the Python tests and the wheel of a bundled build (./dev dependencies)
#   --python     only Python tests, and of them what pytest is told: ./dev test --python -k listener; on another Python
#                with its version: ./dev test --python 3.12
task_test() {
    if [ "${1:-}" = --python ]; then
        shift
        take_turn
        test_python "$@"
    fi
    quick='' bundled='' SERVER_STORES=''
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) help_of test test && return ;;
        --quick) quick=yes ;;
        --bundled) bundled=yes ;;
        --servers) SERVER_STORES='-DUVSCHED_POSTGRESQL=ON -DUVSCHED_REDIS=ON -DUVSCHED_MONGODB=ON' ;;
        --long) export UVSCHED_TEST_LONG=1 ;;
        --platform)
            case ${2:-} in
            linux | posix) PLATFORM=$2 ;;
            *) fail "test: --platform takes linux or posix, not '${2:-}'" ;;
            esac
            shift
            ;;
        *) fail "test: unknown option '$1'" ;;
        esac
        shift
    done
    take_turn
    mkdir -p "$RESULTS"
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES $PYTHON_PACKAGES $BROWSER_PACKAGES
    # shellcheck disable=SC2086
    [ -n "$quick" ] || need $LINT_PACKAGES $ABI_PACKAGES
    fetch_mongodb_server
    if [ -n "$bundled" ]; then
        test_bundled
        summary
        return
    fi
    if [ -z "$quick" ]; then
        [ "$PLATFORM" = linux ] && build_ahead asan-ubsan tsan posix || build_ahead asan-ubsan tsan
    fi
    test_cpp dev
    [ -n "$quick" ] || check "exported C ABI" abi_compare
    check "Python package" environment .venv dev
    # shellcheck disable=SC2046
    [ -n "$quick" ] || check "Python package for other interpreters" packages_for $(other_pythons)
    suite "Python" pytest_main "$RESULTS/pytest.xml"
    if [ -z "$quick" ]; then
        check "Python wheel, built twice" same_wheel
        check "Python package beside Esmerald" environment .venv-esmerald esmerald
        check "Python package beside web frameworks" environment .venv-web web
        suite "Python frameworks" pytest_frameworks "$RESULTS/pytest-frameworks.xml"
        suite "Python frameworks, web" pytest_web "$RESULTS/pytest-web.xml"
        test_cpp asan-ubsan
        test_python_asan
        test_cpp tsan
        [ "$PLATFORM" != linux ] || test_cpp posix
        [ "$PLATFORM" != linux ] || test_packages
        lint_quick
        check "stubs of uvsched._core" lint_stubs
    fi
    summary
}

# shellcheck shell=sh

build_and_ctest() {
    preset=$1 junit=$2
    configure_and_build "$preset"
    ctest --preset "$preset" -j "$JOBS" --output-junit "$junit"
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

test_python_asan() {
    check "Python package with the sanitizers" asan_package
    suite "Python, asan-ubsan" pytest_asan "$RESULTS/pytest-asan.xml"
}

# ./dev test [--quick | --long]
#
# Runs the C, C++ and installed-tree tests, and compares the exported C ABI with its snapshot; the Python tests (those of
# the interpreter's exit on other Pythons too) and the examples of the documentation; the framework tests in an environment
# of their own; the C and C++ tests and a smoke test of the Python package under AddressSanitizer with
# UndefinedBehaviorSanitizer, and the C and C++ tests under ThreadSanitizer; the checks of ./dev lint but clang-tidy. The
# last line is 'N passed, N failed, N skipped'.
#
#   --quick   only preset dev and the Python tests
#   --long    a million random triggers against the oracle, and two years of DST minute by minute: hours
task_test() {
    quick=
    for option; do
        case $option in
        -h | --help) help_of test test && return ;;
        --quick) quick=yes ;;
        --long) export UVSCHED_TEST_LONG=1 ;;
        *) fail "test: unknown option '$option'" ;;
        esac
    done
    take_turn
    mkdir -p "$RESULTS"
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES $BROWSER_PACKAGES
    # shellcheck disable=SC2086
    [ -n "$quick" ] || need $LINT_PACKAGES $ABI_PACKAGES
    test_cpp dev
    [ -n "$quick" ] || check "exported C ABI" abi_compare
    check "Python package" environment .venv dev
    # shellcheck disable=SC2046
    [ -n "$quick" ] || check "Python package for other interpreters" packages_for $(other_pythons)
    suite "Python" pytest_main "$RESULTS/pytest.xml"
    if [ -z "$quick" ]; then
        check "Python package beside Esmerald" environment .venv-esmerald test,esmerald
        suite "Python frameworks" pytest_frameworks "$RESULTS/pytest-frameworks.xml"
        test_cpp asan-ubsan
        test_python_asan
        test_cpp tsan
        lint_quick
        check "stubs of uvsched._core" lint_stubs
    fi
    summary
}

# shellcheck shell=sh

build_and_ctest() {
    preset=$1 junit=$2
    configure_and_build "$preset"
    ctest --preset "$preset" -j "$JOBS" --output-junit "$junit"
}

run_pytest() {
    venv=$1 junit=$2
    shift 2
    "$venv/bin/python" -m pytest -q "$@" -o junit_family=xunit2 --junitxml "$junit"
}

test_cpp() { suite "C and C++, $1" build_and_ctest "$1" "$RESULTS/ctest-$1.xml"; }

# The suites take the JUnit file last.
pytest_main() { run_pytest .venv "$1"; }
pytest_frameworks() { run_pytest .venv-esmerald "$1" tests/frameworks; }

test_python_asan() {
    asan_package
    asan_python tests/python_asan/smoke.py
}

# ./dev test [--quick]
#
# Runs everything: C, C++ and installed-tree tests in the presets dev, asan-ubsan and tsan; the Python tests; the
# framework tests in an environment of their own; a Python smoke test under AddressSanitizer; the examples of the
# documentation; every check of ./dev lint; the ABI snapshot. The last line is 'N passed, N failed, N skipped'.
#
#   --quick   only preset dev and the Python tests
task_test() {
    quick=
    for option; do
        case $option in
        -h | --help) help_of test test && return ;;
        --quick) quick=yes ;;
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
    check "Python package" environment .venv dev
    suite "Python" pytest_main "$RESULTS/pytest.xml"
    if [ -z "$quick" ]; then
        check "Python package beside Esmerald" environment .venv-esmerald test,esmerald
        suite "Python frameworks" pytest_frameworks "$RESULTS/pytest-frameworks.xml"
        test_cpp asan-ubsan
        test_cpp tsan
        check "Python under AddressSanitizer" test_python_asan
        check "ABI snapshot" abi_compare
        lint_all
    fi
    summary
}

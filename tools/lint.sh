# shellcheck shell=sh

c_sources() {
    find core capi bindings tests benchmarks examples -type f \
        \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print0
}

# No source has a line of more than 120 columns. clang-format does not break comments, and ruff looks at Python.
lint_lines() {
    long=$({
        c_sources
        find . -path ./build -prune -o -path './.*' -prune -o -type f \
            \( -name CMakeLists.txt -o -name '*.cmake' -o -name '*.sh' -o -name dev \) -print0
    } | LC_ALL=C.UTF-8 xargs -0 grep -nHE '^.{121}') || :
    [ -z "$long" ] || { echo "more than 120 columns:" && echo "$long" && return 1; }
}

lint_format() { c_sources | xargs -0 clang-format-14 --dry-run -Werror; }

lint_shell() { shellcheck -x dev .ci/run && shellcheck -s sh -e SC2046,SC2086 tests/install/*.sh; }

# clang-tidy runs beside the compiler, so ninja knows what has to be looked at again.
lint_tidy() {
    if [ -e build/tidy/.config ] && ! cmp -s .clang-tidy build/tidy/.config; then
        cmake --build --preset tidy --target clean
    fi
    configure_and_build tidy -DUVSCHED_BUILD_PYTHON=ON -DPython_EXECUTABLE="$ROOT/$BUILD_PYTHON" \
        -Dpybind11_DIR="$($BUILD_PYTHON -m pybind11 --cmakedir)"
    cp .clang-tidy build/tidy/.config
}

lint_ruff() { .venv/bin/ruff check . && .venv/bin/ruff format --check .; }
lint_mypy() { .venv/bin/mypy python/uvsched examples/load_monitor; }
lint_stubs() { .venv/bin/python -m mypy.stubtest uvsched._core; }

lint_quick() {
    check "format of C and C++" lint_format
    check "length of lines" lint_lines
    check "shell scripts" lint_shell
    check "ruff" lint_ruff
    check "mypy --strict" lint_mypy
}

lint_all() {
    lint_quick
    check "stubs of uvsched._core" lint_stubs
    check "clang and clang-tidy" lint_tidy
}

lint_setup() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES $LINT_PACKAGES
    environment .venv dev
}

# ./dev lint
#
# Checks format (clang-format, ruff, the length of lines), C++ (clang-tidy, static objects that would need a
# destructor), Python (ruff, mypy --strict), the extension's stubs against the extension, and the shell scripts.
task_lint() {
    case ${1:-} in
    -h | --help) help_of lint lint && return ;;
    ?*) fail "lint: unknown option '$1'" ;;
    esac
    take_turn
    lint_setup
    lint_all
    summary
}

# ./dev fmt
#
# Formats all sources, and mends what ruff can mend.
task_fmt() {
    case ${1:-} in
    -h | --help) help_of fmt lint && return ;;
    ?*) fail "fmt: unknown option '$1'" ;;
    esac
    take_turn
    lint_setup
    c_sources | xargs -0 clang-format-14 -i
    .venv/bin/ruff check -q --fix-only .
    .venv/bin/ruff format -q .
}

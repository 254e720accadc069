# shellcheck shell=sh
# The package is built once, as a wheel, and installed into one environment for each use.

PYTHON=${PYTHON:-/usr/bin/python3}
BUILD_PYTHON=.venv-build/bin/python

digest() { sha256sum | cut -d ' ' -f 1; }

# noted FILE TEXT: whether the file holds the text.
noted() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

sources_digest() {
    { echo $PLATFORM && sources_digests; } | digest
}

sources_digests() {
    find pyproject.toml README.md LICENSE CMakeLists.txt cmake core capi modules bindings python \
        -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum
}

# virtual_environment FOLDER
virtual_environment() {
    "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
    say "making the Python environment $1"
    rm -rf "$1"
    "$PYTHON" -m venv "$1"
}

# wheel_environment FOLDER: what builds a wheel of this checkout, apart from the compiler.
wheel_environment() {
    virtual_environment "$1"
    noted "$1/.tools" "$(digest <pyproject.toml)" && return
    "$1/bin/python" -m pip install -q dependency-groups 'scikit-build-core>=0.11' 'pybind11>=3' \
        'hatch-fancy-pypi-readme>=23.2'
    digest <pyproject.toml >"$1/.tools"
}

# group_environment GROUP TEXT: the environment .venv-GROUP with that group of pyproject.toml; the text says what that
# is. After build_tools.
group_environment() {
    virtual_environment ".venv-$1"
    noted ".venv-$1/.tools" "$(digest <pyproject.toml)" && return
    say "installing $2 from PyPI into .venv-$1"
    $BUILD_PYTHON -m dependency_groups -o ".venv-$1/requirements.txt" "$1"
    ".venv-$1/bin/python" -m pip install -q -r ".venv-$1/requirements.txt"
    digest <pyproject.toml >".venv-$1/.tools"
}

build_tools() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES
    wheel_environment .venv-build
}

# When the sources were last changed, as far as it is known: the same for whoever builds them.
source_date() { git log -1 --format=%ct 2>/dev/null || echo 1577836800; }

# pip_wheel FOLDER BUILD_FOLDER OPTION…: a wheel of this checkout, compiled in a folder that is kept.
pip_wheel() {
    folder=$1 build=$2
    shift 2
    rm -f "$folder"/*.whl
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(source_date)} \
    $BUILD_PYTHON -m pip wheel -q --no-build-isolation --no-deps --wheel-dir "$folder" \
        --config-settings=build-dir="$build" --config-settings=cmake.define.UVSCHED_WERROR=ON \
        --config-settings=cmake.define.UVSCHED_PLATFORM=$PLATFORM "$@" .
}

# built_wheel: makes build/wheel/*.whl, when the sources have changed.
built_wheel() {
    build_tools
    sources=$(sources_digest)
    noted build/wheel/.sources "$sources" && return
    say "building the wheel"
    pip_wheel build/wheel build/wheel/build
    echo "$sources" >build/wheel/.sources
}

# environment FOLDER GROUP: the wheel, and a dependency group of pyproject.toml.
environment() {
    built_wheel
    virtual_environment "$1"
    requirements=$(digest <pyproject.toml) sources=$(sources_digest)
    wheel=$(echo build/wheel/*.whl)
    if ! noted "$1/.group-$2" "$requirements"; then
        say "installing uvsched and what '$2' needs into $1"
        $BUILD_PYTHON -m dependency_groups -o "$1/requirements-$2.txt" "$2"
        "$1/bin/python" -m pip install -q --force-reinstall --no-deps "$wheel"
        "$1/bin/python" -m pip install -q "$wheel" -r "$1/requirements-$2.txt"
        echo "$requirements" >"$1/.group-$2"
    elif ! noted "$1/.sources" "$sources"; then
        "$1/bin/python" -m pip install -q --force-reinstall --no-deps "$wheel"
    fi
    echo "$sources" >"$1/.sources"
}

# same_wheel: builds the wheel once more, somewhere else, and compares every byte. As deep in build/, so that ccache has
# it.
same_wheel() {
    pip_wheel build/again build/again/build
    cmp build/wheel/*.whl build/again/*.whl
}

# other_pythons: the oldest and the newest supported interpreter beside $PYTHON, as far as the system or pyenv has them
# with their headers; or those that $UVSCHED_PYTHONS names.
other_pythons() {
    [ -z "${UVSCHED_PYTHONS+given}" ] || { echo "$UVSCHED_PYTHONS" && return; }
    for version in 3.10 3.13; do
        [ $version = "$(python_version "$PYTHON")" ] || python_of $version
    done
}

# python_of VERSION: an interpreter of that version with its headers, of the system or of pyenv; nothing if there is
# none.
python_of() {
    for program in "/usr/bin/python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/"python$1"; do
        [ -x "$program" ] || continue
        include=$("$program" -c 'import sysconfig; print(sysconfig.get_path("include"))')
        if [ -f "$include/Python.h" ]; then echo "$program" && break; fi
    done
}

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# python_headers PROGRAM FOLDER: the headers of an interpreter, apart from the system's own, which lie beside them.
python_headers() {
    include=$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    mkdir -p "$2"
    cp -R "$include/." "$2/"
    # Debian's pyconfig.h includes another one, by the processor.
    pyconfig=$(echo '#include <pyconfig.h>' | cc -I"$include" -M -x c - | tr -s ' \\' '\n' | grep '/pyconfig\.h$')
    cp "$(echo "$pyconfig" | tail -n 1)" "$2/pyconfig.h"
}

# packages_for PROGRAM…: the package for other interpreters, in build/pythonVERSION/site. The library is compiled as for
# the wheel, and as deep in build/, so that ccache has it.
packages_for() {
    compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' build/wheel/build/CMakeCache.txt)
    for program; do
        folder=build/python$(python_version "$program") sources="$(sources_digest) $program"
        noted "$folder/.sources" "$sources" && continue
        say "building the package for $program"
        rm -rf "$folder/site"
        cmake -S . -B "$folder/build" -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Release \
            -DCMAKE_CXX_COMPILER="$compiler" -DUVSCHED_PLATFORM=$PLATFORM \
            -DCMAKE_INSTALL_LIBDIR=uvsched/lib -DCMAKE_INSTALL_INCLUDEDIR=uvsched/include \
            -DUVSCHED_BUILD_PYTHON=ON -DUVSCHED_BUILD_EXAMPLES=OFF -DUVSCHED_BUILD_STATIC=OFF \
            -DUVSCHED_BUILD_TESTS=OFF \
            -DPython_EXECUTABLE="$program" -Dpybind11_DIR="$($BUILD_PYTHON -m pybind11 --cmakedir)"
        cmake --build "$folder/build" --parallel "$JOBS"
        cmake --install "$folder/build" --prefix "$folder/site" >/dev/null
        cp -r python/uvsched "$folder/site/"
        echo "$program" >"$folder/interpreter"
        echo "$sources" >"$folder/.sources"
    done
}

# other_environment PROGRAM: the environment .venv-VERSION of another interpreter with what the tests need. The package
# itself is where packages_for() puts it.
other_environment() {
    folder=.venv-$(python_version "$1")
    (PYTHON=$1 && virtual_environment "$folder")
    noted "$folder/.tools" "$(digest <pyproject.toml)" && return
    say "installing what the tests need from PyPI into $folder"
    $BUILD_PYTHON -m dependency_groups -o "$folder/requirements.txt" dev
    "$folder/bin/python" -m pip install -q -r "$folder/requirements.txt"
    digest <pyproject.toml >"$folder/.tools"
}

# asan_package: the package with AddressSanitizer and UndefinedBehaviorSanitizer in build/python-asan/site, compiled as
# the preset asan-ubsan does, and as deep in build/, so that ccache has most of it.
asan_package() {
    sources=$(sources_digest)
    noted build/python-asan/.sources "$sources" && return
    pip_wheel build/python-asan build/python-asan --config-settings=cmake.build-type=Debug \
        --config-settings=cmake.define.CMAKE_C_COMPILER=cc --config-settings=cmake.define.CMAKE_CXX_COMPILER=c++ \
        --config-settings=cmake.define.CMAKE_CXX_FLAGS_DEBUG='-g1 -O1' \
        --config-settings=cmake.define.UVSCHED_SANITIZE=address,undefined
    rm -rf build/python-asan/site
    .venv/bin/python -m pip install -q --no-deps --target build/python-asan/site build/python-asan/*.whl
    echo "$sources" >build/python-asan/.sources
}

# The interpreter is not instrumented, so the runtime must be loaded before it; and memory that Python never frees is
# not a leak of ours.
asan_python() {
    runtime=
    for library in libasan libubsan libstdc++; do runtime="$runtime $(g++ -print-file-name=$library.so)"; done
    LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc PYTHONPATH=build/python-asan/site \
        .venv/bin/python "$@"
}

# ./dev wheel
#
# Builds the Python wheel into build/wheel.
task_wheel() {
    case ${1:-} in
    -h | --help) help_of wheel python && return ;;
    ?*) fail "wheel: unknown option '$1'" ;;
    esac
    take_turn
    built_wheel
    ls build/wheel/*.whl
}

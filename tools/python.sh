# shellcheck shell=sh
# Virtual environments that hold the package, built again only when its sources have changed.

PYTHON=${PYTHON:-/usr/bin/python3}

digest() { sha256sum | cut -d ' ' -f 1; }

sources_digest() {
    find pyproject.toml CMakeLists.txt cmake core capi bindings python -type f ! -name '*.pyc' -print0 | sort -z |
        xargs -0 sha256sum | digest
}

# pip_install FOLDER BUILD_FOLDER ARGUMENT…: from this checkout, compiled in a folder that is kept.
pip_install() {
    folder=$1 build=$2
    shift 2
    "$folder/bin/python" -m pip install -q --no-build-isolation --config-settings=build-dir="$build" \
        --config-settings=cmake.define.UVSCHED_WERROR=ON "$@"
}

# environment FOLDER EXTRAS: the package with its extras.
environment() {
    folder=$1 extras=$2
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $PYTHON_PACKAGES
    if ! "$folder/bin/python" -c '' 2>/dev/null; then
        say "making the Python environment $folder"
        rm -rf "$folder"
        "$PYTHON" -m venv "$folder"
    fi
    requirements=$(digest <pyproject.toml) sources=$(sources_digest)
    if [ "$(cat "$folder/.extras-$extras" 2>/dev/null)" != "$requirements" ]; then
        say "installing uvsched[$extras] into $folder"
        "$folder/bin/python" -m pip install -q 'scikit-build-core>=0.11' 'pybind11>=3'
        pip_install "$folder" "build/python$folder" ".[$extras]"
        echo "$requirements" >"$folder/.extras-$extras"
    elif [ "$(cat "$folder/.sources" 2>/dev/null)" != "$sources" ]; then
        say "installing this checkout's uvsched into $folder"
        pip_install "$folder" "build/python$folder" --force-reinstall --no-deps .
    fi
    echo "$sources" >"$folder/.sources"
}

# asan_package: the package with AddressSanitizer, in build/python-asan/site.
asan_package() {
    pip_install .venv build/python-asan/build --config-settings=cmake.build-type=Debug \
        --config-settings=cmake.define.UVSCHED_SANITIZE=address,undefined \
        --upgrade --no-deps --target build/python-asan/site .
}

# The interpreter is not instrumented, so the runtime must be there before it; and what Python never frees is no leak of ours.
asan_python() {
    runtime="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so) $(g++ -print-file-name=libstdc++.so)"
    LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc PYTHONPATH=build/python-asan/site .venv/bin/python "$@"
}

# ./dev wheel
#
# Builds the Python wheel into dist/.
task_wheel() {
    case ${1:-} in
    -h | --help) help_of wheel python && return ;;
    ?*) fail "wheel: unknown option '$1'" ;;
    esac
    take_turn
    environment .venv dev
    .venv/bin/python -m pip wheel -q --no-build-isolation --config-settings=build-dir=build/python.venv --no-deps -w dist .
    ls dist
}

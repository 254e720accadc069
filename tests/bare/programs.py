"""C programs for the roots: compiled out here, with what pkg-config says, and run in there."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from bare.root import Place

TOP = Path(__file__).resolve().parents[2]
EXAMPLE = TOP / "examples/minimal.c"
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


def zig(platform_name: str) -> str:
    """The compiler that ./dev wheels uses for a platform."""
    return str(TOP / "build/wheels" / platform_name / "zig/cc")


def compiler(place: Place) -> str:
    """The usual one for the machine; where the C library is older than that of this system, Zig's."""
    if place.suite == "bullseye":
        return zig(f"manylinux_{place.machine}")
    return "cc" if place.machine == platform.machine() else f"{place.machine}-linux-gnu-gcc"


def compiled(cc: str, library_folder: Path, program: Path, *options: str) -> Path:
    """examples/minimal.c; with the option -static it links the static library."""
    environment = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig"), "PATH": "/usr/bin:/bin"}
    static = ["--static"] if "-static" in options else []
    command = ["pkg-config", *static, "--cflags", "--libs", "uvsched"]
    flags = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    if static:
        flags.append("-DUVSCHED_STATIC")
    command = [cc, *STRICT, *options, str(EXAMPLE), "-o", str(program), *flags]
    # Zig compiles parts of the C library for each target, and keeps them where ./dev wheels does.
    cache = str(TOP / ".cache/zig")
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    return program

"""How pip builds the package: as scikit-build-core does, from a source distribution with Zig's compiler if need be.

A source distribution carries the libraries that the engine stands on. With a C++20 compiler it asks for no more; where
there is none, `ziglang` of the package index becomes a requirement of the build.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scikit_build_core import build as usual
from scikit_build_core.build import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = dict[str, Any] | None
TOP = Path(__file__).resolve().parents[2]
ZIG = "ziglang==0.17.*"
PROBE = "#include <version>\nstatic_assert(__cplusplus >= 202002L);\n"


def compiles(command: str) -> bool:
    """Whether this is a compiler for C++20."""
    probe = [*shlex.split(command), "-std=c++20", "-fsyntax-only", "-x", "c++", "-"]
    try:
        return subprocess.run(probe, input=PROBE, text=True, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def needs_zig() -> bool:
    """Whether these are the sources of a distribution, on a system whose compilers do not suffice."""
    tried = [os.environ["CXX"]] if "CXX" in os.environ else ["c++", "g++", "clang++"]
    if not (TOP / "dependencies").is_dir() or any(compiles(command) for command in tried):
        return False
    print(f"uvsched: none of {', '.join(tried)} compiles C++20; the compiler of {ZIG} is taken", flush=True)
    return True


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return usual.get_requires_for_build_wheel(config_settings) + ([ZIG] if needs_zig() else [])


def use_zig(folder: Path) -> None:
    """Gives CMake a program for each of Zig's tools. What is built runs on all processors of this kind."""
    for tool, options in (("cc", " -mcpu=baseline"), ("c++", " -mcpu=baseline"), ("ar", ""), ("ranlib", "")):
        program = folder / tool
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ziglang {tool}{options} "$@"\n')
        program.chmod(0o755)
    tools = f"-DCMAKE_AR={folder}/ar -DCMAKE_RANLIB={folder}/ranlib"
    os.environ |= {
        "CC": f"{folder}/cc",
        "CXX": f"{folder}/c++",
        "LDFLAGS": f"{os.environ.get('LDFLAGS', '')} -s",
        "CMAKE_ARGS": f"{os.environ.get('CMAKE_ARGS', '')} {tools}",
    }


def build_wheel(directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        if needs_zig():
            use_zig(Path(folder))
        return usual.build_wheel(directory, config_settings, metadata_directory)

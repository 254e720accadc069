"""Whether a compiler for C++20 is there; and Zig's, as CMake takes it, where there is none."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ZIG = "ziglang==0.17.*"
PROBE = "#include <version>\nstatic_assert(__cplusplus >= 202002L);\n"
TOOLS = {"cc": " -mcpu=baseline", "c++": " -mcpu=baseline", "ar": "", "ranlib": ""}


def compiles(command: str) -> bool:
    """Whether this is a compiler for C++20."""
    probe = [*shlex.split(command), "-std=c++20", "-fsyntax-only", "-x", "c++", "-"]
    try:
        return subprocess.run(probe, input=PROBE, text=True, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def needs_zig() -> bool:
    """Whether these are sources that carry their libraries, on a system whose compilers do not suffice."""
    tried = [os.environ["CXX"]] if "CXX" in os.environ else ["c++", "g++", "clang++"]
    if not (TOP / "dependencies").is_dir() or any(compiles(command) for command in tried):
        return False
    print(f"uvsched: none of {', '.join(tried)} compiles C++20; the compiler of {ZIG} is taken", flush=True)
    return True


def use_zig(folder: Path) -> None:
    """Gives CMake a program for each of Zig's tools. What is built runs on all processors of this kind."""
    for tool, options in TOOLS.items():
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

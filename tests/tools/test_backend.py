"""tools/backend: which sources ask for Zig's compiler."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
sys.path.insert(0, "tools/backend")
import uvsched_compiler
print(uvsched_compiler.needs_zig())
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    shutil.copytree(TOP / "tools/backend", tmp_path / "tools/backend")
    return tmp_path


def needs_zig(sources: Path, **environment: str) -> str:
    """What is said, and then whether it does."""
    kept = {name: value for name, value in os.environ.items() if name != "CXX"}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(
        command, cwd=sources, env=kept | environment, capture_output=True, text=True, check=True
    ).stdout


def test_a_distribution_takes_the_compiler_that_is_there(sources: Path) -> None:
    (sources / "dependencies").mkdir()
    assert needs_zig(sources) == "False\n"


def test_a_distribution_takes_zig_where_there_is_none(sources: Path) -> None:
    (sources / "dependencies").mkdir()
    said = "uvsched: none of c++, g++, clang++ compiles C++20; the compiler of ziglang==0.17.* is taken\nTrue\n"
    assert needs_zig(sources, PATH="/nowhere") == said


def test_a_compiler_that_is_named_is_tried_alone(sources: Path, tmp_path: Path) -> None:
    (sources / "dependencies").mkdir()
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert needs_zig(sources, CXX=str(old)).startswith(f"uvsched: none of {old} compiles C++20")
    assert needs_zig(sources, CXX="c++ -O1") == "False\n"


def test_a_checkout_never_takes_zig(sources: Path) -> None:
    assert needs_zig(sources, PATH="/nowhere") == "False\n"


def test_cmake_is_told_a_program_for_each_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("uvsched_compiler", TOP / "tools/backend/uvsched_compiler.py")
    assert spec
    assert spec.loader
    compiler: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compiler)
    for name in ("CC", "CXX", "LDFLAGS", "CMAKE_ARGS"):
        monkeypatch.setenv(name, "given")
    compiler.use_zig(tmp_path)
    assert os.environ["CXX"] == f"{tmp_path}/c++"
    assert os.environ["CMAKE_ARGS"] == f"given -DCMAKE_AR={tmp_path}/ar -DCMAKE_RANLIB={tmp_path}/ranlib"
    assert (tmp_path / "c++").read_text().endswith('-m ziglang c++ -mcpu=baseline "$@"\n')
    assert os.access(tmp_path / "ranlib", os.X_OK)

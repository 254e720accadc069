"""The source distribution, where pip has to compile it: with Debian's compiler, and with none."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bare.programs import EXAMPLE, STRICT
from bare.root import Place, Root
from bare.works import ONE_FIRE

TOP = Path(__file__).resolve().parents[2]
PYTHON = "/root/built/bin/python"
REQUIREMENTS = ["scikit-build-core>=0.11", "pybind11>=3", "hatch-fancy-pypi-readme>=23.2", "cmake", "ninja", "tzdata"]
HOUR = 3600
pytestmark = pytest.mark.skipif("UVSCHED_TEST_SDIST" not in os.environ, reason="minutes: ./dev wheels --test runs it")


def installed(root: Root, house: Path, requirements: list[str]) -> str:
    """What pip prints when it installs the source distribution, with what the index has for it and no network."""
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(house), *requirements]
    subprocess.run(command, check=True, timeout=600)
    root.put(*house.glob("*.whl"), *(TOP / "build/dist").glob("uvsched-*.tar.gz"))
    root.run("python3", "-m", "venv", "/root/built")
    (source,) = (path.name for path in (root.folder / "root").glob("uvsched-*.tar.gz"))
    pip = f"exec /root/built/bin/pip install -v --no-index --find-links=/root /root/{source}"
    return root.run("sh", "-c", pip, timeout=HOUR)


def works(root: Root) -> None:
    assert re.search(r"\(bundled: libuv [\d.]+, SQLite [\d.]+\)", root.run("/root/built/bin/uvsched", "--version"))
    root.run(PYTHON, "-c", ONE_FIRE)


def test_with_a_compiler_and_pip(root_of: Callable[[Place], Root], tmp_path: Path) -> None:
    root = root_of(Place("bookworm", platform.machine(), ("g++", "pkg-config")))
    names = ["cmake", "ninja", "libuv", "libsqlite3"]
    assert root.lacks(names) == names
    assert "the compiler of ziglang" not in installed(root, tmp_path, REQUIREMENTS)
    works(root)
    folder = "/root/built/lib/python3.11/site-packages/uvsched/lib"
    root.put(EXAMPLE)
    options = f"{' '.join(STRICT)} $(pkg-config --cflags --libs uvsched) -o /root/minimal"
    root.run("sh", "-ec", f"export PKG_CONFIG_PATH={folder}/pkgconfig && cc /root/{EXAMPLE.name} {options}")
    root.run("sh", "-c", f"cd /tmp && LD_LIBRARY_PATH={folder} /root/minimal 0.2")


def test_with_pip_alone(root_of: Callable[[Place], Root], tmp_path: Path) -> None:
    root = root_of(Place("bookworm", platform.machine()))
    names = ["cc", "g++", "cmake", "ninja", "libuv", "libsqlite3"]
    assert root.lacks(names) == names
    printed = installed(root, tmp_path, [*REQUIREMENTS, "ziglang==0.17.*"])
    assert "uvsched: none of c++, g++, clang++ compiles C++20; the compiler of ziglang==0.17.* is taken" in printed
    works(root)

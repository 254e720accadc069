"""The Python interpreters that the package is tested on: that of the tests, and those that ./dev test built it for."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILD = Path(__file__).parents[2] / "build"


@functools.cache
def _newest_source() -> float:
    folders = (BUILD.parent / name for name in ("core", "capi", "bindings", "python"))
    return max(path.stat().st_mtime for folder in folders for path in folder.rglob("*.*") if path.suffix != ".pyc")


@dataclass(frozen=True)
class Interpreter:
    """A program, and the environment in which it finds the package."""

    version: str
    program: str
    env: dict[str, str]


def interpreter(version: str) -> Interpreter:
    """The interpreter of a version; skips the test, with the reason, where there is none."""
    if version == OWN:
        return Interpreter(version, sys.executable, {})
    folder = BUILD / f"python{version}"
    try:
        program = (folder / "interpreter").read_text().strip()
    except FileNotFoundError:
        pytest.skip(f"the package is not built for Python {version}: ./dev test does where it finds that interpreter")
    if (folder / ".sources").stat().st_mtime < _newest_source():
        pytest.skip(f"the package for Python {version} is older than the sources: ./dev test builds it again")
    return Interpreter(version, program, {"PYTHONPATH": str(folder / "site")})

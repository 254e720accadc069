"""The Python interpreters that the package is tested on: that of the tests, and those that ./dev test built it for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILT = Path(__file__).parents[2] / "build" / "python"


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
    folder = BUILT / version
    try:
        program = (folder / "interpreter").read_text().strip()
    except FileNotFoundError:
        pytest.skip(f"the package is not built for Python {version}: ./dev test does where it finds that interpreter")
    return Interpreter(version, program, {"PYTHONPATH": str(folder / "site")})

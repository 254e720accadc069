"""The root of the tests of one suite of Debian. Each is made once for a run, and shared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bare.root import Root, obstacle

TOP = Path(__file__).resolve().parents[2]
WHEELS = TOP / "build/wheels"


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Debian 12 with the wheel for its Python installed in /root/venv."""
    wheels = sorted(WHEELS.glob("uvsched-*-cp311-*manylinux*_x86_64.whl"))
    if not wheels:
        pytest.skip("there is no wheel in build/wheels: ./dev wheels")
    if why := obstacle():
        pytest.skip(why)
    house = tmp_path_factory.mktemp("wheelhouse")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(house), "tzdata"]
    subprocess.run(command, check=True, timeout=120)
    root = Root("bookworm", TOP / ".cache/roots", tmp_path_factory.mktemp("root"))
    root.put(*house.glob("*.whl"), wheels[0])
    root.run("python3", "-m", "venv", "/root/venv")
    root.run("/root/venv/bin/pip", "install", "-q", "--no-index", "--find-links=/root", f"/root/{wheels[0].name}")
    return root

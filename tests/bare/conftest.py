"""Roots of Debian, each made once for a run and shared by its tests.

UVSCHED_TEST_ROOTS names them, between spaces: bookworm/x86_64, bookworm/aarch64, trixie/x86_64, bullseye/x86_64.
Without it there is Debian 12 for this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bare.root import Place, Root, obstacle

TOP = Path(__file__).resolve().parents[2]
WHEELS = TOP / "build/wheels"
PLACES = [Place.of(text) for text in os.environ.get("UVSCHED_TEST_ROOTS", "bookworm").split()]


@pytest.fixture(scope="session")
def root_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Place], Root]:
    made: dict[Place, Root] = {}

    def root_of(place: Place) -> Root:
        if why := obstacle(place):
            pytest.skip(why)
        if place not in made:
            made[place] = Root(place, TOP / ".cache/roots", tmp_path_factory.mktemp(str(place)))
        return made[place]

    return root_of


@pytest.fixture(scope="session", params=PLACES, ids=str)
def root(root_of: Callable[[Place], Root], request: pytest.FixtureRequest) -> Root:
    return root_of(request.param)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel depends on, from the index; a root has no network."""
    house = tmp_path_factory.mktemp("wheelhouse")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(house), "tzdata"]
    subprocess.run(command, check=True, timeout=120)
    return house


@pytest.fixture(scope="session", params=[place for place in PLACES if place.python], ids=str)
def python_root(root_of: Callable[[Place], Root], house: Path, request: pytest.FixtureRequest) -> Root:
    """A root with the wheel for its Python installed in /root/venv."""
    place: Place = request.param
    name = f"uvsched-*-cp{(place.python or '').replace('.', '')}-*manylinux*_{place.machine}.whl"
    wheels = sorted(WHEELS.glob(name))
    if not wheels:
        pytest.skip(f"there is no {name} in build/wheels: ./dev wheels")
    root = root_of(place)
    root.put(*house.glob("*.whl"), wheels[0])
    root.run("python3", "-m", "venv", "/root/venv")
    root.run("/root/venv/bin/pip", "install", "-q", "--no-index", "--find-links=/root", f"/root/{wheels[0].name}")
    return root

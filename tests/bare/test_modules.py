"""A wheel that needs nothing has no module for a store on a server: one that is compiled alone serves it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from servers.postgresql import running

TOP = Path(__file__).resolve().parents[2]
WORK = """
import asyncio
ran = asyncio.Event()
async def fire():
    ran.set()
"""
PROGRAM = """
import asyncio, sys
import uvsched, work
assert uvsched.__file__.startswith(sys.argv[2]), uvsched.__file__
async def main():
    store = uvsched.PostgreSQLStore(sys.argv[1])
    scheduler = uvsched.AsyncIOScheduler(stores={"default": store})
    scheduler.add_task(work.fire, "interval", seconds=0.01)
    async with scheduler:
        await work.ran.wait()
asyncio.run(main())
"""


def test_the_module_of_postgresql_serves_the_wheel(tmp_path: Path) -> None:
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    wheels = sorted((TOP / "build/wheels").glob(f"uvsched-*-{tag}-*manylinux*_{os.uname().machine}.whl"))
    if not wheels:
        pytest.skip(f"there is no wheel for {tag} in build/wheels: ./dev wheels")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(tmp_path / "site")
    (tmp_path / "site/work.py").write_text(WORK)
    build = tmp_path / "build"  # as docs/installing.md says
    options = ["-DUVSCHED_BUNDLED=ON", "-DUVSCHED_POSTGRESQL=ON", "-DUVSCHED_BUILD_TESTS=OFF"]
    subprocess.run(["cmake", "-S", TOP, "-B", build, *options], check=True, capture_output=True, timeout=120)
    command = ["cmake", "--build", build, "--target", "uvsched_driver_postgresql"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "UVSCHED_MODULE_PATH": str(build / "modules")}
    with running() as server:
        command = [sys.executable, "-c", PROGRAM, server.rstrip("?"), str(tmp_path / "site")]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr

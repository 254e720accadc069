"""The wheel of `./dev wheels` where nothing of what it is made of is installed."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from bare.root import Root

TOP = Path(__file__).resolve().parents[2]
PYTHON = "/root/venv/bin/python"
PACKAGE = "/root/venv/lib/python3.11/site-packages/uvsched"


def readme() -> str:
    """README's first program, which prints until it is killed."""
    found = re.search(r"^```python\n(.*?)^```$", (TOP / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_nothing_of_it_is_there(root: Root) -> None:
    names = ["cc", "g++", "gcc", "cmake", "ninja", "pkg-config", "libuv", "libsqlite3"]
    assert root.lacks(names) == names


def test_the_program_of_the_readme_goes_on_after_a_kill(root: Root) -> None:
    (root.folder / "root/program.py").write_text(readme())
    with root.start("sh", "-c", f"cd /root && exec {PYTHON} -u program.py") as first:
        assert first.stdout
        assert first.stdout.readline() == "tick\n"
        first.kill()  # and with it, the kernel kills the process of the namespace
    printed = root.run("sh", "-c", f"cd /root && exec {PYTHON} -u program.py")
    assert printed.splitlines().count("tick") >= 3
    with closing(sqlite3.connect(root.folder / "root/tasks.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM runs").fetchone()[0] >= 4


def test_the_command(root: Root) -> None:
    assert re.fullmatch(
        r"uvsched [\d.]+ \(bundled: libuv [\d.]+, SQLite [\d.]+\)\n", root.run("/root/venv/bin/uvsched", "--version")
    )
    assert "09:00" in root.run("/root/venv/bin/uvsched", "next", "0 9 * * *", "--timezone", "Europe/Madrid")


def test_it_loads_no_library_but_the_c_library(root: Root) -> None:
    program = "import uvsched.schedulers, re; print(*sorted(set(re.findall(r'/\\S+', open('/proc/self/maps').read()))))"
    loaded = {Path(path).name for path in root.run(PYTHON, "-c", program).split() if ".so" in path}
    ours = {name for name in loaded if name.startswith(("libuv", "libsqlite3", "libstdc++", "libgcc"))}
    assert ours == {"libuvsched.so.0"}


def test_a_c_program_finds_the_library_in_the_wheel(root: Root, tmp_path: Path) -> None:
    """Compiled out here, with what the wheel's pkg-config file says, and run in there."""
    package = Path(f"{root.folder}{PACKAGE}")
    environment = {"PKG_CONFIG_PATH": str(package / "lib/pkgconfig"), "PATH": "/usr/bin:/bin"}
    command = ["pkg-config", "--cflags", "--libs", "uvsched"]
    flags = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    program = tmp_path / "minimal"
    command = ["cc", "-std=c99", str(TOP / "examples/minimal.c"), "-o", str(program), *flags]
    subprocess.run(command, check=True, timeout=60)
    root.put(program)
    root.run("sh", "-c", f"cd /tmp && LD_LIBRARY_PATH={PACKAGE}/lib /root/minimal 0.2")


def test_it_installs_and_fires_within_seconds(root: Root) -> None:
    """A bound so wide that a busy machine keeps it; docs/performance.md has the figure."""
    wheel = next((root.folder / "root").glob("uvsched-*.whl")).name
    began = time.monotonic()
    root.run("/root/venv/bin/pip", "install", "-q", "--no-index", "--force-reinstall", "--no-deps", f"/root/{wheel}")
    root.run(
        PYTHON,
        "-c",
        """
import asyncio
from uvsched import AsyncIOScheduler
async def main():
    ran = asyncio.Event()
    async with AsyncIOScheduler() as scheduler:
        scheduler.add_task(ran.set, "interval", seconds=0.01)
        await ran.wait()
asyncio.run(main())
""",
    )
    took = time.monotonic() - began
    print(f"{took:.1f} s from pip install to the first run", file=sys.stderr)
    assert took < 60

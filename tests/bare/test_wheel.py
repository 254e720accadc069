"""The wheel of `./dev wheels` where nothing of what it is made of is installed."""

from __future__ import annotations

import re
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from bare.programs import compiled, compiler
from bare.root import Root
from bare.works import ONE_FIRE

TOP = Path(__file__).resolve().parents[2]
PYTHON = "/root/venv/bin/python"


def package(root: Root) -> str:
    return f"/root/venv/lib/python{root.place.python}/site-packages/uvsched"


def pip_install(root: Root, *options: str) -> None:
    wheel = next((root.folder / "root").glob("uvsched-*.whl")).name
    root.run("/root/venv/bin/pip", "install", "-q", "--no-index", "--find-links=/root", *options, f"/root/{wheel}")


def readme() -> str:
    """README's first program, which prints until it is killed."""
    found = re.search(r"^```python\n(.*?)^```$", (TOP / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_nothing_of_it_is_there(python_root: Root) -> None:
    names = ["cc", "g++", "gcc", "cmake", "ninja", "pkg-config", "libuv", "libsqlite3"]
    assert python_root.lacks(names) == names


def test_the_program_of_the_readme_goes_on_after_a_kill(python_root: Root) -> None:
    (python_root.folder / "root/program.py").write_text(readme())
    with python_root.start("sh", "-c", f"cd /root && exec {PYTHON} -u program.py") as first:
        assert first.stdout
        assert first.stdout.readline() == "tick\n"
        first.kill()  # and with it, the kernel kills the process of the namespace
    printed = python_root.run("sh", "-c", f"cd /root && exec {PYTHON} -u program.py")
    assert printed.splitlines().count("tick") >= 3
    with closing(sqlite3.connect(python_root.folder / "root/tasks.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM runs").fetchone()[0] >= 4


def test_the_command(python_root: Root) -> None:
    assert re.fullmatch(
        r"uvsched [\d.]+ \(bundled: libuv [\d.]+, SQLite [\d.]+\)\n",
        python_root.run("/root/venv/bin/uvsched", "--version"),
    )
    assert "09:00" in python_root.run("/root/venv/bin/uvsched", "next", "0 9 * * *", "--timezone", "Europe/Madrid")


def test_it_loads_no_library_but_the_c_library(python_root: Root) -> None:
    program = "import uvsched.schedulers, re; print(*sorted(set(re.findall(r'/\\S+', open('/proc/self/maps').read()))))"
    loaded = {Path(path).name for path in python_root.run(PYTHON, "-c", program).split() if ".so" in path}
    ours = {name for name in loaded if name.startswith(("libuv", "libsqlite3", "libstdc++", "libgcc"))}
    assert ours == {"libuvsched.so.0"}


def test_a_c_program_finds_the_library_in_the_wheel(python_root: Root, tmp_path: Path) -> None:
    """Compiled out here, with what the wheel's pkg-config file says, and run in there."""
    folder = f"{package(python_root)}/lib"
    library_folder = Path(f"{python_root.folder}{folder}")
    python_root.put(compiled(compiler(python_root.place), library_folder, tmp_path / "minimal"))
    python_root.run("sh", "-c", f"cd /tmp && LD_LIBRARY_PATH={folder} /root/minimal 0.2")


def test_it_installs_and_fires_within_seconds(python_root: Root) -> None:
    """A bound so wide that a busy machine keeps it; docs/performance.md has the figure."""
    wheel = next((python_root.folder / "root").glob("uvsched-*.whl")).name
    began = time.monotonic()
    python_root.run(
        "/root/venv/bin/pip", "install", "-q", "--no-index", "--force-reinstall", "--no-deps", f"/root/{wheel}"
    )
    python_root.run(
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
    assert took < python_root.place.patience


def test_a_folder_of_its_own_which_is_moved(python_root: Root) -> None:
    pip_install(python_root, "--target=/root/first")
    (python_root.folder / "root/first").rename(python_root.folder / "root/moved")
    python_root.run("env", "PYTHONPATH=/root/moved", "python3", "-c", ONE_FIRE)


def test_a_package_that_nobody_may_write_to(python_root: Root) -> None:
    folder = package(python_root)
    (python_root.folder / "root/fire.py").write_text(ONE_FIRE)
    python_root.run(
        "sh",
        "-ec",
        f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && ! touch {folder}/new && "
        f"{PYTHON} /root/fire.py",
    )


def test_a_wheel_is_no_archive_to_import_from(python_root: Root) -> None:
    wheel = next((python_root.folder / "root").glob("uvsched-*.whl")).name
    program = "import runpy, sys; sys.path.insert(0, sys.argv[1]); import uvsched"
    printed = python_root.fails("python3", "-c", program, f"/root/{wheel}")
    assert f"uvsched is in an archive, /root/{wheel}/uvsched, from which Python loads no extension" in printed


def test_a_wrong_library_on_the_search_path_is_named(python_root: Root) -> None:
    (python_root.folder / "root/wrong").mkdir()
    (python_root.folder / "root/wrong/libuvsched.so.0").write_text("not a library")
    printed = python_root.fails("env", "LD_LIBRARY_PATH=/root/wrong", PYTHON, "-c", "import uvsched")
    assert "ImportError: /root/wrong/libuvsched.so.0: " in printed


def test_a_store_on_a_server_says_where_its_module_comes_from(python_root: Root) -> None:
    program = (
        "from uvsched import *; AsyncIOScheduler(stores={'default': PostgreSQLStore('postgresql://127.0.0.1:1/x')})"
    )
    printed = python_root.fails(PYTHON, "-c", program)
    assert f'libuvsched-postgresql.so is not in "{package(python_root)}/lib"; ' in printed
    assert "no wheel of an index has it, docs/installing.md says how to make it" in printed

"""An application written for asyncz runs there, and the same here when `asyncz` is replaced by `uvsched`."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uvsched

pytest.importorskip("asyncz", reason="asyncz is not installed")

APPLICATION = Path(__file__).with_name("application")
TEXT = "".join(path.read_text() for path in sorted(APPLICATION.glob("*.py")))
USED = ("BaseScheduler", "AsyncIOScheduler", "NativeAsyncIOScheduler", "Task", "TaskType")
"""The classes whose methods it calls."""

INTERNAL = {
    "asyncz.schedulers.asyncio.AsyncIOScheduler.event_loop_thread",
    "asyncz.schedulers.asyncio.AsyncIOScheduler.timer",
}
"""Attributes that asyncz keeps for itself, without saying so."""


def output(folder: Path) -> str:
    """What it prints, run from its folder."""
    search = [str(Path(uvsched.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "application"],
        cwd=folder,
        env={**os.environ, "TZ": "UTC", "PYTHONPATH": os.pathsep.join(search)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_it_runs_when_the_imports_are_changed(tmp_path: Path) -> None:
    shutil.copytree(APPLICATION, tmp_path / "application", ignore=shutil.ignore_patterns("__pycache__"))
    before = output(tmp_path)
    for path in (tmp_path / "application").glob("*.py"):
        path.write_text(path.read_text().replace("asyncz", "uvsched"))
    assert "asyncz" not in "".join(path.read_text() for path in (tmp_path / "application").glob("*.py"))
    assert output(tmp_path) == before


def test_it_uses_every_public_name() -> None:
    from asyncz_api import modules, public_names
    from test_api import listed

    words = set(re.findall(r"\w+", TEXT))
    excused = set(listed()) | INTERNAL
    unused = []
    for module in modules():
        try:
            theirs = importlib.import_module(module)
        except ImportError:
            continue  # a client library is not installed
        if any(module == name or module.startswith(name + ".") for name in excused):
            continue
        for name in public_names(theirs):
            full = f"{module}.{name}"
            if full not in excused and name not in words:
                unused.append(full)
            if name in USED and getattr(theirs, name).__module__ == module:
                members = [member for member in vars(getattr(theirs, name)) if not member.startswith(("_", "model_"))]
                unused += [f"{full}.{member}" for member in members if member not in words]
    assert [name for name in unused if name not in excused] == []

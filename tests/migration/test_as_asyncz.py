"""install_as_asyncz(): asyncz's modules are uvsched's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio
import sys
import uvsched
uvsched.install_as_asyncz()
uvsched.install_as_asyncz()

spec = uvsched.__spec__
import asyncz
import asyncz.schedulers.asyncio
from asyncz import Asyncz
from asyncz.executors.process_pool import ProcessPoolExecutor
from asyncz.schedulers import AsyncIOScheduler
from asyncz.schedulers.types import SchedulerType
from asyncz.stores.file import FileStore
from asyncz.stores.memory import MemoryStore
from asyncz.stores.redis import RedisStore
from asyncz.stores.sqlalchemy import SQLAlchemyStore
from asyncz.triggers import IntervalTrigger
from asyncz.typing import undefined
import uvsched.schedulers, uvsched.stores, uvsched.triggers

assert asyncz is uvsched and sys.modules["asyncz.schedulers"] is uvsched.schedulers
assert uvsched.__spec__ is spec and uvsched.schedulers.__spec__.name == "uvsched.schedulers"
assert AsyncIOScheduler is Asyncz is uvsched.AsyncIOScheduler and IntervalTrigger is uvsched.IntervalTrigger
assert asyncz.schedulers.asyncio is uvsched.schedulers.asyncio
assert (FileStore, SQLAlchemyStore) == (uvsched.stores.FileStore, uvsched.stores.SQLAlchemyStore)
assert RedisStore is uvsched.stores.RedisStore

async def main():
    seen = asyncio.Event()
    async def tick(): seen.set()
    async with AsyncIOScheduler(stores={"default": MemoryStore()}) as scheduler:
        scheduler.add_task(tick, trigger=IntervalTrigger(seconds=0.01))
        await asyncio.wait_for(seen.wait(), 30)
    assert isinstance(scheduler, SchedulerType)

asyncio.run(main())
for name in ("asyncz.contrib.dashboard", "asyncz.shapes", "asyncz.stores.mongo"):
    try:
        __import__(name)
    except ImportError as error:
        assert str(error) == f"{name} is not carried over to uvsched; see docs/migrating-from-asyncz.md", error
    else:
        raise AssertionError(name)
"""
LATE = """
import sys, types
sys.modules["asyncz"] = types.ModuleType("asyncz")
import uvsched
try:
    uvsched.install_as_asyncz()
except RuntimeError as error:
    assert "must come before the first import of asyncz" in str(error)
else:
    raise AssertionError("it was not refused")
"""


@pytest.mark.parametrize("program", [PROGRAM, LATE], ids=["all", "late"])
def test_asyncz_is_uvsched(program: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr

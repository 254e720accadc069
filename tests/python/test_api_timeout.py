"""Plain calls on the thread of an event loop wait for a store, but not for long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from uvsched.exceptions import StoreError, StoreTimeoutError
from uvsched.schedulers import AsyncIOScheduler, BackgroundScheduler

from .conftest import until_sync

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextmanager
def away(path: Path) -> Iterator[None]:
    """Nobody else can write the file meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    try:
        yield
    finally:
        process.communicate()


def beat() -> None:
    """A task."""


CALLS: dict[str, Callable[[Any], object]] = {
    "add_task": lambda scheduler: scheduler.add_task(beat, "interval", hours=1, id="new"),
    "update_task": lambda scheduler: scheduler.update_task("a", name="other"),
    "pause_task": lambda scheduler: scheduler.pause_task("a"),
    "delete_task": lambda scheduler: scheduler.delete_task("a"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_on_the_loop_ends_in_time_and_names_its_twin(run: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / "tasks.db"
    scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"}, api_timeout=0.2)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(beat, "interval", hours=1, id="a")
            with away(path), pytest.raises(StoreTimeoutError, match=rf"^{name}: .*Await {name}_async\(\)"):
                CALLS[name](scheduler)
            await scheduler.get_tasks_async()  # after it, in order

        assert issubclass(StoreTimeoutError, StoreError)

    run(main)


def test_other_threads_wait_as_long_as_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    scheduler = BackgroundScheduler(stores={"default": f"sqlite:{path}"}, api_timeout=0.05)
    with scheduler:
        added = threading.Event()

        def add() -> None:
            scheduler.add_task(beat, "interval", hours=1, id="a")
            added.set()

        with away(path):
            thread = threading.Thread(target=add)
            thread.start()
            assert not added.wait(0.3)
        thread.join()
        assert added.is_set()
        until_sync(lambda: scheduler.get_task("a"))


def test_twins_wait_as_long_as_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"}, api_timeout=0.05)

    async def main() -> None:
        async with scheduler:
            with away(path):
                adding = asyncio.ensure_future(scheduler.add_task_async(beat, "interval", hours=1, id="a"))
                done, _ = await asyncio.wait([adding], timeout=0.3)
                assert not done
            assert (await adding).id == "a"

    asyncio.run(main())


@pytest.mark.parametrize("given", [None, 5, 0.5])
def test_the_limit(given: Any) -> None:
    AsyncIOScheduler(api_timeout=given)
    with pytest.raises(TypeError, match="api_timeout"):
        AsyncIOScheduler(api_timeout="5")  # type: ignore[arg-type]

"""A SQLite file that is lost while a scheduler runs, and one that is just being closed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from uvsched.enums import SchedulerState
from uvsched.events.constants import SCHEDULER_SHUTDOWN, STORE_ERROR, STORE_RECOVERED, TASK_ADDED
from uvsched.exceptions import StoreError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import SQLiteStore

from .conftest import until


async def nothing() -> None:
    pass


def test_a_scheduler_whose_file_is_removed_stops_and_starts_again(
    run: Any, record: Any, tmp_path: Path, caplog: Any
) -> None:
    path = tmp_path / "tasks.db"
    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(path)})
    heard = record(scheduler, SCHEDULER_SHUTDOWN | STORE_ERROR)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(nothing, "interval", hours=1, id="nothing")
        path.unlink()
        with pytest.raises(StoreError, match=r"tasks\.db: the file was removed while the scheduler uses it"):
            scheduler.pause_task("nothing")
        await until(lambda: heard.of(SCHEDULER_SHUTDOWN), "the end")
        assert scheduler.state == SchedulerState.STATE_STOPPED
        assert scheduler.event_loop is None
        assert not path.exists()
        assert scheduler.start()
        scheduler.add_task(nothing, "interval", hours=1, id="nothing")
        assert await scheduler.shutdown_async()
        assert path.exists()

    run(main)
    assert len(heard.of(STORE_ERROR)) == 1
    assert len([line for line in caplog.messages if "the scheduler stops" in line]) == 1


def test_a_scheduler_that_opens_the_file_anew_goes_on(run: Any, record: Any, tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(path, on_file_lost="reopen")})
    scheduler.add_task(nothing, "interval", hours=1, id="declared")
    heard = record(scheduler, STORE_ERROR | STORE_RECOVERED | TASK_ADDED)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(nothing, "interval", hours=1, id="later")
            path.unlink()
            with pytest.raises(StoreError, match="the file was removed"):
                scheduler.pause_task("later")
            await until(lambda: heard.of(STORE_RECOVERED), "the new file")
            await until(lambda: len(heard.of(TASK_ADDED)) == 3, "the declared task again")
            assert [task.id for task in scheduler.get_tasks()] == ["declared"]

    run(main)
    assert path.exists()
    assert [event.task_id for event in heard.of(TASK_ADDED)] == ["declared", "later", "declared"]


def test_what_follows_a_shutdown_at_once_waits_for_the_file(run: Any, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"

    async def main() -> None:
        for turn in range(6):
            first, second = (AsyncIOScheduler(stores={"default": url}) for _ in range(2))
            for scheduler in (first, second):
                scheduler.add_task(nothing, "interval", hours=1, id="nothing")
            first.start()
            first.shutdown()
            if turn % 3 == 0:
                first.add_task(nothing, "interval", hours=1, id="nothing")
            elif turn % 3 == 1:
                first.start()
                first.shutdown()
            second.start()
            await second.shutdown_async()

    run(main)


def test_a_scheduler_starts_again_on_another_loop_at_once(tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{tmp_path / 'tasks.db'}"})

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(nothing, "interval", hours=1, id="nothing")
        scheduler.shutdown()

    for _ in range(3):
        asyncio.run(main())

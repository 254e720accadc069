"""How late a run may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.contrib.esmerald import Task
from uvsched.events.constants import TASK_EXECUTED, TASK_MISSED
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.memory import MemoryStore
from uvsched.stores.sqlite import SQLiteStore
from uvsched.triggers import IntervalTrigger

from .conftest import Main, Recorder

MINUTE = timedelta(minutes=1)


def job() -> None:
    """Does nothing."""


def by_argument(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, "interval", minutes=1, id="a", mistrigger_grace_time=0)


def by_span(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, "interval", minutes=1, id="a", mistrigger_grace_time=timedelta())


def by_default(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, "interval", minutes=1, id="a")


def by_update(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, "interval", minutes=1, id="a", mistrigger_grace_time=3600).update(mistrigger_grace_time=0)


def by_esmerald(scheduler: AsyncIOScheduler) -> None:
    Task(job, trigger=IntervalTrigger(minutes=1), id="a", mistrigger_grace_time=0).add_task(scheduler)


@pytest.mark.parametrize(
    ("add", "options"),
    [
        (by_argument, {}),
        (by_span, {}),
        (by_update, {}),
        (by_esmerald, {}),
        (by_default, {"task_defaults": {"mistrigger_grace_time": 0}}),
        (by_default, {"task_defaults": {"mistrigger_grace_time": timedelta()}}),
        (by_default, {"global_config": {"asyncz.task_defaults": {"mistrigger_grace_time": "0"}}}),
    ],
)
@pytest.mark.parametrize("durable", [False, True])
def test_a_grace_time_of_0_is_obeyed(
    make: Callable[..., AsyncIOScheduler],
    run: Callable[[Main], Any],
    tmp_path: Path,
    add: Callable[[AsyncIOScheduler], None],
    options: dict[str, Any],
    durable: bool,
) -> None:
    async def main() -> None:
        store = SQLiteStore(tmp_path / "tasks.db") if durable else MemoryStore()
        scheduler = make(stores={"default": store}, executors={"default": DebugExecutor()}, **options)
        heard = Recorder(scheduler, TASK_EXECUTED | TASK_MISSED)
        async with scheduler:
            add(scheduler)
            assert scheduler.get_task("a").mistrigger_grace_time == 0
            scheduler.advance(MINUTE)  # now it is due
            await heard.first(TASK_EXECUTED)
            scheduler.advance(MINUTE + timedelta(microseconds=1))
            missed = await heard.first(TASK_MISSED)
            assert missed.reason == "misfire"
            assert len(heard.of(TASK_EXECUTED)) == 1

    run(main)

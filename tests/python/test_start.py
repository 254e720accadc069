"""A run starts when its function is called: what waits for a thread or for the loop is not running yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import (
    TASK_DELAYED,
    TASK_EXECUTED,
    TASK_MAX_INSTANCES,
    TASK_MISSED,
    TASK_SUBMITTED,
)
from uvsched.executors import AsyncIOExecutor, ThreadPoolExecutor
from uvsched.executors.base import BaseExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.memory import MemoryStore
from uvsched.stores.sqlite import SQLiteStore

from .conftest import Main, Recorder, until, until_sync

SECOND = timedelta(seconds=1)
LATE = 2 * SECOND


class Busy:
    """A task that holds its executor until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.go.wait(30)


@pytest.fixture(params=["memory", "sqlite"])
def scheduler_of(
    request: pytest.FixtureRequest, make: Callable[..., AsyncIOScheduler], tmp_path: Path
) -> Callable[[BaseExecutor], AsyncIOScheduler]:
    """Makes a scheduler on a manual clock with this executor."""

    def build(executor: BaseExecutor) -> AsyncIOScheduler:
        store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "tasks.db")
        return make(stores={"default": store, "memory": MemoryStore()}, executors={"default": executor})

    return build


def quick() -> None:
    """Does nothing."""


async def quick_on_loop() -> None:
    """Does nothing."""


def in_all(events: list[Any]) -> int:
    return sum(event.folded for event in events if event.task_id == "tick")


def test_a_run_that_a_thread_comes_to_after_its_grace_time_is_missed(
    scheduler_of: Callable[[BaseExecutor], AsyncIOScheduler], run: Callable[[Main], Any]
) -> None:
    async def main() -> None:
        scheduler = scheduler_of(ThreadPoolExecutor(1))
        heard = Recorder(scheduler)
        busy = Busy()
        async with scheduler:
            scheduler.add_task(busy, store="memory")
            await until(busy.begun.is_set)
            scheduler.add_task(quick, "interval", seconds=1, id="quick", mistrigger_grace_time=SECOND / 2)
            scheduler.advance(SECOND)
            scheduler.advance(SECOND * 3 / 4)
            busy.go.set()
            missed = await heard.first(TASK_MISSED)
            assert (missed.task_id, missed.reason) == ("quick", "misfire")
            assert not [event for event in heard.of(TASK_EXECUTED) if event.task_id == "quick"]

    run(main)


def test_due_times_while_the_threads_are_busy_are_folded(
    scheduler_of: Callable[[BaseExecutor], AsyncIOScheduler], run: Callable[[Main], Any]
) -> None:
    async def main() -> None:
        scheduler = scheduler_of(ThreadPoolExecutor(1))
        heard = Recorder(scheduler)
        busy = Busy()
        async with scheduler:
            scheduler.add_task(busy, store="memory")
            await until(busy.begun.is_set)
            scheduler.add_task(quick, "interval", seconds=1, id="tick")
            for _ in range(10):
                scheduler.advance(SECOND)
            assert not [event for event in heard.of(TASK_SUBMITTED) if event.task_id == "tick"]
            busy.go.set()
            await until(lambda: in_all(heard.of(TASK_EXECUTED)) == 10)
            assert not heard.of(TASK_MAX_INSTANCES)
            assert not heard.of(TASK_MISSED)
            assert not heard.of(TASK_DELAYED)  # none was claimed while the thread was busy

    run(main)


def test_a_run_that_a_blocked_loop_comes_to_after_its_grace_time_is_missed(
    scheduler_of: Callable[[BaseExecutor], AsyncIOScheduler], run: Callable[[Main], Any]
) -> None:
    async def main() -> None:
        scheduler = scheduler_of(AsyncIOExecutor())
        heard = Recorder(scheduler)
        async with scheduler:
            scheduler.add_task(quick_on_loop, "interval", seconds=10, id="quick", mistrigger_grace_time=SECOND / 2)
            scheduler.advance(10 * SECOND)
            scheduler.advance(LATE)  # the loop had no turn since
            missed = await heard.first(TASK_MISSED)
            assert (missed.task_id, missed.reason) == ("quick", "misfire")
            assert not heard.of(TASK_EXECUTED)

    run(main)


def test_due_times_while_the_loop_is_blocked_are_folded(
    scheduler_of: Callable[[BaseExecutor], AsyncIOScheduler], run: Callable[[Main], Any]
) -> None:
    async def main() -> None:
        scheduler = scheduler_of(AsyncIOExecutor())
        heard = Recorder(scheduler)
        async with scheduler:
            task = scheduler.add_task(quick_on_loop, "interval", seconds=1, id="tick", max_instances=2)
            first = task.next_run_time
            scheduler.advance(SECOND)
            until_sync(lambda: task.next_run_time != first)  # it is claimed
            for _ in range(9):
                scheduler.advance(SECOND)
            await until(lambda: in_all(heard.of(TASK_EXECUTED)) == 10)
            assert not heard.of(TASK_MAX_INSTANCES)
            assert not heard.of(TASK_MISSED)
            (delayed,) = heard.of(TASK_DELAYED)
            assert (delayed.task_id, delayed.duration) == ("tick", 9 * SECOND)

    run(main)


@pytest.mark.parametrize("executor", [AsyncIOExecutor(), ThreadPoolExecutor(2)], ids=repr)
def test_a_mark_lost_run_waits_for_its_start_gate_and_is_called(
    scheduler_of: Callable[[BaseExecutor], AsyncIOScheduler], run: Callable[[Main], Any], executor: BaseExecutor
) -> None:
    async def main() -> None:
        scheduler = scheduler_of(executor)
        heard = Recorder(scheduler)
        async with scheduler:
            for i in range(20):
                scheduler.add_task(quick, "interval", seconds=1, id=f"task-{i}", on_crash="mark_lost")
            scheduler.advance(SECOND)
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 20)

    run(main)

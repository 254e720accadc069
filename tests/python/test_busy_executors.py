"""What comes to be due while an executor is busy is planned when it is free: it is folded, and never skipped."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from uvsched.executors import AsyncIOExecutor, DebugExecutor, PullExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import IntervalTrigger

from .conftest import NOON, Main, until, until_sync

SECOND = timedelta(seconds=1)

inside = threading.Event()
gate = threading.Event()
in_loop: list[Callable[[], None]] = []


def block() -> None:
    """Holds its worker until the test opens the gate."""
    inside.set()
    assert gate.wait(30)


def block_loop() -> None:
    """Holds the loop while the test's part goes on."""
    in_loop[0]()


async def block_loop_async() -> None:
    """The same, as a coroutine."""
    in_loop[0]()


def job() -> None:
    """Does nothing."""


async def job_async() -> None:
    """Lets the loop turn once before it ends."""
    await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def events() -> None:
    inside.clear()
    gate.clear()
    in_loop.clear()


def every_second() -> IntervalTrigger:
    return IntervalTrigger(seconds=1, start_at=NOON + SECOND)


def due_times(scheduler: AsyncIOScheduler) -> int:
    return sum(row.folded for row in scheduler.history("t"))


def states(scheduler: AsyncIOScheduler) -> set[str]:
    return {row.state for row in scheduler.history("t")}


@pytest.mark.parametrize(
    "executor",
    [lambda: ThreadPoolExecutor(1), lambda: concurrent.futures.ThreadPoolExecutor(1)],
    ids=["own", "futures"],
)
def test_a_pool_of_threads(
    make: Callable[..., AsyncIOScheduler], run: Callable[[Main], Any], url: str, executor: Callable[[], Any]
) -> None:
    async def main() -> None:
        scheduler = make(stores={"default": url}, executors={"default": executor()})
        async with scheduler:
            scheduler.add_task(block, id="block")
            await until(inside.is_set)
            scheduler.add_task(job, every_second(), id="t")
            for _ in range(10):
                scheduler.advance(SECOND)
            await asyncio.sleep(0)
            assert scheduler.get_scheduler_info().in_flight == 1  # nothing was claimed for a worker that is busy
            gate.set()
            await until(lambda: due_times(scheduler) == 10)
            assert states(scheduler) == {"done"}
            assert max(row.folded for row in scheduler.history("t")) == 10

    run(main)


def test_a_pull_executor_that_says_how_many_workers_it_has(
    make: Callable[..., AsyncIOScheduler], run: Callable[[Main], Any], url: str
) -> None:
    async def main() -> None:
        executor = PullExecutor(workers=1)
        assert repr(executor) == "PullExecutor(workers=1)"
        scheduler = make(stores={"default": url}, executors={"default": executor})
        async with scheduler:
            scheduler.add_task(job, id="first")
            first = await asyncio.to_thread(executor.take, 30)
            assert first is not None
            scheduler.add_task(job, every_second(), id="t")
            for _ in range(10):
                scheduler.advance(SECOND)
            assert executor.take(0) is None
            executor.finish(first.id)
            folded = await asyncio.to_thread(executor.take, 30)
            assert folded is not None
            executor.finish(folded.id)
            await until(lambda: due_times(scheduler) == 10)
            assert states(scheduler) == {"done"}

    run(main)


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_at_least_one(workers: int) -> None:
    with pytest.raises(ValueError, match=f"workers: {workers} is less than 1"):
        PullExecutor(workers=workers)
    with pytest.raises(TypeError, match="workers: expected a whole number, not str"):
        PullExecutor(workers="2")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("executor", "blocker", "fn"),
    [(AsyncIOExecutor, block_loop_async, job_async), (DebugExecutor, block_loop, job)],
    ids=["asyncio", "debug"],
)
def test_a_loop_that_a_task_blocks(
    make: Callable[..., AsyncIOScheduler],
    run: Callable[[Main], Any],
    url: str,
    executor: Callable[[], Any],
    blocker: Callable[[], Any],
    fn: Callable[[], Any],
) -> None:
    async def main() -> None:
        scheduler = make(stores={"default": url}, executors={"default": executor()})

        def meanwhile() -> None:
            scheduler.advance(SECOND)
            until_sync(lambda: scheduler.get_scheduler_info().in_flight == 2)  # the run waits for the loop
            for _ in range(9):
                scheduler.advance(SECOND)

        in_loop.append(meanwhile)
        async with scheduler:
            scheduler.add_task(fn, every_second(), id="t")
            scheduler.add_task(blocker, id="block")
            await until(lambda: due_times(scheduler) == 10)
            assert states(scheduler) == {"done"}

    run(main)

"""Adding 2,000 tasks to a durable store from coroutines, 100 at a time, and how long the loop stands still meanwhile.

uvsched: add_task_async on SQLite, synchronous=FULL. asyncz and APScheduler have no awaitable form: add_task and
add_job, on SQLAlchemy with SQLite."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from _figures import Control, row

TASKS, AT_ONCE, ROUNDS = 2_000, 100, 5


def nothing() -> None:
    pass


def of_uvsched(folder: Path) -> tuple[Any, Callable[[str], Awaitable[Any]]]:
    from uvsched import AsyncIOScheduler, SQLiteStore

    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(folder / "tasks.db")})
    return scheduler, lambda id: scheduler.add_task_async(nothing, "interval", hours=1, id=id)


def of_asyncz(folder: Path) -> tuple[Any, Callable[[str], Awaitable[Any]]]:
    from asyncz.schedulers import AsyncIOScheduler
    from asyncz.stores.sqlalchemy import SQLAlchemyStore

    scheduler = AsyncIOScheduler(stores={"default": SQLAlchemyStore(f"sqlite:///{folder}/tasks.db")})

    async def add(id: str) -> None:
        scheduler.add_task(nothing, "interval", hours=1, id=id)

    return scheduler, add


def of_apscheduler(folder: Path) -> tuple[Any, Callable[[str], Awaitable[Any]]]:
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    scheduler = AsyncIOScheduler(jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{folder}/tasks.db")})

    async def add(id: str) -> None:
        scheduler.add_job(nothing, "interval", hours=1, id=id)

    return scheduler, add


CONTENDERS = {"uvsched": of_uvsched, "asyncz": of_asyncz, "APScheduler": of_apscheduler}


class Heartbeat:
    """Comes back to the loop again and again; the longest time between."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now

    def stop(self) -> float:
        self._task.cancel()
        return self.longest


async def measure(make: Callable[[Path], tuple[Any, Callable[[str], Awaitable[Any]]]]) -> tuple[float, float]:
    """Adds a second, and the longest gap in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        scheduler, add = make(Path(folder))
        scheduler.start()
        await asyncio.sleep(0.2)
        heart = Heartbeat()
        await asyncio.sleep(0)
        begin = time.perf_counter()
        for first in range(0, TASKS, AT_ONCE):
            await asyncio.gather(*(add(f"task {number}") for number in range(first, first + AT_ONCE)))
        rate = TASKS / (time.perf_counter() - begin)
        longest = heart.stop()
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0.1)
    return rate, longest * 1e3


if __name__ == "__main__":
    import logging

    logging.disable(logging.CRITICAL)  # the peers log each task
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    gaps: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    control = Control()
    for _ in range(ROUNDS):
        control.look()
        for name, make in CONTENDERS.items():
            rate, gap = asyncio.run(measure(make))
            rates[name].append(rate)
            gaps[name].append(gap)
    control.judge()
    for name in CONTENDERS:
        ratios = [ours / theirs for ours, theirs in zip(rates["uvsched"], rates[name], strict=True)]
        row(f"{name}, durable add, {AT_ONCE} at a time", rates[name], "adds/s", ratios if name != "uvsched" else None)
        row(f"{name}, longest gap of the loop meanwhile", gaps[name], "ms", less_is_better=True)

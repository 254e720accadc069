"""The schedulers that are compared, behind one small interface. All run on the asyncio loop that is running."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable
from typing import Any, Literal

Executor = Literal["debug", "asyncio"]
MANY = 1_000_000  # so many runs at once that the limit plays no part

logging.disable(logging.CRITICAL)  # the peers log each run


class Contender:
    """One scheduler."""

    name: str

    def __init__(self, executor: Executor) -> None:
        self.scheduler = self.make(executor)

    def make(self, executor: Executor) -> Any:
        raise NotImplementedError

    def add(self, fn: Callable[[], Any], seconds: float) -> None:
        raise NotImplementedError

    def start(self) -> None:
        self.scheduler.start()

    def stop(self) -> None:
        self.scheduler.shutdown(wait=False)


class Uvsched(Contender):
    name = "uvsched"

    def make(self, executor: Executor) -> Any:
        from uvsched.executors import AsyncIOExecutor, DebugExecutor
        from uvsched.schedulers import AsyncIOScheduler
        from uvsched.triggers import IntervalTrigger

        self.trigger = IntervalTrigger
        return AsyncIOScheduler(
            executors={"default": DebugExecutor() if executor == "debug" else AsyncIOExecutor()},
            task_defaults={"coalesce": True, "max_instances": MANY, "mistrigger_grace_time": None},
        )

    def add(self, fn: Callable[[], Any], seconds: float) -> None:
        self.scheduler.add_task(fn, self.trigger(seconds=seconds))


class Asyncz(Contender):
    name = "asyncz"

    def make(self, executor: Executor) -> Any:
        from asyncz.executors import AsyncIOExecutor, DebugExecutor
        from asyncz.schedulers import AsyncIOScheduler
        from asyncz.triggers import IntervalTrigger

        self.trigger = IntervalTrigger
        return AsyncIOScheduler(
            executors={"default": DebugExecutor() if executor == "debug" else AsyncIOExecutor()},
            task_defaults={"coalesce": True, "max_instances": MANY, "mistrigger_grace_time": None},
        )

    def add(self, fn: Callable[[], Any], seconds: float) -> None:
        self.scheduler.add_task(fn, self.trigger(seconds=seconds))


class APScheduler(Contender):
    name = "APScheduler"

    def make(self, executor: Executor) -> Any:
        from apscheduler.executors.asyncio import AsyncIOExecutor
        from apscheduler.executors.debug import DebugExecutor
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        self.trigger = IntervalTrigger
        return AsyncIOScheduler(
            executors={"default": DebugExecutor() if executor == "debug" else AsyncIOExecutor()},
            job_defaults={"coalesce": True, "max_instances": MANY, "misfire_grace_time": None},
        )

    def add(self, fn: Callable[[], Any], seconds: float) -> None:
        self.scheduler.add_job(fn, self.trigger(seconds=seconds))


CONTENDERS: tuple[type[Contender], ...] = (Uvsched, Asyncz, APScheduler)


def compare(measure: Callable[[type[Contender]], float], what: str, unit: str, rounds: int = 5) -> None:
    """Measures each contender once a round, and prints the medians and how many times as fast uvsched was."""
    figures: dict[str, list[float]] = {contender.name: [] for contender in CONTENDERS}
    for _ in range(rounds):
        for contender in CONTENDERS:
            figures[contender.name].append(measure(contender))
    ours = statistics.median(figures[Uvsched.name])
    for name, values in figures.items():
        middle = statistics.median(values)
        note = "" if name == Uvsched.name else f"uvsched is {ours / middle:.1f} x as fast"
        print(f"{name + ', ' + what:<52} {middle:>14,.0f} {unit:<10} {note}", flush=True)

"""The schedulers that are compared, behind one small interface. All run on the asyncio loop that is running."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from _figures import Control, row, spread

Executor = Literal["debug", "asyncio"]
MANY = 1_000_000  # so many runs at once that the limit plays no part

logging.disable(logging.CRITICAL)  # the peers log each run


def full_options(number: int) -> dict[str, Any]:
    """The options that all schedulers call by one name."""
    return {
        "hours": 1,
        "args": (number,),
        "kwargs": {"text": "x"},
        "id": f"task {number}",
        "name": f"the task {number}",
        "coalesce": True,
        "max_instances": 3,
        "executor": "default",
        "replace_existing": True,
    }


class Contender:
    """One scheduler."""

    name: str

    def __init__(self, executor: Executor) -> None:
        self.scheduler = self.make(executor)

    def make(self, executor: Executor) -> Any:
        raise NotImplementedError

    def add(self, fn: Callable[[], Any], seconds: float) -> None:
        raise NotImplementedError

    def add_fully(self, fn: Callable[..., Any], number: int) -> None:
        """Adds a task by the name of its trigger, with every option given."""
        self.scheduler.add_task(fn, "interval", **full_options(number), mistrigger_grace_time=60, store="default")

    def listen(self, listener: Callable[[Any], None]) -> None:
        """Attaches a listener to all events."""
        self.scheduler.add_listener(listener)

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

    def add_fully(self, fn: Callable[..., Any], number: int) -> None:
        self.scheduler.add_job(fn, "interval", **full_options(number), misfire_grace_time=60, jobstore="default")


CONTENDERS: tuple[type[Contender], ...] = (Uvsched, Asyncz, APScheduler)


@dataclass
class Sample:
    """What a contender did, and why that says little about what it can do, if so.

    Attributes:
        processor: what it did for each second of processor time, of all threads; 0: not measured.
    """

    rate: float
    unsaturated: str = ""
    processor: float = 0.0


def compare(
    measure: Callable[[type[Contender]], Sample],
    what: str,
    unit: str,
    rounds: int = 5,
    contenders: tuple[type[Contender], ...] = CONTENDERS,
) -> None:
    """Measures each contender once a round, and prints medians and how many times as fast uvsched was, by rounds. The
    first contender is uvsched.

    There is no ratio with a contender that had nothing left to do.
    """
    samples: dict[str, list[Sample]] = {contender.name: [] for contender in contenders}
    control = Control()
    for _ in range(rounds):
        control.look()
        for contender in contenders:
            samples[contender.name].append(measure(contender))
    control.judge()
    ours = samples[contenders[0].name]
    for name, theirs in samples.items():
        reasons = [sample.unsaturated for sample in [*theirs, *ours] if sample.unsaturated]
        rates = [sample.rate for sample in theirs]
        ratios = [mine.rate / its.rate for mine, its in zip(ours, theirs, strict=True)]
        note = ""
        if reasons:
            ratios, note = [], f"no ratio: {reasons[0]}"
        elif name == contenders[0].name:
            ratios = []
        else:
            note = f"uvsched is {statistics.median(ratios):.1f} x as fast {spread(ratios, '.1f')}"
            if all(sample.processor for sample in [*theirs, *ours]):
                works = [mine.processor / its.processor for mine, its in zip(ours, theirs, strict=True)]
                note += f"; by processor time {statistics.median(works):.1f} x {spread(works, '.1f')}"
        row(f"{name}, {what}", rates, unit, ratios, note)

"""Fixtures of pytest for programs that use a scheduler: a clock that stands still until a test moves it, and schedulers
that run each task when it is added.

Make them known in a conftest.py: `pytest_plugins = ["uvsched.testing"]`. docs/testing.md has examples.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from datetime import timezone as fixed_zone
from typing import TYPE_CHECKING, Any

import pytest

from .schedulers import AsyncIOScheduler

if TYPE_CHECKING:
    from .tasks import Task

__all__ = ["Clock", "ImmediateScheduler", "clock", "immediate_scheduler"]

_PATIENCE = 30.0  # seconds of real time for what a step of the clock makes due
_LOOK = 0.001  # seconds for the loop, in which it goes on with coroutines
_WAIT_MS = 1  # for the engine, in which it answers


class Clock:
    """A clock for schedulers, which stands still until advance() moves it.

    Args:
        start: where it stands first; aware.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._schedulers: list[AsyncIOScheduler] = []

    @property
    def now(self) -> datetime:
        """The time, aware."""
        return self._now

    def scheduler(self, kind: type[AsyncIOScheduler] = AsyncIOScheduler, **options: Any) -> AsyncIOScheduler:
        """A scheduler that goes by this clock.

        Args:
            kind: its class; options: its arguments.
        """
        made = kind(manual_clock=self._now, **options)
        self._schedulers.append(made)
        return made

    async def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Moves the clock forward, from one due time to the next, and returns when what became due has been run: a day
        of tasks takes milliseconds. Each run sees the time at which it was due.

        Raises:
            TimeoutError: runs have not ended after half a minute of real time.
        """
        end = self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        await self._settle()
        while (step := self._next(end)) is not None:
            self._move(step)
            await self._settle()
        self._move(end)
        await self._settle()

    def _next(self, end: datetime) -> datetime | None:
        """The next due time up to `end`; None if there is none."""
        times = [
            task.next_run_time
            for scheduler in self._schedulers
            if scheduler.running
            for task in scheduler.get_task_infos(schedule_state="scheduled")
        ]
        return min((moment for moment in times if moment is not None and self._now < moment <= end), default=None)

    def _move(self, to: datetime) -> None:
        for scheduler in self._schedulers:
            scheduler.advance(to - self._now)
        self._now = to

    async def _settle(self) -> None:
        """Lets the loop run until nothing is due and nothing is under way."""
        deadline = time.monotonic() + _PATIENCE
        while not all(each._handle.usable().wait_idle(_WAIT_MS) for each in self._schedulers if each.running):
            if time.monotonic() > deadline:
                raise TimeoutError("runs are under way, and do not end")
            await asyncio.sleep(_LOOK)


class ImmediateScheduler(AsyncIOScheduler):
    """A scheduler that runs each task once when it is added, whatever its trigger, by run_task."""

    def add_task(self, *args: Any, **options: Any) -> Any:
        added = super().add_task(*args, **options)
        if callable(getattr(added, "run", None)) and self.running:
            task: Task = added
            task.run()
        return added


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at 2030-01-01 00:00 UTC; `clock.scheduler()` makes schedulers that go by it."""
    return Clock(datetime(2030, 1, 1, tzinfo=fixed_zone.utc))


@pytest.fixture
def immediate_scheduler() -> Iterator[Callable[..., ImmediateScheduler]]:
    """Makes schedulers that run each task once when it is added; those that still run at the test's end are stopped."""
    made: list[ImmediateScheduler] = []

    def make(**options: Any) -> ImmediateScheduler:
        made.append(ImmediateScheduler(**options))
        return made[-1]

    yield make
    for scheduler in made:
        while scheduler.running:
            scheduler.shutdown(wait=False)

"""Schedulers of the program's own: what they override is what tasks, decorators and context managers call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from uvsched.exceptions import TaskLookupError
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import IntervalTrigger

from .conftest import NOON

METHODS = (
    "add_task",
    "delete_task",
    "pause_task",
    "reschedule_task",
    "resume_task",
    "run_task",
    "shutdown",
    "start",
    "update_task",
)


class Noting(AsyncIOScheduler):
    """Notes which of its methods are called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.called: list[str] = []

    async def shutdown_async(self, *args: Any, **kwargs: Any) -> bool:
        self.called.append("shutdown_async")
        return await super().shutdown_async(*args, **kwargs)


def noting(name: str) -> Any:
    def method(self: Noting, *args: Any, **kwargs: Any) -> Any:
        self.called.append(name)
        return getattr(super(Noting, self), name)(*args, **kwargs)

    return method


for method_name in METHODS:
    setattr(Noting, method_name, noting(method_name))


def job() -> None:
    """A task."""


@pytest.fixture
def scheduler() -> Iterator[Noting]:
    made = Noting(manual_clock=NOON, executors={"default": DebugExecutor()}, isolated_event_loop=True)
    with made:
        yield made
    assert made.called[0] == "start"
    assert made.called[-1] == "shutdown"


def test_a_task_calls_the_methods_of_its_scheduler(scheduler: Noting) -> None:
    task = scheduler.add_task(job, IntervalTrigger(hours=1), id="job")
    scheduler.called.clear()
    scheduler.called.append("start")
    task.update(max_instances=2).reschedule("interval", minutes=5).pause()
    task.resume()
    task.run()
    task.delete()
    assert scheduler.called[1:] == [
        "update_task",
        "reschedule_task",
        "pause_task",
        "resume_task",
        "run_task",
        "delete_task",
    ]
    with pytest.raises(TaskLookupError):
        _ = task.name


def test_a_decorator_calls_add_task_of_its_scheduler(scheduler: Noting) -> None:
    decorator = scheduler.add_task(trigger="interval", hours=1, id="decorated", max_instances=3)
    assert decorator(job) is job
    assert scheduler.called == ["start", "add_task", "add_task"]
    assert decorator.task is not None
    assert (decorator.task.max_instances, decorator.task.scheduler) == (3, scheduler)


def test_an_asynchronous_context_manager_calls_shutdown_async() -> None:
    scheduler = Noting()

    async def main() -> None:
        async with scheduler:
            pass

    asyncio.run(main())
    assert scheduler.called == ["start", "shutdown_async"]

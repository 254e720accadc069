"""Tasks that are made apart from a scheduler, and given to it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.enums import TaskScheduleState
from uvsched.exceptions import ConflictIdError, SchedulerNotRunningError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import SQLiteStore
from uvsched.tasks import Task
from uvsched.triggers import BaseTrigger, CronTrigger, IntervalTrigger

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def job(number: int = 0) -> None: ...


def test_what_it_shows_before_it_is_added() -> None:
    task = Task(
        job, id="x", trigger=IntervalTrigger(hours=1), args=[7], name="n", mistrigger_grace_time=5, max_instances=3
    )
    assert (task.id, task.name, task.fn, task.args, task.kwargs) == ("x", "n", job, (7,), {})
    assert (task.trigger, task.executor, task.store_alias) == (IntervalTrigger(hours=1), "default", "default")
    assert (task.mistrigger_grace_time, task.max_instances, task.coalesce) == (5, 3, True)
    assert (task.pending, task.submitted, task.paused) == (True, False, False)
    assert task.schedule_state is TaskScheduleState.PENDING
    assert task.fn_reference == f"{__name__}:job"
    assert task.next_run_time is not None
    assert task.snapshot().callable_name == "job"
    assert "<Task 'x'" in repr(task)
    assert Task().fn is None
    assert Task(job, next_run_time=None).paused
    assert Task(job, next_run_time=NOON).next_run_time == NOON


def test_it_is_live_once_it_is_added(tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(stores={"disk": SQLiteStore(tmp_path / "tasks.db")}, manual_clock=NOON, timezone="UTC")
    task = Task(fn=job, id="x", trigger=IntervalTrigger(hours=1), store_alias="disk", kwargs={"number": 3})
    assert scheduler.add_task(task) is task
    with scheduler:
        assert task.scheduler is scheduler
        assert task == scheduler.get_task("x")
        assert (task.store_alias, task.kwargs, task.pending) == ("disk", {"number": 3}, False)
        assert task.next_run_time == NOON + timedelta(hours=1)
        task.pause()
        assert task.paused


def test_the_call_overrides_the_task() -> None:
    scheduler = AsyncIOScheduler(task_defaults={"max_instances": 9})
    task = scheduler.add_task(Task(job, id="x", trigger=IntervalTrigger(hours=1)), id="y", trigger="interval", days=1)
    assert (task.id, task.trigger, task.max_instances) == ("y", IntervalTrigger(days=1), 9)


def test_one_without_a_trigger_runs_once() -> None:
    scheduler = AsyncIOScheduler()
    task = scheduler.add_task(Task(f"{__name__}:job"))
    assert task.trigger is not None
    assert task.trigger.alias == "date"
    assert len(task.id) == 32


class Own(BaseTrigger):
    def get_next_trigger_time(self, timezone: Any, previous_time: Any, now: Any = None) -> Any:
        return None if previous_time else now


def test_a_trigger_of_the_program_s_own() -> None:
    task = Task(job, trigger=Own())
    assert isinstance(task.trigger, Own)
    assert isinstance(AsyncIOScheduler().add_task(task).trigger, Own)


def test_it_is_changed_before_it_is_added() -> None:
    scheduler = AsyncIOScheduler(timezone="UTC")
    task = Task(id="x", fn=job, scheduler=scheduler, trigger=IntervalTrigger(hours=1), max_instances=3)
    assert task.scheduler is scheduler
    assert scheduler.get_tasks() == []
    assert task.update(name="another", max_instances=5, coalesce=False) is task
    assert (task.id, task.name, task.max_instances, task.coalesce) == ("x", "another", 5, False)
    assert task.reschedule(trigger="cron", hour=10, minute=5).trigger == CronTrigger(hour=10, minute=5)
    assert task.reschedule(hour=11).trigger == CronTrigger(hour=11)
    assert task.pause().next_run_time is None
    resumed = task.resume()
    assert resumed is not None
    assert resumed.next_run_time is not None
    with pytest.raises(TypeError, match="max_instance"):
        task.update(max_instance=3)  # type: ignore[call-arg]
    scheduler.add_task(task)
    found = scheduler.get_task("x")
    assert found is not None
    assert (found.name, found.max_instances, found.trigger) == ("another", 5, CronTrigger(hour=11, timezone="UTC"))


def test_what_cannot_be_done() -> None:
    scheduler = AsyncIOScheduler()
    task = Task(job, id="x", trigger=IntervalTrigger(hours=1))
    for call in (task.run, task.delete):
        with pytest.raises(SchedulerNotRunningError, match="was not added to a scheduler yet"):
            call()  # type: ignore[operator]
    scheduler.add_task(task)
    with pytest.raises(TypeError, match="is a task of a scheduler already"):
        scheduler.add_task(task)
    with pytest.raises(TypeError, match="the task has no function"):
        scheduler.add_task(Task(id="y"))
    other = Task(job, id="x", trigger=IntervalTrigger(hours=2))
    with pytest.raises(ConflictIdError):
        scheduler.add_task(other)
    assert other.draft is not None
    with pytest.raises(TypeError, match=r"'max_instance' \(did you mean 'max_instances'\?\)"):
        Task(job, max_instance=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="max_instances: expected a whole number"):
        Task(job, max_instances="many")  # type: ignore[arg-type]
    with pytest.raises(LookupError):
        Task("nowhere:job")

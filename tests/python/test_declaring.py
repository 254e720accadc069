"""Programs that declare their tasks each time they start, on one file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.exceptions import ConflictIdError, TaskLookupError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import SQLiteStore
from uvsched.tasks import Task
from uvsched.triggers import CronTrigger, IntervalTrigger

from .conftest import Script

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

Declare = Callable[[AsyncIOScheduler, int], None]


def job() -> None:
    """Does nothing."""


def other() -> None:
    """Nor does this."""


def call(scheduler: AsyncIOScheduler, seconds: int) -> None:
    scheduler.add_task(job, "interval", seconds=seconds, id="tick")


def decorator(scheduler: AsyncIOScheduler, seconds: int) -> None:
    scheduler.add_task(trigger="interval", seconds=seconds, id="tick")(job)


def without_id(scheduler: AsyncIOScheduler, seconds: int) -> None:
    scheduler.add_task(job, "interval", seconds=seconds)


def make(tmp_path: Path, **options: Any) -> AsyncIOScheduler:
    return AsyncIOScheduler(
        stores={"default": SQLiteStore(tmp_path / "tasks.db")}, manual_clock=NOON, timezone="UTC", **options
    )


def only(scheduler: AsyncIOScheduler) -> Task:
    (task,) = scheduler.get_tasks()
    return task


@pytest.mark.parametrize("declare", [call, decorator, without_id])
def test_one_rule_for_each_form(tmp_path: Path, declare: Declare, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def start(seconds: int, edit: int | None = None) -> IntervalTrigger:
        scheduler = make(tmp_path)
        declare(scheduler, seconds)
        caplog.clear()
        with scheduler:
            task = only(scheduler)
            found = task.trigger
            if edit is not None:
                task.reschedule("interval", seconds=edit)
        assert isinstance(found, IntervalTrigger)
        return found

    start(10, edit=20)
    assert start(10) == IntervalTrigger(seconds=20)  # the edit stays
    assert "declaration has changed" not in caplog.text
    assert start(30) == IntervalTrigger(seconds=30)  # the code has changed
    assert "interval of 20 s -> interval of 30 s" in caplog.text
    assert "an edit that was made since the last declaration is overwritten" in caplog.text
    assert start(40) == IntervalTrigger(seconds=40)
    assert "overwritten" not in caplog.text


def test_on_conflict(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = make(tmp_path)
    call(scheduler, 2)
    with scheduler:
        with pytest.raises(ConflictIdError, match="interval of 2 s, here interval of 1 s"):
            call(scheduler, 1)
        kept = scheduler.add_task(job, "interval", seconds=1, id="tick", on_conflict="keep")
        assert kept.trigger == IntervalTrigger(seconds=2)
        replaced = scheduler.add_task(job, "interval", seconds=3, id="tick", replace_existing=True)
        assert replaced.trigger == IntervalTrigger(seconds=3)
    scheduler = make(tmp_path)
    scheduler.add_task(job, "interval", seconds=1, id="tick", on_conflict="raise")
    with pytest.raises(ConflictIdError, match="interval of 3 s, here interval of 1 s"):
        scheduler.start()
    scheduler = make(tmp_path)
    scheduler.add_task(job, "interval", seconds=1, id="tick", on_conflict="keep")
    caplog.clear()
    with scheduler:
        assert only(scheduler).trigger == IntervalTrigger(seconds=3)
    (line,) = [record.message for record in caplog.records if "tick" in record.message]
    assert line.count("tick") == 1
    assert "the stored task stays" in line


@pytest.mark.parametrize("undeclared", ["keep", "pause", "delete"])
def test_what_is_not_declared_any_more(tmp_path: Path, undeclared: str, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = make(tmp_path)
    for id in ("a", "b"):
        scheduler.add_task(job, "interval", hours=1, id=id)
    with scheduler:
        scheduler.add_task(job, "interval", hours=1, id="by request")
    scheduler = make(tmp_path, undeclared=undeclared)
    scheduler.add_task(job, "interval", hours=1, id="b")
    with scheduler:
        states = {task.id: task.paused for task in scheduler.get_tasks()}
    expected = {"a": undeclared == "pause", "b": False, "by request": False}
    if undeclared == "delete":
        del expected["a"]
    assert states == expected
    (line,) = [record.message for record in caplog.records if "an earlier start declared" in record.message]
    assert '"a", but this one did not' in line
    with pytest.raises(ValueError, match='undeclared: "drop" is not one of keep, pause, delete'):
        make(tmp_path, undeclared="drop")


def test_a_renamed_function_is_another_declaration(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for fn in (job, other):
        scheduler = make(tmp_path)
        scheduler.add_task(fn, "interval", hours=1, id="tick")
        caplog.clear()
        with scheduler:
            assert only(scheduler).fn is fn
    assert "cannot run in this process" not in caplog.text
    assert f"{job.__module__}:job -> {other.__module__}:other" in caplog.text


@pytest.mark.asyncio
async def test_a_function_that_is_added_after_the_start_is_not_missed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = make(tmp_path)
    before.add_task(job, "interval", hours=1, id="stored")
    async with before:
        pass
    caplog.clear()
    scheduler = make(tmp_path)
    async with scheduler:
        scheduler.add_task(job, "interval", hours=1, id="added")  # before asyncio hears of the stored one
        task = scheduler.get_task("stored")
        assert task is not None
        while scheduler.get_scheduler_info().fires < 2:
            scheduler.advance(3600)
            await asyncio.sleep(0.001)
        assert task.problem is None
    assert "cannot run in this process" not in caplog.text


def test_one_offs_without_an_id_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scheduler = make(tmp_path)
    scheduler.add_task(job, "date", run_at=NOON + timedelta(days=1))
    with scheduler:
        pass
    assert "give it an id to run it only once" in caplog.text


@pytest.mark.parametrize("durable", [False, True])
def test_what_will_never_fire_is_told(tmp_path: Path, durable: bool, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = make(tmp_path) if durable else AsyncIOScheduler(manual_clock=NOON, timezone="UTC")
    with scheduler:
        never = scheduler.add_task(job, CronTrigger.from_crontab("0 0 31 2 *"), id="never")
        past = scheduler.add_task(job, "date", run_at=NOON - timedelta(hours=1), id="past")
        for task in (never, past):
            assert task.next_run_time is None
            assert task.snapshot().finished
        (row,) = scheduler.history("never")
        assert (row.state, row.reason, row.folded) == ("missed", "never_fires", 0)
        assert row.error is not None
        assert row.error.startswith("it will never fire: ")
        never.delete()
        with pytest.raises(TaskLookupError):
            never.next_run_time  # noqa: B018
    assert "task job: it will never fire" in caplog.text or "task never: it will never fire" in caplog.text


def test_a_script_is_told_once_that_its_functions_are_its_own(script: Script) -> None:
    printed = script.run(
        """
        import logging, sys
        from uvsched import AsyncIOScheduler, SQLiteStore

        logging.basicConfig(stream=sys.stdout, level=logging.INFO)

        def first(): ...
        def second(): ...

        scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")})
        for job in (first, second):
            scheduler.add_task(job, "interval", hours=1)
        with scheduler:
            print([task.fn.__name__ for task in scheduler.get_tasks()])
        """
    )
    assert "['first', 'second']" in printed or "['second', 'first']" in printed
    assert printed.count("__main__:first") == 1
    assert "move it to a module that both import" in printed
    assert "__main__:second" not in printed

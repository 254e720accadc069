"""The methods of schedulers that asyncz has beside those of tasks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from uvsched.events import SchedulerEvent, TaskEvent
from uvsched.exceptions import SchedulerAlreadyRunningError, TaskLookupError
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import MemoryStore, SQLiteStore
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger


def job() -> None: ...


def other() -> None: ...


def test_setup_configures_further() -> None:
    scheduler = AsyncIOScheduler(executors={"default": DebugExecutor()}, task_defaults={"max_instances": 2})
    task = scheduler.add_task(job, "interval", hours=1, id="x")
    scheduler.setup({"asyncz.timezone": "Europe/Madrid"}, executors={"pool": ThreadPoolExecutor(3)}, identity="me")
    assert str(scheduler.timezone) == "Europe/Madrid"
    assert scheduler.identity == "me"
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    assert isinstance(scheduler.executors["pool"], ThreadPoolExecutor)
    assert (task.max_instances, task.trigger) == (2, IntervalTrigger(hours=1))
    scheduler.setup({"mine.task_defaults.max_instances": "4", "other.timezone": 3}, prefix="mine.")
    assert scheduler.add_task(job, "interval", hours=2, id="y").max_instances == 4


def test_a_wrong_setup_changes_nothing() -> None:
    scheduler = AsyncIOScheduler(timezone="UTC")
    with pytest.raises(ValueError, match="undeclared"):
        scheduler.setup(timezone="Europe/Madrid", undeclared="forget", stores={"disk": "sqlite:x.db"})
    assert scheduler.timezone is timezone.utc
    assert set(scheduler.stores) == {"default"}
    with pytest.raises(TypeError, match=r"'timezon' \(did you mean 'timezone'\?\)"):
        scheduler.setup(timezon="UTC")


def test_setup_after_a_start_is_refused() -> None:
    scheduler = AsyncIOScheduler()
    with scheduler, pytest.raises(SchedulerAlreadyRunningError, match="before the first start"):
        scheduler.setup(timezone="UTC")


def test_parts_are_removed_before_the_first_start(tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(stores={"disk": SQLiteStore(tmp_path / "x.db")}, executors={"debug": DebugExecutor()})
    scheduler.remove_store("disk")
    scheduler.remove_executor("debug", shutdown=False)
    assert set(scheduler.stores) == set(scheduler.executors) == {"default"}
    with pytest.raises(LookupError, match="there is no store 'disk'"):
        scheduler.remove_store("disk")
    scheduler.add_executor("debug", "debug")
    scheduler.add_task(job, "interval", hours=1, executor="debug", id="x")
    with pytest.raises(ValueError, match=r"executor 'debug' is used by 1 task\(s\), such as 'x'"):
        scheduler.remove_executor("debug")
    assert "debug" in scheduler.executors


def test_parts_are_looked_up() -> None:
    scheduler = AsyncIOScheduler()
    assert scheduler.lookup_store("default") is scheduler.stores["default"]
    assert scheduler.lookup_executor("default") is scheduler.executors["default"]
    assert isinstance(scheduler.create_default_store(), MemoryStore)
    assert isinstance(scheduler.create_default_executor(), AsyncIOExecutor)
    with pytest.raises(LookupError, match="there is no executor 'x'"):
        scheduler.lookup_executor("x")
    task = scheduler.add_task(job, "interval", hours=1, id="x")
    assert scheduler.lookup_task("x", None) == (task, "default")
    with pytest.raises(TaskLookupError):
        scheduler.lookup_task("y", "default")
    assert scheduler.get_task("x", "nowhere") is None


def test_triggers_are_made() -> None:
    scheduler = AsyncIOScheduler()
    assert scheduler.create_trigger("interval", {"hours": 2}) == IntervalTrigger(hours=2)
    assert scheduler.create_trigger("0 5 * * *") == CronTrigger.from_crontab("0 5 * * *")
    assert isinstance(scheduler.create_trigger(None, {"run_at": "2030-01-01"}), DateTrigger)
    with pytest.raises(TypeError, match="create_trigger with trigger 'interval'"):
        scheduler.create_trigger("interval", {"second": 2})
    scheduler.wakeup()


def test_infos_are_filtered_and_sorted() -> None:
    scheduler = AsyncIOScheduler(executors={"debug": DebugExecutor()}, stores={"second": MemoryStore()})
    scheduler.add_task(job, "cron", hour=3, id="a", name="Zebra", executor="debug")
    scheduler.add_task(other, "interval", hours=1, id="b", name="apple")
    scheduler.add_task(other, "interval", hours=1, id="c", next_run_time=None, store="second")

    def ids(**given: object) -> list[str]:
        return [info.id for info in scheduler.get_task_infos(**given)]  # type: ignore[arg-type]

    with scheduler:
        assert ids(schedule_state="paused") == ["c"]
        assert set(ids(schedule_state="SCHEDULED")) == {"a", "b"}
        assert ids(executor="debug") == ["a"]
        assert ids(trigger="cron") == ids(trigger="CronTrigger") == ["a"]
        assert ids(q="ZEB") == ["a"]
        assert ids(q="other", sort_by="id", descending=True) == ["c", "b"]
        assert ids(sort_by="name") == ["b", "c", "a"]
        assert ids(sort_by="trigger") == ["a", "b", "c"]
        assert ids()[-1] == "c"
        assert ids(store="second") == ["c"]
        with pytest.raises(ValueError, match=r"sort_by: 'nam' is not one of .* \(did you mean 'name'\?\)"):
            ids(sort_by="nam")
        with pytest.raises(ValueError, match=r"schedule_state: 'pausd' .* \(did you mean 'paused'\?\)"):
            ids(schedule_state="pausd")


def test_pictures_and_events_as_dictionaries() -> None:
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_task(job, "interval", hours=1, id="x", args=[], name="n")
    info = scheduler.get_task_info("x")
    assert info is not None
    assert info.model_dump()["schedule_state"] is info.schedule_state
    assert info.model_dump(mode="json", exclude_none=True)["schedule_state"] == "pending"
    preview = scheduler.preview_task_runs("x")
    assert preview is not None
    assert preview.model_dump()["task"]["id"] == "x"
    assert isinstance(preview.model_dump(mode="json")["generated_at"], str)
    assert scheduler.get_scheduler_info().model_dump(mode="json")["state"] == 0
    event = TaskEvent(code=1, task_id="x", time=datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert event.model_dump(mode="json", exclude_none=True)["time"] == "2030-01-01T00:00:00+00:00"
    assert SchedulerEvent(code=1, alias="a").model_dump()["alias"] == "a"


def test_started_at() -> None:
    scheduler = AsyncIOScheduler()
    assert scheduler.started_at is None
    with scheduler:
        assert scheduler.started_at is not None
        assert timedelta(0) <= datetime.now(timezone.utc) - scheduler.started_at < timedelta(minutes=1)
    assert scheduler.started_at is None

"""Arguments that nobody knows: each error says which was meant, wherever it was given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from uvsched.contrib.esmerald import AsynczConfig, ImproperlyConfigured, Task
from uvsched.contrib.esmerald import scheduler as decorator
from uvsched.executors import ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import MemoryStore, SQLiteStore
from uvsched.triggers import (
    AndTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
)

scheduler: Any = AsyncIOScheduler()


def job() -> None:
    """A task."""


def setup_module() -> None:
    scheduler.add_task(job, "interval", seconds=1, id="x")


def unknown(call: str, *told: str) -> str:
    plural = "s" if len(told) > 1 else ""
    return f"{call}: unknown argument{plural} {', '.join(told)}"


def meant(name: str, word: str) -> str:
    return f"{name!r} (did you mean {word!r}?)"


every: Any = IntervalTrigger(seconds=1)

WRONG: list[tuple[Any, dict[str, Any], str]] = [
    # What APScheduler calls it.
    (
        lambda **given: scheduler.add_task(job, "interval", seconds=1, **given),
        {"misfire_grace_time": 5},
        unknown("add_task with trigger 'interval'", meant("misfire_grace_time", "mistrigger_grace_time")),
    ),
    (
        lambda **given: scheduler.add_task(job, "interval", seconds=1, **given),
        {"start_date": None, "end_date": None},
        unknown("add_task with trigger 'interval'", meant("start_date", "start_at"), meant("end_date", "end_at")),
    ),
    (
        lambda **given: scheduler.add_task(job, **given),
        {"run_date": None},
        unknown("add_task without a trigger", meant("run_date", "run_at")),
    ),
    (
        lambda **given: scheduler.add_task(job, every, **given),
        {"jobstore": "default"},
        unknown("add_task with a trigger object", meant("jobstore", "store")),
    ),
    (
        lambda **given: scheduler.add_task(trigger=timedelta(1), **given),
        {"func": job},
        unknown("add_task with a timedelta as trigger", meant("func", "fn")),
    ),
    # What is spelt alike.
    (
        lambda **given: scheduler.add_task(job, "interval", **given),
        {"second": 5},
        unknown("add_task with trigger 'interval'", meant("second", "seconds")),
    ),
    (
        lambda **given: scheduler.add_task(job, "cron", **given),
        {"hours": 5},
        unknown("add_task with trigger 'cron'", meant("hours", "hour")),
    ),
    (
        lambda **given: scheduler.add_task(job, "interval", seconds=1, **given),
        {"max_instance": 2},
        unknown("add_task with trigger 'interval'", meant("max_instance", "max_instances")),
    ),
    # What something else takes, and what nothing does.
    (
        lambda **given: scheduler.add_task(job, **given),
        {"weeks": 5},
        unknown(
            "add_task without a trigger",
            "'weeks' (which belongs to trigger 'calendar_interval' and trigger 'interval')",
        ),
    ),
    (
        lambda **given: scheduler.add_task(job, "cron", expression="@daily", **given),
        {"minute": 5},
        unknown(
            "add_task with trigger 'cron' and an expression",
            "'minute' (which belongs to trigger 'calendar_interval' and trigger 'cron')",
        ),
    ),
    (
        lambda **given: scheduler.update_task("x", **given),
        {"colour": "red", "max_catchup": 5},
        unknown("update_task", "'colour'", meant("max_catchup", "max_catch_up"))
        + "; known are args, coalesce, executor, fn, kwargs, max_catch_up, max_crashes, max_instances, "
        "mistrigger_grace_time, name, next_run_time, on_crash, trigger",
    ),
    # Wherever it is given.
    (
        lambda **given: scheduler.reschedule_task("x", trigger="interval", **given),
        {"start_date": None},
        unknown("reschedule_task with trigger 'interval'", meant("start_date", "start_at")),
    ),
    (
        lambda **given: scheduler.get_task("x").reschedule(**given),
        {"hour": 1},
        unknown("reschedule_task with trigger 'interval'", meant("hour", "hours")),
    ),
    (IntervalTrigger, {"start_date": None}, unknown("IntervalTrigger", meant("start_date", "start_at"))),
    (DateTrigger, {"run_date": None}, unknown("DateTrigger", meant("run_date", "run_at"))),
    (CronTrigger, {"end_date": None}, unknown("CronTrigger", meant("end_date", "end_at"))),
    (CronTrigger.from_crontab, {"tz": None}, unknown("CronTrigger.from_crontab", meant("tz", "timezone"))),
    (CalendarIntervalTrigger, {"day": 1}, unknown("CalendarIntervalTrigger", meant("day", "days"))),
    (AndTrigger, {"start_date": None}, unknown("BaseCombinationTrigger", meant("start_date", "start_at"))),
    (OrTrigger, {"trigger": None}, unknown("BaseCombinationTrigger", meant("trigger", "triggers"))),
    (ShutdownTrigger, {"jiter": None}, unknown("ShutdownTrigger", meant("jiter", "jitter"))),
    (
        AsyncIOScheduler,
        {"jobstores": {}, "job_defaults": {}},
        unknown("scheduler", meant("jobstores", "stores"), meant("job_defaults", "task_defaults")),
    ),
    (
        lambda **given: AsyncIOScheduler({"uvsched.timezon": "UTC"}),
        {},
        unknown("scheduler", meant("timezon", "timezone")),
    ),
    (
        lambda **given: AsyncIOScheduler(task_defaults=given),
        {"misfire_grace_time": 1},
        unknown("task_defaults", meant("misfire_grace_time", "mistrigger_grace_time")),
    ),
    (
        SQLiteStore,
        {"path": "x", "keep": 1},
        unknown("SQLiteStore", "'keep'") + "; known are ",
    ),
    (MemoryStore, {"histori": 1}, unknown("MemoryStore", meant("histori", "history"))),
    (ThreadPoolExecutor, {"max_worker": 1}, unknown("ThreadPoolExecutor", meant("max_worker", "max_workers"))),
    (Task, {"misfire_grace_time": 1}, unknown("Task", meant("misfire_grace_time", "mistrigger_grace_time"))),
    (decorator, {"jobstore": "default"}, unknown("scheduler", meant("jobstore", "store"))),
]


@pytest.mark.parametrize(("call", "given", "message"), WRONG)
def test_what_was_meant_is_named(call: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as error:
        call(**given)
    assert str(error.value).startswith(message)


@pytest.mark.filterwarnings("ignore:AsynczConfig has no tasks")
@pytest.mark.parametrize(
    ("name", "word"), [("jobs", "tasks"), ("shutdown_timout", "shutdown_timeout"), ("jobstores", "stores")]
)
def test_a_configuration_of_esmerald(name: str, word: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        AsynczConfig(**{name: {}})
    assert str(error.value) == f"the scheduler cannot be made: {unknown('AsynczConfig', meant(name, word))}"


def test_the_name_of_a_trigger() -> None:
    with pytest.raises(LookupError, match="there is no trigger with the name 'interva' .did you mean 'interval'"):
        scheduler.add_task(job, "interva", seconds=1)
    with pytest.raises(TypeError, match=r"trigger: IntervalTrigger is a class; pass IntervalTrigger\(…\)"):
        scheduler.add_task(job, IntervalTrigger, seconds=1)
    with pytest.raises(
        LookupError, match="there is no trigger with the name 'moon' .known: and, calendar_interval, cron"
    ):
        scheduler.update_task("x", trigger="moon")


def test_other_errors_of_a_constructor_stay() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'triggers'"):
        AndTrigger()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="hours: expected a number, not str"):
        IntervalTrigger(hours="1")  # type: ignore[arg-type]

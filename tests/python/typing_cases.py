"""Calls as type checkers see them: test_typing.py compares what they say with the comments `error:` here."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from typing_extensions import assert_type
from uvsched.schedulers import AsyncIOScheduler
from uvsched.tasks import Task
from uvsched.tasks.base import TaskDecorator
from uvsched.triggers import CalendarIntervalTrigger, CronTrigger, DateTrigger, IntervalTrigger

scheduler = AsyncIOScheduler(task_defaults={"coalesce": False, "max_crashes": 2})
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def job(*words: str) -> None:
    """A function."""


async def coroutine() -> int:
    return 1


# ---- What is right ----

assert_type(scheduler.add_task(job), Task)
assert_type(scheduler.add_task(coroutine, "interval", seconds=5), Task)
assert_type(scheduler.add_task("package.module:function", trigger="interval", weeks=1, days=0.5, start_at=NOON), Task)
assert_type(scheduler.add_task(job, timedelta(minutes=1), jitter=5), Task)
assert_type(scheduler.add_task(job, "date", run_at="2026-01-01T12:00:00", timezone="Europe/Madrid"), Task)
assert_type(scheduler.add_task(job, run_at=NOON, id="once"), Task)
assert_type(scheduler.add_task(job, "cron", hour="9-17", minute=0, day_of_week="mon-fri", gap="skip"), Task)
assert_type(scheduler.add_task(job, "cron", expression="H 3 * * *", key="night", overlap="both"), Task)
assert_type(scheduler.add_task(job, "calendar_interval", months=1, hour=6), Task)
assert_type(scheduler.add_task(job, "and", triggers=[IntervalTrigger(hours=1), CronTrigger(hour=2)]), Task)
assert_type(scheduler.add_task(job, "shutdown", id="last"), Task)
assert_type(scheduler.add_task(job, CalendarIntervalTrigger(days=2), name="every other day"), Task)
assert_type(scheduler.add_task(fn=job, trigger="interval", seconds=5), Task)
scheduler.add_task(
    job,
    IntervalTrigger(seconds=10),
    args=["a", "b"],
    kwargs={},
    id="all",
    name="with every option",
    mistrigger_grace_time=timedelta(seconds=5),
    coalesce=False,
    max_instances=2,
    next_run_time=None,
    store="default",
    executor="default",
    replace_existing=True,
    on_conflict="raise",
    on_crash="mark_lost",
    max_catch_up=10,
    max_crashes=1,
)


@scheduler.add_task(trigger="interval", minutes=5, id="sync", on_conflict="replace", max_crashes=2)
def sync(limit: int = 5) -> int:
    return limit


assert_type(sync(3), int)
assert_type(scheduler.add_task(trigger="cron", hour=3), TaskDecorator)
assert_type(scheduler.add_task(trigger=DateTrigger(NOON)), TaskDecorator)
assert_type(scheduler.add_task(id="now"), TaskDecorator)

scheduler.update_task("all", name="new", max_instances=3, trigger=IntervalTrigger(hours=1), on_crash="rerun")
scheduler.update_task("all", executor="default", max_catch_up=5, max_crashes=1, args=(), next_run_time=NOON)
scheduler.reschedule_task("all", trigger="interval", seconds=3)
scheduler.reschedule_task("all", seconds=3)
AsyncIOScheduler({"stores": {"default": "memory"}}, timezone="UTC", isolated_event_loop=True, manual_clock=NOON)

# ---- What is wrong ----

scheduler.add_task(job, "interval", seconds=5, on_conflict="keeep")  # error: call-overload
scheduler.add_task(job, "interval", seconds=5, on_crash="again")  # error: call-overload
scheduler.add_task(job, "interval", seconds=5, max_crashes="2")  # error: call-overload
scheduler.add_task(job, "interval", seconds=5, max_catch_up=1.5)  # error: call-overload
scheduler.add_task(job, "interval", seconds="5")  # error: call-overload
scheduler.add_task(job, trigger="interva", seconds=5)  # error: call-overload
scheduler.add_task(job, "interval", hour=5)  # error: call-overload
scheduler.add_task(job, "cron", hours=5)  # error: call-overload
scheduler.add_task(job, "cron", hour=5, overlap="second")  # error: call-overload
scheduler.add_task(job, "interval", seconds=5, misfire_grace_time=5)  # error: call-overload
scheduler.add_task(job, IntervalTrigger(seconds=5), seconds=5)  # error: call-overload
scheduler.add_task(job, "and")  # error: call-overload
scheduler.add_task(5, "interval", seconds=5)  # error: call-overload
scheduler.add_task(None, "interval", seconds=5)  # error: call-overload
scheduler.add_task(trigger="interva", id="x")  # error: call-overload
scheduler.add_task(trigger="interval", seconds=5, on_conflict="keeep")  # error: call-overload
scheduler.update_task("all", max_crashes="2")  # error: arg-type
scheduler.update_task("all", jobstore="default")  # error: call-arg
scheduler.reschedule_task("all", trigger="interva")  # error: arg-type
IntervalTrigger(start_date=NOON)  # error: arg-type
CronTrigger(start_date=NOON)  # error: call-arg
CronTrigger(hour=5, overlap="second")  # error: arg-type
AsyncIOScheduler(job_defaults={})  # error: call-arg

"""Mistakes that users of asyncz and APScheduler make: each message says what was meant."""

from __future__ import annotations

import functools
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import BaseTrigger, CronTrigger, DateTrigger, IntervalTrigger

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def job() -> None: ...


@pytest.fixture
def scheduler() -> AsyncIOScheduler:
    return AsyncIOScheduler(timezone="UTC", manual_clock=NOON)


def test_a_cron_string_as_the_trigger(scheduler: AsyncIOScheduler) -> None:
    assert scheduler.add_task(job, "*/5 * * * *").trigger == CronTrigger.from_crontab("*/5 * * * *", timezone="UTC")
    assert scheduler.add_task(job, "@daily").trigger == CronTrigger.from_crontab("0 0 * * *", timezone="UTC")


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (
            (job, "cron", "*/5 * * * *"),
            {},
            r"args: the third argument without a name is args, and '\*/5 \* \* \* \*' is not a sequence; pass the cron "
            r"string as the trigger: add_task\(f, '\*/5 \* \* \* \*'\)",
        ),
        ((job, "interval", "x"), {"seconds": 5}, "args: the third argument .* is not a sequence$"),
        (
            ("interval",),
            {"seconds": 5},
            r"'interval' is a trigger, not a function; the decorator is add_task\(trigger=",
        ),
        (("0 5 * * *",), {}, r"'0 5 \* \* \*' is a trigger, not a function"),
        ((job, "cron"), {"hours": 5}, r"'hours' \(did you mean 'hour'\?\)"),
        ((job, "interval"), {"second": 5}, r"'second' \(did you mean 'seconds'\?\)"),
        ((job, "interval"), {"seconds": 5, "max_instance": 2}, r"'max_instance' \(did you mean 'max_instances'\?\)"),
        ((job, "interval"), {"misfire_grace_time": 5}, r"\(did you mean 'mistrigger_grace_time'\?\)"),
        ((job, "interval"), {"start_date": "2030-01-01"}, r"\(did you mean 'start_at'\?\)"),
        ((job, "cron"), {"end_date": "2030-01-01"}, r"\(did you mean 'end_at'\?\)"),
        ((job, "date"), {"run_date": "2030-01-01"}, r"\(did you mean 'run_at'\?\)"),
        ((job, "interval"), {"run_date": "2030-01-01"}, r"'run_date' \(which is 'run_at' of trigger 'date'\)"),
        ((job, "interval"), {"seconds": 5, "jobstore": "default"}, r"\(did you mean 'store'\?\)"),
    ],
)
def test_the_call_is_corrected(
    scheduler: AsyncIOScheduler, args: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        scheduler.add_task(*args, **options)
    assert scheduler.get_tasks() == []


def test_a_cron_string_in_place_of_fields() -> None:
    with pytest.raises(ValueError, match=r"is a cron string; write CronTrigger.from_crontab\('\*/5 \* \* \* \*'\)"):
        CronTrigger("*/5 * * * *")
    with pytest.raises(ValueError, match=r"from_crontab\('@daily'\)"):
        CronTrigger("@daily")
    assert CronTrigger("2030, 2031").fields == {"year": "2030, 2031"}


@pytest.mark.parametrize("what", ["store", "executor"])
def test_an_alias_is_corrected(scheduler: AsyncIOScheduler, what: str) -> None:
    options: dict[str, Any] = {what: "defualt"}
    with pytest.raises(LookupError, match=rf"there is no {what} 'defualt' \(did you mean 'default'\?\)"):
        scheduler.add_task(job, "interval", seconds=5, **options)


@pytest.mark.parametrize(
    ("theirs", "ours"), [("add_job", "add_task"), ("scheduled_job", "add_task"), ("remove_job", "delete_task")]
)
def test_a_method_of_apscheduler(scheduler: AsyncIOScheduler, theirs: str, ours: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{theirs}'; here it is '{ours}'"):
        getattr(scheduler, theirs)
    assert not hasattr(scheduler, "anything_else")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2030-1-2 3:04:05", datetime(2030, 1, 2, 3, 4, 5)),
        ("2030-1-2", datetime(2030, 1, 2)),
        ("2030-1-2T3:4", datetime(2030, 1, 2, 3, 4)),
        ("2030-1-2 3:4:5.25+02:00", datetime(2030, 1, 2, 3, 4, 5, 250_000, timezone(timedelta(hours=2)))),
        ("2030-01-02 03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        (date(2030, 1, 2), datetime(2030, 1, 2)),
    ],
)
def test_moments_as_people_write_them(moment: Any, expected: datetime) -> None:
    assert DateTrigger(moment).run_at == expected


@pytest.mark.parametrize("moment", ["2030-1-2 3", "2030-1", "2030-13-1", "2030-1-2 25:00", "tomorrow", "2030-1-2x"])
def test_moments_that_are_none(moment: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO 8601 date or time"):
        DateTrigger(moment)


@pytest.mark.parametrize(
    "trigger",
    [
        IntervalTrigger(hours=1, start_at="2030-01-02", end_at="2031-01-02", timezone="Europe/Madrid"),
        CronTrigger(hour=1, start_at=datetime(2030, 1, 2), end_at="2031-01-02", timezone=MADRID),
        DateTrigger("2030-01-02", start_at="2030-01-02", end_at="2031-01-02", timezone="Europe/Madrid"),
        CronTrigger(hour=1, start_at=datetime(2030, 1, 2, tzinfo=MADRID), end_at="2031-01-02"),
    ],
    ids=["interval", "cron", "date", "by the start"],
)
def test_times_of_a_trigger_with_a_zone_read_back_aware(trigger: Any) -> None:
    assert trigger.start_at == datetime(2030, 1, 2, tzinfo=MADRID)
    assert trigger.end_at == datetime(2031, 1, 2, tzinfo=MADRID)
    if isinstance(trigger, DateTrigger):
        assert trigger.run_at == datetime(2030, 1, 2, tzinfo=MADRID)
    assert eval(repr(trigger)) == trigger


def test_a_zone_of_pytz_with_a_fixed_offset() -> None:
    pytz = pytest.importorskip("pytz")
    trigger = IntervalTrigger(hours=1, start_at="2030-01-02", timezone=pytz.FixedOffset(60))
    assert trigger.start_at == datetime(2030, 1, 2, tzinfo=timezone(timedelta(hours=1)))


# ---- Tasks before the start ----


def test_a_task_before_the_start_has_a_next_time(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "cron", hour=15, id="x")
    first = NOON.replace(hour=15)
    assert task.next_run_time == task.snapshot().next_run_time == first
    preview = scheduler.preview_task_runs("x", count=2)
    assert preview is not None
    assert preview.run_times == (first, first + timedelta(days=1))
    assert not preview.exhausted
    assert task.schedule_state == "pending"


def test_an_explicit_first_time_and_a_pause(scheduler: AsyncIOScheduler) -> None:
    explicit = NOON + timedelta(minutes=1)
    task = scheduler.add_task(job, "cron", hour=15, id="x", next_run_time=explicit)
    assert task.next_run_time == explicit
    preview = scheduler.preview_task_runs("x", count=2)
    assert preview is not None
    assert preview.run_times == (explicit, NOON.replace(hour=15))
    task.update(next_run_time=explicit + timedelta(minutes=1))
    assert task.next_run_time == explicit + timedelta(minutes=1)
    paused = scheduler.add_task(job, "cron", hour=15, id="y", next_run_time=None)
    assert paused.next_run_time is None


class Twice(BaseTrigger):
    def get_next_trigger_time(self, timezone: Any, previous_time: datetime | None, now: datetime | None = None) -> Any:
        assert now is not None
        if previous_time is None:
            return now + timedelta(minutes=1)
        return now + timedelta(minutes=2) if previous_time < now + timedelta(minutes=2) else None


def test_a_custom_trigger_before_the_start(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, Twice(), id="x")
    preview = scheduler.preview_task_runs("x")
    assert preview is not None
    assert preview.run_times == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))
    assert preview.exhausted


def test_run_times_that_have_come(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "interval", minutes=10, start_at=NOON, max_catch_up=3)
    later = NOON + timedelta(minutes=25)
    assert task.get_run_times(MADRID, later) == [NOON + timedelta(minutes=m) for m in (0, 10, 20)]
    assert task.get_run_times(MADRID, later)[0].tzinfo is MADRID
    assert task.get_run_times(timezone.utc, NOON - timedelta(minutes=1)) == []
    assert len(task.get_run_times(timezone.utc, NOON + timedelta(days=1))) == 3


def test_a_partial_is_a_function(scheduler: AsyncIOScheduler) -> None:
    assert scheduler.add_task(functools.partial(job), "interval", hours=1).fn is not None


@pytest.mark.parametrize("section", ["stores", "executors"])
def test_a_misspelt_key_of_a_store_or_an_executor(section: str) -> None:
    for configuration in ({f"asyncz.{section}.default.typ": "memory"}, {section: {"default": {"typ": "memory"}}}):
        with pytest.raises(TypeError, match=rf"{section}\.default: unknown option 'typ' \(did you mean 'type'\?\)"):
            AsyncIOScheduler(configuration)

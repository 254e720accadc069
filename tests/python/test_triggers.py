"""Triggers as Python objects. When tasks fire by them is the engine's, and tested there."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.contrib.esmerald import Task
from uvsched.executors import DebugExecutor
from uvsched.triggers import (
    AndTrigger,
    BaseTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
)
from uvsched.triggers.factory import create_trigger
from uvsched.triggers.stored import trigger_from_json

from .conftest import until

UTC = timezone.utc
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"weeks": 1, "days": 1, "hours": 1, "minutes": 1, "seconds": 1}, timedelta(8, 3661)),
        ({"seconds": 0.1}, timedelta(milliseconds=100)),
        ({"minutes": 0.5, "seconds": 1}, timedelta(seconds=31)),
        ({"seconds": timedelta(hours=2)}, timedelta(hours=2)),
        ({"days": 84_005}, timedelta(days=84_005)),
        ({"seconds": 1e-6}, timedelta(microseconds=1)),
    ],
)
def test_the_interval_is_the_sum_of_its_units(units: dict[str, Any], expected: timedelta) -> None:
    trigger = IntervalTrigger(**units)
    assert trigger.interval == expected
    assert trigger.interval_size == expected.total_seconds()


def test_a_bad_interval_is_named() -> None:
    with pytest.raises(ValueError, match="seconds: -1 is negative"):
        IntervalTrigger(seconds=-1)
    with pytest.raises(TypeError, match="minutes: expected a number, not str"):
        IntervalTrigger(minutes="5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hours: inf is not a finite number"):
        IntervalTrigger(hours=float("inf"))
    with pytest.raises(ValueError, match="end_at: .* is before start_at"):
        IntervalTrigger(seconds=1, start_at=NOON, end_at=NOON - timedelta(seconds=1))
    with pytest.raises(ValueError, match="jitter: -3 is negative"):
        IntervalTrigger(seconds=1, jitter=-3)


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({}, "interval: it is 0"),
        ({"seconds": 0}, "interval: it is 0"),
        ({"seconds": timedelta()}, "interval: it is 0"),
        ({"hours": 1, "minutes": -60}, "minutes: -60 is negative"),
        ({"days": -1, "hours": 25}, "days: -1 is negative"),
        ({"seconds": timedelta(seconds=-1)}, "seconds: .* is negative"),
        ({"seconds": 1e-9}, "interval: 1e-09 s is less than a microsecond"),
        ({"weeks": 10**9}, "interval: it is longer than schedules last"),
        ({"weeks": 10**400}, "is longer than schedules last"),
        ({"seconds": timedelta.max}, "is longer than schedules last"),
        ({"days": 84_007}, "is longer than schedules last"),
    ],
)
def test_an_interval_that_makes_no_sense_is_refused_in_every_form(units: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IntervalTrigger(**units)
    with pytest.raises(ValueError, match=message):
        create_trigger("interval", units)
    if "seconds" in units and isinstance(units["seconds"], timedelta):
        with pytest.raises(ValueError, match=message):
            create_trigger(units["seconds"], {})
        return
    with pytest.raises(ValueError, match="interval|negative"):
        trigger_from_json(json.dumps({"type": "interval", **units}))


def test_the_grid_of_an_interval() -> None:
    trigger = IntervalTrigger(minutes=10, start_at=NOON, end_at=NOON + timedelta(minutes=20))
    assert trigger.get_next_trigger_time(UTC, None, NOON - timedelta(days=1)) == NOON
    assert trigger.get_next_trigger_time(UTC, None, NOON) == NOON  # now itself counts
    assert trigger.get_next_trigger_time(UTC, None, NOON + timedelta(seconds=1)) == NOON + timedelta(minutes=10)
    assert trigger.get_next_trigger_time(UTC, NOON, NOON) == NOON + timedelta(minutes=10)
    assert trigger.get_next_trigger_time(UTC, NOON - timedelta(days=9), NOON) == NOON
    last = NOON + timedelta(minutes=20)
    assert trigger.get_next_trigger_time(UTC, last - timedelta(minutes=10), NOON) == last  # the end is inclusive
    assert trigger.get_next_trigger_time(UTC, last, NOON) is None


def test_an_interval_without_a_start_comes_one_interval_from_now() -> None:
    trigger = IntervalTrigger(seconds=10)
    assert trigger.get_next_trigger_time(UTC, None, NOON) == NOON + timedelta(seconds=10)
    assert trigger.get_next_trigger_time(UTC, NOON, NOON) == NOON + timedelta(seconds=10)


def test_daylight_saving_does_not_stretch_an_interval() -> None:
    zone = ZoneInfo("America/New_York")
    before = datetime(2024, 3, 10, 1, 30, tzinfo=zone)
    after = IntervalTrigger(minutes=30).get_next_trigger_time(zone, before, before)
    assert after == datetime(2024, 3, 10, 3, 0, tzinfo=zone)


def test_naive_times_are_read_in_the_zone_of_the_trigger() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    naive = datetime(2026, 7, 1, 12)
    assert DateTrigger(naive, timezone="Europe/Madrid").spec(UTC)[1] == DateTrigger(naive).spec(madrid)[1]
    # The zone of the first time that has one stands for the others.
    trigger = IntervalTrigger(hours=1, start_at=naive.replace(tzinfo=madrid), end_at=datetime(2026, 7, 2))
    assert trigger.timezone is madrid
    assert trigger.spec(UTC)[3] == DateTrigger(datetime(2026, 7, 2, tzinfo=madrid)).spec(UTC)[1]


def test_a_date() -> None:
    trigger = DateTrigger("2026-01-01T12:00:00Z")
    assert trigger.get_next_trigger_time(UTC, None, NOON) == NOON
    assert trigger.get_next_trigger_time(UTC, NOON, NOON) is None
    assert DateTrigger().get_next_trigger_time(UTC, None, NOON) == NOON


def test_equal_triggers_are_equal() -> None:
    assert IntervalTrigger(minutes=1) == IntervalTrigger(seconds=60)
    assert hash(IntervalTrigger(minutes=1)) == hash(IntervalTrigger(seconds=60))
    assert IntervalTrigger(minutes=1) != IntervalTrigger(minutes=1, jitter=1)
    assert IntervalTrigger(hours=1, timezone="UTC") != IntervalTrigger(hours=1)
    assert DateTrigger(NOON) == DateTrigger(NOON.astimezone(ZoneInfo("Asia/Tokyo")))
    assert DateTrigger(NOON) != IntervalTrigger(hours=1)
    assert DateTrigger() != "date"


def test_a_trigger_shows_itself() -> None:
    assert str(IntervalTrigger(hours=1)) == "interval[1:00:00]"
    assert repr(IntervalTrigger(hours=1, jitter=5, timezone="UTC")) == (
        "IntervalTrigger(seconds=3600, timezone='UTC', jitter=5)"
    )
    assert repr(DateTrigger(NOON, jitter=1)) == "DateTrigger(run_at='2026-01-01T12:00:00+00:00', jitter=1)"
    assert str(DateTrigger()) == "date[now]"
    assert str(DateTrigger("2026-01-01T12:00", timezone="Asia/Tokyo")) == "date[2026-01-01 12:00:00, Asia/Tokyo]"
    assert str(IntervalTrigger(hours=1, timezone="Asia/Tokyo")) == "interval[1:00:00, Asia/Tokyo]"
    assert str(OrTrigger([IntervalTrigger(hours=1)], timezone="Asia/Tokyo")) == "or[interval[1:00:00], Asia/Tokyo]"


@pytest.mark.parametrize(
    "trigger",
    [
        IntervalTrigger(
            seconds=0.5, start_at=NOON, end_at=NOON + timedelta(days=1), timezone="Europe/Madrid", jitter=2
        ),
        IntervalTrigger(minutes=5),
        IntervalTrigger(seconds=timedelta(microseconds=7)),
        DateTrigger(NOON),
        DateTrigger(),
        CronTrigger(hour=8, minute="*/15", timezone="Europe/Madrid", jitter=2),
        CronTrigger.from_crontab("30 2 * * MON", timezone="Europe/Madrid", gap="skip", overlap="both"),
        CalendarIntervalTrigger(months=1, hour=9, start_at=NOON, timezone="UTC"),
        AndTrigger([CronTrigger(day=13, timezone="UTC"), CronTrigger(day_of_week="fri", timezone="UTC")]),
        OrTrigger([IntervalTrigger(hours=1), DateTrigger(NOON)], 5, end_at=NOON + timedelta(1), timezone="UTC"),
        ShutdownTrigger(),
    ],
)
def test_what_the_engine_stored_reads_back(make: Any, trigger: BaseTrigger) -> None:
    scheduler = make()
    task = scheduler.add_task(print, trigger)
    assert task.trigger == trigger


def test_a_trigger_of_a_later_release_is_not_known() -> None:
    assert trigger_from_json(json.dumps({"type": "moon", "phase": "full"})) is None


def test_triggers_by_name() -> None:
    assert create_trigger("interval", {"hours": 1}) == IntervalTrigger(hours=1)
    assert create_trigger(None, {"run_at": NOON}) == DateTrigger(NOON)
    assert create_trigger(timedelta(minutes=1), {"jitter": 1}) == IntervalTrigger(minutes=1, jitter=1)
    assert create_trigger("cron", {"hour": 8}) == CronTrigger(hour=8)
    assert create_trigger("cron", {"expression": "@daily", "gap": "skip"}) == CronTrigger.from_crontab(
        "@daily", gap="skip"
    )
    for name in ("calendar_interval", "calendar"):
        assert create_trigger(name, {"days": 1}) == CalendarIntervalTrigger(days=1)
    assert create_trigger("and", {"triggers": [IntervalTrigger(hours=1)]}) == AndTrigger([IntervalTrigger(hours=1)])
    assert create_trigger("or", {"triggers": [IntervalTrigger(hours=1)]}) == OrTrigger([IntervalTrigger(hours=1)])
    assert create_trigger("shutdown", {}) == ShutdownTrigger()
    with pytest.raises(ValueError, match='^hour: "25" is not in 0-23'):
        create_trigger("cron", {"hour": 25})
    with pytest.raises(TypeError, match="trigger 'cron': .*fortnight"):
        create_trigger("cron", {"fortnight": 1})
    with pytest.raises(LookupError, match="trigger: there is no trigger with the name 'moon'"):
        create_trigger("moon", {})
    with pytest.raises(TypeError, match="trigger 'interval': .*hour"):
        create_trigger("interval", {"hour": 1})
    with pytest.raises(TypeError, match="with a trigger object: unknown argument 'hours'"):
        create_trigger(IntervalTrigger(hours=1), {"hours": 1})
    with pytest.raises(TypeError, match="trigger: expected a trigger or its name, not int"):
        create_trigger(5, {})  # type: ignore[arg-type]


def test_custom_triggers_are_taken_as_they_are() -> None:
    class Sometimes(BaseTrigger):
        def get_next_trigger_time(self, timezone: Any, previous_time: Any, now: Any = None) -> None:
            return None

    class Odd(CronTrigger):
        def get_next_trigger_time(self, timezone: Any, previous_time: Any, now: Any = None) -> None:
            return None

    for trigger in (Sometimes(), Odd(hour=8)):
        assert create_trigger(trigger, {}) is trigger
    with pytest.raises(ValueError, match="Sometimes: the engine does not know the times of a custom trigger"):
        Sometimes().next()


@pytest.mark.parametrize(
    "trigger",
    [
        CronTrigger(hour=8, timezone="Europe/Madrid"),
        CronTrigger.from_crontab("0 9 * * MON-FRI", "UTC"),
        CalendarIntervalTrigger(weeks=2, hour=9, timezone="UTC"),
        AndTrigger([CronTrigger(day=13, timezone="UTC"), CronTrigger(day_of_week="fri", timezone="UTC")]),
        OrTrigger([IntervalTrigger(hours=1), DateTrigger(NOON)]),
        ShutdownTrigger(),
    ],
    ids=str,
)
def test_the_configuration_for_esmerald_takes_them(make: Any, trigger: BaseTrigger) -> None:
    scheduler = make()
    Task(print, trigger=trigger, id="a").add_task(scheduler)
    assert scheduler.get_task("a").trigger == trigger


def test_what_a_cron_trigger_leaves_open_is_the_schedulers(make: Any, run: Any) -> None:
    async def main() -> None:
        async with make(timezone="Asia/Tokyo") as scheduler:
            task = scheduler.add_task(print, "cron", hour=8, start_at=datetime(2026, 7, 1))
            assert task.trigger == CronTrigger(hour=8, start_at=datetime(2026, 7, 1), timezone="Asia/Tokyo")
            assert task.next_run_time == datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Asia/Tokyo"))

    run(main)


def test_a_task_may_have_another_trigger_later(make: Any, run: Any) -> None:
    async def main() -> None:
        async with make() as scheduler:
            task = scheduler.add_task(print, "interval", hours=1, id="a")
            scheduler.reschedule_task("a", trigger="cron", expression="0 9 * * MON-FRI", timezone="Europe/Madrid")
            assert task.next_run_time == datetime(2026, 1, 2, 9, tzinfo=ZoneInfo("Europe/Madrid"))
            scheduler.update_task("a", trigger=CronTrigger(day=13, timezone="UTC"))
            assert task.next_run_time == datetime(2026, 1, 13, tzinfo=UTC)
            assert task.snapshot().trigger_alias == "cron"

    run(main)


def test_a_cron_task_runs_when_it_says(make: Any, run: Any) -> None:
    async def main() -> None:
        calls: list[int] = []
        async with make(executors={"default": DebugExecutor()}) as scheduler:
            scheduler.add_task(lambda: calls.append(1), "cron", expression="*/5 * * * *")
            engine = scheduler._handle.usable()
            for minutes, expected in ((0, 1), (4, 1), (1, 2), (5, 3)):
                engine.advance(minutes * 60_000_000)
                assert await asyncio.to_thread(engine.wait_idle, 30_000)
                await until(lambda expected=expected: len(calls) >= expected)  # type: ignore[misc]
                assert len(calls) == expected

    run(main)

"""The machine's time zone is a scheduler's, and a lone trigger's, unless another is given."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.events.constants import TASK_MISSED
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.sqlite import SQLiteStore
from uvsched.triggers import (
    AndTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
)

from .conftest import NOON, Main, Recorder, until

Machine = Callable[[str], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Sets the zone of this machine, also for Python's own naive times."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    return set_zone


@pytest.fixture(autouse=True)
def _zone_again(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield
    monkeypatch.undo()
    time.tzset()


def job() -> None:
    """Does nothing."""


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Madrid"])
def test_a_naive_time_soon_runs_soon(machine: Machine, name: str, run: Callable[[Main], Any]) -> None:
    machine(name)

    async def main() -> None:
        async with AsyncIOScheduler() as scheduler:
            assert scheduler.timezone == ZoneInfo(name)
            done: list[int] = []
            soon = datetime.now() + timedelta(milliseconds=50)  # as people write it
            task = scheduler.add_task(done.append, "date", run_at=soon, args=(1,), id="soon")
            assert task.next_run_time == soon.replace(tzinfo=ZoneInfo(name))
            await until(lambda: done)

    run(main)


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ({}, ZoneInfo("Europe/Madrid")),
        ({"timezone": "local"}, ZoneInfo("Europe/Madrid")),
        ({"global_config": {"timezone": "local"}}, ZoneInfo("Europe/Madrid")),
        ({"global_config": {"asyncz.timezone": "local"}}, ZoneInfo("Europe/Madrid")),
        ({"global_config": {"uvsched": {"timezone": "Asia/Tokyo"}}}, ZoneInfo("Asia/Tokyo")),
        ({"timezone": "UTC"}, timezone.utc),
        ({"timezone": ZoneInfo("Asia/Tokyo")}, ZoneInfo("Asia/Tokyo")),
    ],
)
def test_the_zone_of_a_scheduler(machine: Machine, given: dict[str, Any], zone: tzinfo) -> None:
    machine("Europe/Madrid")
    scheduler = AsyncIOScheduler(**given)
    assert scheduler.timezone == zone
    assert scheduler.get_scheduler_info().timezone == getattr(zone, "key", "UTC")


def test_the_zone_is_read_when_the_scheduler_is_made(machine: Machine) -> None:
    machine("Europe/Madrid")
    scheduler = AsyncIOScheduler()
    machine("America/New_York")
    assert scheduler.timezone == ZoneInfo("Europe/Madrid")
    assert AsyncIOScheduler().timezone == ZoneInfo("America/New_York")


@pytest.mark.parametrize("name", ["CET-1CEST,M3.5.0,M10.5.0/3", "Mars/Phobos"])
def test_a_zone_that_is_none_is_an_error_that_says_what_to_set(machine: Machine, name: str) -> None:
    machine(name)
    with pytest.raises(ValueError, match=f"the machine's time zone: .*{name}.*"):
        AsyncIOScheduler()
    assert AsyncIOScheduler(timezone="UTC").timezone == timezone.utc


@pytest.mark.parametrize(("options", "said"), [({}, True), ({"timezone": "Europe/Madrid"}, False)])
def test_the_start_says_in_which_zone(
    machine: Machine, options: dict[str, Any], said: bool, run: Callable[[Main], Any], caplog: pytest.LogCaptureFixture
) -> None:
    machine("Europe/Madrid")
    caplog.set_level(logging.INFO, "uvsched")

    async def main() -> None:
        async with AsyncIOScheduler(**options):
            pass

    run(main)
    lines = [text for text in caplog.messages if "time zone" in text]
    expected = "the time zone is Europe/Madrid, the machine's; AsyncIOScheduler(timezone=…) sets another"
    assert lines == ([expected] if said else [])


@pytest.mark.parametrize(
    "trigger",
    [
        lambda **zone: CronTrigger(hour=9, **zone),
        lambda **zone: CronTrigger.from_crontab("0 9 * * *", **zone),
        lambda **zone: CalendarIntervalTrigger(days=1, hour=9, start_at="2026-07-01", **zone),
        lambda **zone: DateTrigger("2026-07-02T09:00", **zone),
        lambda **zone: IntervalTrigger(days=1, start_at="2026-07-01T09:00", **zone),
        lambda **zone: AndTrigger([CronTrigger(hour=9), CronTrigger(minute=0)], **zone),
        lambda **zone: OrTrigger([DateTrigger("2026-07-02T09:00")], **zone),
    ],
)
def test_a_trigger_by_itself(machine: Machine, trigger: Callable[..., Any]) -> None:
    machine("America/New_York")
    after = datetime(2026, 7, 1, 12)
    given = trigger(timezone="America/New_York").next(after)
    assert given == datetime(2026, 7, 2, 9, tzinfo=ZoneInfo("America/New_York"))
    assert trigger().next(after) == given
    local = trigger(timezone="local")
    assert local.next(after) == given
    assert local == trigger(timezone="America/New_York")
    assert "America/New_York" in repr(local)
    assert trigger() != local
    assert trigger().get_next_trigger_time(timezone.utc, after.replace(tzinfo=timezone.utc)).hour == 9


def test_equal_triggers_stay_equal_wherever_they_are_compared(machine: Machine) -> None:
    machine("America/New_York")  # where 02:30 and 03:30 are one instant on that day
    assert CronTrigger(hour=9, start_at="2024-03-10T02:30") != CronTrigger(hour=9, start_at="2024-03-10T03:30")
    assert IntervalTrigger(hours=9, start_at="2024-03-10T02:30") != IntervalTrigger(
        hours=9, start_at="2024-03-10T03:30"
    )


def test_a_stored_task_keeps_the_zone_that_it_was_added_in(
    machine: Machine, tmp_path: Path, run: Callable[[Main], Any]
) -> None:
    async def main() -> None:
        for name in ("Europe/Madrid", "America/New_York"):
            machine(name)
            async with AsyncIOScheduler(stores={"default": SQLiteStore(tmp_path / "tasks.db")}) as scheduler:
                if name == "Europe/Madrid":
                    scheduler.add_task(job, "cron", hour=9, id="nine")
                task = scheduler.get_task("nine")
                assert task.trigger.timezone == ZoneInfo("Europe/Madrid")
                assert task.next_run_time is not None
                assert task.next_run_time.astimezone(ZoneInfo("Europe/Madrid")).hour == 9

    run(main)


def test_a_date_that_is_past_says_how_it_was_read(
    make: Callable[..., AsyncIOScheduler],
    machine: Machine,
    run: Callable[[Main], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine("Europe/Madrid")

    async def main() -> None:
        scheduler = make()
        heard = Recorder(scheduler, TASK_MISSED)
        async with scheduler:
            naive = (NOON.astimezone(ZoneInfo("Europe/Madrid")) - timedelta(minutes=3)).replace(tzinfo=None)
            scheduler.add_task(job, "date", run_at=naive, id="past")
            event = await heard.first(TASK_MISSED)
            assert event.reason == "past_when_added"

    run(main)
    assert "task past missed 1 due time(s): past_when_added: its time, 2026-01-01 12:57:00 read as Europe/Madrid, " in (
        caplog.text
    )
    assert "was 3 min ago" in caplog.text

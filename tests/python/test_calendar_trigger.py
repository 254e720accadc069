"""CalendarIntervalTrigger in Python."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.triggers import CalendarIntervalTrigger

UTC = timezone.utc
MADRID = ZoneInfo("Europe/Madrid")


def test_every_second_week_at_nine() -> None:
    trigger = CalendarIntervalTrigger(weeks=2, hour=9, start_at=datetime(2026, 3, 16, tzinfo=MADRID))
    assert trigger.timezone is MADRID
    assert trigger.next(datetime(2026, 1, 1, tzinfo=UTC), 2) == [
        datetime(2026, 3, 16, 9, tzinfo=MADRID),
        datetime(2026, 3, 30, 9, tzinfo=MADRID),  # after the change to summer time: still nine
    ]


def test_months_without_the_day_are_left_out() -> None:
    trigger = CalendarIntervalTrigger(months=1, start_at=datetime(2026, 1, 31, tzinfo=UTC))
    assert [time.month for time in trigger.next(datetime(2026, 1, 1, tzinfo=UTC), 7)] == [1, 3, 5, 7, 8, 10, 12]


def test_a_gap() -> None:
    start = datetime(2026, 3, 28, tzinfo=MADRID)
    trigger = CalendarIntervalTrigger(days=1, hour=2, minute=30, start_at=start)
    assert trigger.explain(start, 3) == [
        (datetime(2026, 3, 28, 2, 30, tzinfo=MADRID), "match"),
        (datetime(2026, 3, 29, 3, tzinfo=MADRID), "gap"),
        (datetime(2026, 3, 30, 2, 30, tzinfo=MADRID), "match"),
    ]
    skipping = CalendarIntervalTrigger(days=1, hour=2, minute=30, start_at=start, gap="skip")
    assert [time.day for time in skipping.next(start, 2)] == [28, 30]


def test_without_a_start_it_counts_from_where_it_is_asked() -> None:
    trigger = CalendarIntervalTrigger(days=3, hour=12)
    assert trigger.next(datetime(2026, 1, 1, 6, tzinfo=UTC), 2) == [
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 4, 12, tzinfo=UTC),
    ]


def test_its_members() -> None:
    trigger = CalendarIntervalTrigger(1, 2, 3, 4, 5, 6, 7, jitter=8)
    assert (trigger.years, trigger.months, trigger.weeks, trigger.days) == (1, 2, 3, 4)
    assert (trigger.hour, trigger.minute, trigger.second) == (5, 6, 7)
    assert (trigger.jitter, trigger.gap) == (8, "run_at_end")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({}, ValueError, "^days: at least one of years, months, weeks and days must be 1 or more"),
        ({"days": -1}, ValueError, "^days: -1"),
        ({"days": 1.5}, TypeError, "^days: expected a whole number, not float"),
        ({"days": 1, "hour": 24}, ValueError, "^hour: 24"),
        ({"days": 1, "gap": "leap"}, ValueError, '^gap: "leap"'),
    ],
)
def test_faults_are_named(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        CalendarIntervalTrigger(**arguments)


def test_it_shows_itself() -> None:
    trigger = CalendarIntervalTrigger(months=1, days=2, hour=9, timezone="Europe/Madrid")
    assert str(trigger) == "calendar_interval[1 month, 2 days at 09:00:00, Europe/Madrid]"
    assert str(CalendarIntervalTrigger(days=1)) == "calendar_interval[1 day at 00:00:00]"
    assert repr(trigger) == "CalendarIntervalTrigger(months=1, days=2, hour=9, timezone='Europe/Madrid')"


def test_as_asyncz_asks() -> None:
    start = datetime(2026, 1, 1, 9, tzinfo=MADRID)
    trigger = CalendarIntervalTrigger(weeks=1, hour=9, start_at=start)
    assert trigger.get_next_trigger_time(UTC, None, start) == start
    assert trigger.get_next_trigger_time(UTC, start, start) == start + timedelta(weeks=1)

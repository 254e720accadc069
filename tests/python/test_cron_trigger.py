"""CronTrigger in Python. What the rules mean is the engine's, and tested there and by the oracle."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.triggers import CronTrigger

UTC = timezone.utc
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def test_fields_all_match() -> None:
    trigger = CronTrigger(day_of_week="mon-fri", hour=8, timezone=MADRID)
    assert trigger.next(NEW_YEAR, 3) == [
        datetime(2026, 1, 1, 8, tzinfo=MADRID),
        datetime(2026, 1, 2, 8, tzinfo=MADRID),
        datetime(2026, 1, 5, 8, tzinfo=MADRID),
    ]
    assert trigger.fields == {"day_of_week": "mon-fri", "hour": 8}
    assert trigger.expression is None


def test_monday_is_0_in_fields_and_sunday_in_strings() -> None:
    assert CronTrigger(day_of_week=0).next(NEW_YEAR) == datetime(2026, 1, 5, tzinfo=UTC)
    assert CronTrigger.from_crontab("0 0 * * 0").next(NEW_YEAR) == datetime(2026, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/5 * * * *", datetime(2026, 1, 1, 0, 5)),
        ("0 9 * * MON-FRI", datetime(2026, 1, 1, 9)),
        ("0 0 L * *", datetime(2026, 1, 31)),
        ("0 0 13 * FRI", datetime(2026, 1, 2)),  # either day field is enough
        ("0 0 13 * +FRI", datetime(2026, 2, 13)),
        ("30 * * * * *", datetime(2026, 1, 1, 0, 0, 30)),
        ("0 0 0 1 1 * 2030", datetime(2030, 1, 1)),
        ("@monthly", datetime(2026, 2, 1)),
    ],
)
def test_cron_strings(expression: str, expected: datetime) -> None:
    trigger = CronTrigger.from_crontab(expression)
    assert trigger.next(NEW_YEAR) == expected.replace(tzinfo=UTC)
    assert trigger.expression == expression
    assert trigger.fields == {}


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "0 0 31 4 *", "@reboot"])
def test_never(expression: str) -> None:
    trigger = CronTrigger.from_crontab(expression)
    assert trigger.next(NEW_YEAR) is None
    assert trigger.next(NEW_YEAR, 5) == []
    assert trigger.previous(NEW_YEAR) is None


def test_a_gap_and_its_reason() -> None:
    nightly = CronTrigger.from_crontab("30 2 * * *", "America/New_York")
    before = datetime(2024, 3, 9, 12, tzinfo=NEW_YORK)
    assert nightly.explain(before, 2) == [
        (datetime(2024, 3, 10, 3, tzinfo=NEW_YORK), "gap"),
        (datetime(2024, 3, 11, 2, 30, tzinfo=NEW_YORK), "match"),
    ]
    skipping = CronTrigger.from_crontab("30 2 * * *", "America/New_York", gap="skip")
    assert skipping.next(before) == datetime(2024, 3, 11, 2, 30, tzinfo=NEW_YORK)


def test_an_overlap_and_its_reasons() -> None:
    before = datetime(2024, 11, 3, 0, 45, tzinfo=NEW_YORK)
    half_past = datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK)
    once = CronTrigger(hour=1, minute=30, timezone=NEW_YORK)
    assert once.explain(before, 2)[0] == (half_past, "first pass")
    assert once.explain(before, 2)[1][0].day == 4
    both = CronTrigger(hour=1, minute=30, timezone=NEW_YORK, overlap="both")
    found = both.explain(before, 2)
    assert [why for _, why in found] == ["first pass", "second pass"]
    assert [time.fold for time, _ in found] == [0, 1]
    assert [time.utcoffset() for time, _ in found] == [timedelta(hours=-4), timedelta(hours=-5)]


def test_the_window_is_inclusive() -> None:
    start = datetime(2026, 1, 1, 1, tzinfo=UTC)
    trigger = CronTrigger(minute=0, start_at=start, end_at=start + timedelta(hours=2))
    assert trigger.next(NEW_YEAR - timedelta(days=9), 9) == [start + timedelta(hours=hour) for hour in range(3)]
    assert trigger.next(start + timedelta(hours=2)) is None
    assert trigger.previous(start) is None
    assert trigger.previous(start + timedelta(days=1)) == start + timedelta(hours=2)


def test_the_zone_of_the_times_is_the_rules() -> None:
    trigger = CronTrigger(hour=8, start_at=datetime(2026, 7, 1, tzinfo=MADRID))
    assert trigger.timezone is MADRID
    assert trigger.next(NEW_YEAR) == datetime(2026, 7, 1, 8, tzinfo=MADRID)
    assert trigger == CronTrigger(hour=8, start_at=datetime(2026, 7, 1), timezone="Europe/Madrid")
    # One that has no name gives its offset then.
    odd = CronTrigger(hour=8, end_at=datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=3))))
    assert odd.next(NEW_YEAR) == datetime(2026, 1, 1, 5, tzinfo=UTC)


def test_a_key_settles_h() -> None:
    spread = CronTrigger.from_crontab("H H * * *", key="digest")
    assert spread.next(NEW_YEAR) == datetime(2026, 1, 1, 5, 44, tzinfo=UTC)
    with pytest.raises(ValueError, match="key: missing"):
        CronTrigger.from_crontab("H H * * *").next(NEW_YEAR)


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"hour": 25}, ValueError, r'^hour: "25" is not in 0-23 \(column 1\)'),
        ({"day_of_week": 7}, ValueError, '^day_of_week: "7"'),
        ({"minute": "*/0"}, ValueError, "^minute: "),
        ({"year": 1969}, ValueError, "^year: "),
        ({}, ValueError, "^expression: missing, or at least one of year, "),
        ({"hour": 8.5}, TypeError, "^hour: expected a number or a string, not float"),
        ({"hour": True}, TypeError, "^hour: expected a number or a string, not bool"),
        ({"hour": 8, "gap": "leap"}, ValueError, '^gap: "leap"'),
        ({"hour": 8, "overlap": "third"}, ValueError, '^overlap: "third"'),
        ({"hour": 8, "timezone": "Mars/Phobos"}, ValueError, "^timezone: "),
        ({"hour": 8, "jitter": -1}, ValueError, "^jitter: -1"),
        ({"hour": 8, "start_at": "soon"}, ValueError, "^start_at: 'soon'"),
        ({"hour": 8, "start_at": "2026-01-02", "end_at": "2026-01-01"}, ValueError, "^end_at: "),
    ],
)
def test_faults_of_fields_are_named_at_once(fields: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        CronTrigger(**fields)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("61 * * * *", r'^minute: "61" is not in 0-59 \(column 1\)$'),
        ("* * * *", r'^expression: "\* \* \* \*" has 4 fields'),
        ("0 0 * * moonday", "column 9"),
        ("@never", "@never"),
    ],
)
def test_faults_of_strings_are_named_at_once(expression: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        CronTrigger.from_crontab(expression)


def test_a_cron_string_is_text() -> None:
    with pytest.raises(TypeError, match="expression: expected a cron string, not int"):
        CronTrigger.from_crontab(5)  # type: ignore[arg-type]


def test_it_shows_itself() -> None:
    assert str(CronTrigger(hour=8, day_of_week="mon-fri")) == "cron[day_of_week='mon-fri', hour='8']"
    assert str(CronTrigger.from_crontab("*/5 * * * *")) == "cron[*/5 * * * *]"
    assert str(CronTrigger(hour=8, timezone="Europe/Madrid")) == "cron[hour='8', Europe/Madrid]"
    assert str(CronTrigger.from_crontab("0 9 * * *", timezone="Asia/Tokyo")) == "cron[0 9 * * *, Asia/Tokyo]"
    assert repr(CronTrigger(hour=8, minute="*/15", timezone=MADRID, overlap="both")) == (
        "CronTrigger(hour=8, minute='*/15', timezone='Europe/Madrid', overlap='both')"
    )
    assert repr(CronTrigger.from_crontab("@daily", "UTC", jitter=2, gap="skip")) == (
        "CronTrigger.from_crontab('@daily', timezone='UTC', jitter=2, gap='skip')"
    )


def test_subclasses_make_their_own() -> None:
    class Office(CronTrigger):
        pass

    trigger = Office.from_crontab("0 9 * * MON-FRI")
    assert type(trigger) is Office
    assert trigger != CronTrigger.from_crontab("0 9 * * MON-FRI")
    assert repr(trigger).startswith("Office.from_crontab(")


def test_as_asyncz_asks() -> None:
    trigger = CronTrigger(hour=8)
    eight = datetime(2026, 1, 1, 8, tzinfo=MADRID)
    assert trigger.get_next_trigger_time(MADRID, None, eight) == eight  # now itself counts
    assert trigger.get_next_trigger_time(MADRID, eight, eight) == eight + timedelta(days=1)
    assert trigger.get_next_trigger_time(UTC, None, eight) == datetime(2026, 1, 1, 8, tzinfo=UTC)
    # The end of a gap counts too.
    gap_end = datetime(2024, 3, 10, 3, tzinfo=NEW_YORK)
    nightly = CronTrigger(hour=2, minute=30)
    assert nightly.get_next_trigger_time(NEW_YORK, None, gap_end) == gap_end
    assert nightly.get_next_trigger_time(NEW_YORK, gap_end, gap_end) == datetime(2024, 3, 11, 2, 30, tzinfo=NEW_YORK)

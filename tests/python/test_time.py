"""Instants, datetimes and zones."""

from __future__ import annotations

import importlib
import pickle
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from uvsched._time import from_micros, span_to_micros, to_datetime, to_micros, to_zone, zone_name
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        (datetime(1970, 1, 1), timezone.utc, 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc), NEW_YORK, 1),
        (datetime(2024, 7, 1), NEW_YORK, 1_719_806_400_000_000),
        # In the gap of 10 March 2024, fold 0 has the offset before it: 02:30 is 03:30.
        (datetime(2024, 3, 10, 2, 30), NEW_YORK, 1_710_055_800_000_000),
        (datetime(2024, 11, 3, 1, 30), NEW_YORK, 1_730_611_800_000_000),
        (datetime(2024, 11, 3, 1, 30, fold=1), NEW_YORK, 1_730_615_400_000_000),
        (datetime(2199, 12, 31, 23, 59, 59, 999_999), timezone.utc, 7_258_118_399_999_999),
    ],
)
def test_an_instant_is_exact(value: datetime, zone: tzinfo, expected: int) -> None:
    assert to_micros(value, zone) == expected
    assert from_micros(expected, zone).astimezone(timezone.utc) == from_micros(expected, timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=timezone.utc)),
        ("2026-01-01 12:30", datetime(2026, 1, 1, 12, 30)),
        ("2026-01-01", datetime(2026, 1, 1)),
        ("2026-01-01T00:00:00.5+02:00", datetime(2026, 1, 1, 0, 0, 0, 500_000, timezone(timedelta(hours=2)))),
    ],
)
def test_moments_as_text(text: str, expected: datetime) -> None:
    assert to_datetime(text, "run_at") == expected


def test_a_date_is_its_midnight() -> None:
    assert to_datetime(date(2026, 1, 2), "run_at") == datetime(2026, 1, 2)


def test_what_is_no_moment_is_named() -> None:
    with pytest.raises(ValueError, match="run_at: 'soon' is not an ISO 8601"):
        to_datetime("soon", "run_at")
    with pytest.raises(TypeError, match="run_at: .* not int"):
        to_datetime(5, "run_at")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "offset"), [("UTC", 0), ("Z", 0), ("+02:00", 120), ("UTC-03:30", -210), ("Asia/Kolkata", 330)]
)
def test_zones_by_name(name: str, offset: int) -> None:
    zone = to_zone(name)
    assert datetime(2026, 1, 1, tzinfo=zone).utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize("name", ["Mars/Phobos", "UTC+2", "../etc/passwd", "", "+25:00"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="timezone: "):
        to_zone(name)


def test_the_name_of_a_zone() -> None:
    assert zone_name(timezone.utc) == "UTC"
    assert zone_name(NEW_YORK) == "America/New_York"
    assert zone_name(timezone(timedelta(hours=-3, minutes=-30))) == "-03:30"
    assert zone_name(timezone(timedelta(0))) == "UTC"


class Fixed(tzinfo):
    """An offset that does not depend on the time, as other libraries have it."""

    def __init__(self, offset: timedelta) -> None:
        self._offset = offset

    def __reduce__(self) -> tuple[type[Fixed], tuple[timedelta]]:
        return (Fixed, (self._offset,))

    def __repr__(self) -> str:
        return f"Fixed({self._offset})"

    def utcoffset(self, when: datetime | None, /) -> timedelta:
        return self._offset

    def dst(self, when: datetime | None, /) -> timedelta:
        return timedelta()


def fixed_zones() -> list[tuple[tzinfo, str]]:
    dateutil = importlib.import_module("dateutil.tz")  # neither has type hints
    pytz = importlib.import_module("pytz")
    return [
        (Fixed(timedelta(hours=5, minutes=30)), "+05:30"),
        (Fixed(timedelta()), "UTC"),
        (dateutil.UTC, "UTC"),
        (dateutil.tzoffset(None, 19800), "+05:30"),
        (dateutil.tzoffset("X", -3600), "-01:00"),
        (pytz.UTC, "UTC"),
        (pytz.FixedOffset(330), "+05:30"),
    ]


@pytest.mark.parametrize(("zone", "name"), fixed_zones(), ids=lambda value: repr(value))
def test_any_tzinfo_with_one_offset_is_a_zone(zone: tzinfo, name: str) -> None:
    assert zone_name(zone) == name
    offset = zone.utcoffset(None)
    scheduler = AsyncIOScheduler(timezone=zone)
    assert scheduler.timezone.utcoffset(None) == offset
    assert scheduler.get_scheduler_info().timezone == name
    nine = datetime(2026, 1, 2, 9, tzinfo=timezone(offset or timedelta()))
    for trigger in (
        CronTrigger(hour=9, timezone=zone),
        CronTrigger(hour=9, start_at=datetime(2026, 1, 2, tzinfo=zone)),
        DateTrigger(datetime(2026, 1, 2, 9), timezone=zone),
        IntervalTrigger(days=1, start_at=datetime(2026, 1, 2, 9), timezone=zone),
    ):
        assert trigger.next(datetime(2026, 1, 1, 12, tzinfo=timezone.utc)) == nine
        assert pickle.loads(pickle.dumps(trigger)) == trigger


def test_a_zone_without_a_name_is_refused() -> None:
    class Odd(tzinfo):
        pass

    for zone in (Odd(), Fixed(timedelta(microseconds=1))):
        with pytest.raises(ValueError, match="timezone: .* has no IANA name and no fixed offset of whole seconds"):
            zone_name(zone)


def test_spans() -> None:
    assert span_to_micros(1, "x") == 1_000_000
    assert span_to_micros(0.1, "x") == 100_000
    assert span_to_micros(timedelta(days=1), "x") == 86_400_000_000
    with pytest.raises(ValueError, match="jitter: -1 is negative"):
        span_to_micros(-1, "jitter")
    with pytest.raises(ValueError, match="jitter: nan"):
        span_to_micros(float("nan"), "jitter")
    with pytest.raises(TypeError, match="jitter: .* not str"):
        span_to_micros("1", "jitter")  # type: ignore[arg-type]

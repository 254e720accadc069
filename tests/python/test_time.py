"""Instants, datetimes and zones."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from uvsched._time import from_micros, span_to_micros, to_datetime, to_micros, to_zone, zone_name

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


def test_a_zone_without_a_name_is_refused() -> None:
    class Odd(tzinfo):
        pass

    with pytest.raises(ValueError, match="has no IANA name"):
        zone_name(Odd())


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

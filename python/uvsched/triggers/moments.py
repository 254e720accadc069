"""Times and spans in the arguments of triggers."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

from .._time import to_datetime


def optional_datetime(value: datetime | str | None, argument: str) -> datetime | None:
    """`to_datetime`, with None for "not given"."""
    return None if value is None else to_datetime(value, argument)


def in_zone(value: datetime | None, zone: tzinfo | None) -> datetime | None:
    """The moment; a naive one is in `zone`, if there is one."""
    return value.replace(tzinfo=zone) if value is not None and value.tzinfo is None and zone is not None else value


def open_time(value: datetime | None, zone: tzinfo | None) -> tuple[datetime, int] | None:
    """A naive time of a trigger without a zone, and its fold; None for all other times."""
    return (value, value.fold) if value is not None and value.tzinfo is None and zone is None else None


def seconds_number(micros: int) -> float | timedelta:
    """A span in seconds: a whole number, else a fraction that holds it, else a timedelta."""
    if micros % 1_000_000 == 0:
        return micros // 1_000_000
    seconds = micros / 1_000_000
    return seconds if round(seconds * 1_000_000) == micros else timedelta(microseconds=micros)


def shown(value: Any, zone: tzinfo | None) -> str:
    """An argument for repr(), in a form that eval() reads back. Times are ISO 8601 text; naive times have the offset
    of the trigger's zone."""
    if not isinstance(value, datetime):
        return repr(value)
    if value.tzinfo is None and zone is not None:
        value = value.replace(tzinfo=zone)
    return repr(value) if value.tzinfo is None and value.fold else repr(value.isoformat())

"""Times and spans as triggers are given them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

from .._time import to_datetime


def optional_datetime(value: datetime | str | None, argument: str) -> datetime | None:
    """`to_datetime`, with None for "not given"."""
    return None if value is None else to_datetime(value, argument)


def open_fold(value: datetime | None, zone: tzinfo | None) -> int | None:
    """The fold of a time that is naive as long as its trigger has no zone; None for all others."""
    return value.fold if value is not None and value.tzinfo is None and zone is None else None


def seconds_number(micros: int) -> float | timedelta:
    """A span in seconds: a whole number, else a fraction that holds it, else a timedelta."""
    if micros % 1_000_000 == 0:
        return micros // 1_000_000
    seconds = micros / 1_000_000
    return seconds if round(seconds * 1_000_000) == micros else timedelta(microseconds=micros)


def shown(value: Any, zone: tzinfo | None) -> str:
    """An argument as repr() shows it: what eval() reads back. Times are ISO 8601 text, naive ones with the offset that
    the trigger's zone gives them."""
    if not isinstance(value, datetime):
        return repr(value)
    if value.tzinfo is None and zone is not None:
        value = value.replace(tzinfo=zone)
    return repr(value) if value.tzinfo is None and value.fold else repr(value.isoformat())

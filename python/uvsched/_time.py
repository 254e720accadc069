"""Conversion between instants (microseconds since 1970, UTC) and datetimes; time zones and their names."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from . import _core

EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND: Final = timedelta(microseconds=1)

_LOOSE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d?)(?::(\d\d?))?(.*))?\Z", re.DOTALL)
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d\d):(\d\d)(?::(\d\d))?\Z")


def to_micros(value: datetime, zone: tzinfo) -> int:
    """The instant of a datetime. A naive one is read in `zone` by PEP 495: in a gap, with the offset before the gap."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return (value - EPOCH) // MICROSECOND


def from_micros(micros: int, zone: tzinfo) -> datetime:
    """The aware datetime of an instant, in `zone`."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(zone)


def format_utc(micros: int) -> str:
    """An instant as ISO 8601 text in UTC, for the engine."""
    return (EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None).isoformat() + "Z"


def to_datetime(value: datetime | date | str, argument: str) -> datetime:
    """Reads a moment that a user gave: a datetime, a date (its midnight) or ISO 8601 text.

    Raises:
        TypeError: another type. ValueError: the text is not a date. Both name `argument`.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(_iso(value.strip()))
        except ValueError:
            raise ValueError(f"{argument}: {value!r} is not an ISO 8601 date or time") from None
    raise TypeError(f"{argument}: expected a datetime, a date or ISO 8601 text, not {type(value).__name__}")


def _iso(text: str) -> str:
    """The text in a form that Python 3.10's fromisoformat() reads: Z as an offset, fractions with 6 digits; months to
    seconds, which people write with one digit, with two."""
    loose = _LOOSE.match(text)
    if loose:
        year, month, day, hour, minute, second, rest = loose.groups()
        text = f"{year}-{month:0>2}-{day:0>2}"
        if hour is not None:
            text += f"T{hour:0>2}:{minute:0>2}" + (f":{second:0>2}" if second is not None else "") + rest
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    fraction = re.search(r"\.(\d{1,6})(?!\d)", text)
    if fraction:
        text = f"{text[: fraction.start()]}.{fraction[1]:<06}{text[fraction.end() :]}"
    return text


def to_zone(value: tzinfo | str, argument: str = "timezone") -> tzinfo:
    """A tzinfo for a zone given as object or name: an IANA name, "UTC", "Z", "+02:00" or "UTC+02:00" (east is +), or
    "local" for the machine's zone.

    Raises:
        ValueError: no such zone. TypeError: neither string nor tzinfo. Both name `argument`.
    """
    if isinstance(value, tzinfo):
        # A pytz zone stands for many offsets, of which replace(tzinfo=…) would take the first.
        pytz_name = getattr(value, "zone", None)
        return to_zone(pytz_name, argument) if isinstance(pytz_name, str) else value
    if not isinstance(value, str):
        raise TypeError(f"{argument}: expected a tzinfo or a zone's name, not {type(value).__name__}")
    if value == "local":
        return local_zone()
    if value in ("UTC", "Z"):
        return timezone.utc
    offset = _OFFSET.match(value)
    if offset:
        sign, hours, minutes, seconds = offset.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
        if span >= timedelta(days=1):
            raise ValueError(f"{argument}: the offset {value!r} is not less than a day")
        return timezone(span if sign == "+" else -span)
    try:
        return ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        hint = (
            "IANA names such as 'Europe/Madrid', 'UTC', '+02:00'"
            if _has_zone_data()
            else "Python finds no zone data at all: install the package tzdata"
        )
        raise ValueError(f"{argument}: there is no time zone {value!r} ({hint})") from None


def local_zone() -> tzinfo:
    """The zone that this machine is set to, by TZ, /etc/localtime or /etc/timezone; UTC if there is none of them.

    Raises:
        ValueError: they name no zone.
    """
    return to_zone(_core.local_timezone())


def _has_zone_data() -> bool:
    try:
        return ZoneInfo("Etc/UTC") is not None
    except LookupError:
        return False


def zone_name(zone: tzinfo, argument: str = "timezone") -> str:
    """The name of a tzinfo for the engine.

    Raises:
        ValueError: the tzinfo has neither an IANA name nor a fixed offset.
    """
    if zone is timezone.utc:
        return "UTC"
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if isinstance(name, str):
        return name
    offset = _fixed_offset(zone)
    if offset is not None and not offset % timedelta(seconds=1):
        return _offset_name(offset)
    raise ValueError(
        f"{argument}: {zone!r} has no IANA name and no fixed offset of whole seconds; "
        "use zoneinfo.ZoneInfo or datetime.timezone"
    )


def _fixed_offset(zone: tzinfo) -> timedelta | None:
    """The offset of a tzinfo; None if it depends on the time."""
    try:
        return zone.utcoffset(None)
    except Exception:  # of a class that expects a time
        return None


def known_zone_name(zone: tzinfo) -> str | None:
    """`zone_name`, or None if the zone has no name."""
    try:
        return zone_name(zone)
    except ValueError:
        return None


def zone_at(moment: datetime) -> tzinfo:
    """The zone of an aware datetime: its tzinfo if that has a name, else its offset at that moment."""
    zone = moment.tzinfo
    assert zone is not None
    if known_zone_name(zone) is not None:
        return to_zone(zone)
    return timezone(moment.utcoffset() or timedelta(0))


def _offset_name(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    seconds = abs(offset) // timedelta(seconds=1)
    sign = "-" if offset < timedelta(0) else "+"
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def span_to_micros(value: timedelta | float, argument: str) -> int:
    """Whole microseconds of a timedelta, or of a number of seconds, rounded once.

    Raises:
        TypeError: neither. ValueError: negative or not finite. Both name `argument`.
    """
    if isinstance(value, timedelta):
        micros = value // MICROSECOND
    elif isinstance(value, int):
        micros = value * 1_000_000
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{argument}: {value!r} is not a finite number")
        micros = round(value * 1_000_000)
    else:
        raise TypeError(f"{argument}: expected seconds or a timedelta, not {type(value).__name__}")
    if micros < 0:
        raise ValueError(f"{argument}: {value!r} is negative")
    return micros

"""The common parts of the commands: options, moments, the zone, errors."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta, timezone, tzinfo

from .._time import to_datetime, to_zone, zone_name
from ..triggers import CronTrigger

FIRST_YEAR, LAST_YEAR = 1900, 2300  # of moments; schedules are in 1970 to 2199
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

MOST_TIMES = 100_000

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)\Z")
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COLUMN = re.compile(r" \(column (\d+)\)\Z")


class CommandError(Exception):
    """Ends a command with a message and exit status 2."""


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options of both commands."""
    parser.add_argument(
        "--timezone",
        "--tz",
        metavar="ZONE",
        default="local",
        help="zone that schedules are read in: Europe/Madrid, UTC, +02:00 (default: local, the machine's)",
    )
    parser.add_argument(
        "--gap",
        choices=("run_at_end", "skip"),
        default="run_at_end",
        help="a time that the clocks skip: run when the gap ends (default), or skip it",
    )
    parser.add_argument(
        "--overlap",
        choices=("first", "both"),
        default="first",
        help="a time that comes twice: run in the first pass (default), or in both",
    )
    parser.add_argument(
        "--key", metavar="TEXT", help="the text from which H in a schedule is computed: the id of the task"
    )


def moment(text: str) -> datetime:
    """For argparse: a moment as ISO 8601 text, or "now"; naive if it has no offset."""
    if text == "now":
        return datetime.now(timezone.utc)
    try:
        read = to_datetime(text, "moment")
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date or time in ISO 8601, such as 2026-03-28T09:30 or 2026-03-28T08:30:00Z"
        ) from None
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(f"{text!r} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return read


def count(text: str) -> int:
    """For argparse: how many times to list."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_TIMES:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_TIMES}")


def span(text: str) -> timedelta:
    """For argparse: a number of seconds, or one with a unit: 30s, 5m, 2h, 1d, 1w."""
    found = _SPAN.match(text) if text.isascii() else None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a span such as 30s, 5m, 2h, 1d or 1w")
    try:
        return timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is too long a span") from None


def since(text: str) -> datetime:
    """For argparse: a moment, or a span before now."""
    try:
        return datetime.now(timezone.utc) - span(text)
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is too long a span") from None
    except argparse.ArgumentTypeError:
        pass
    try:
        return moment(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; nor is it a span such as 30s, 5m, 2h, 1d or 1w") from None


def zone_of(name: str, argument: str = "--timezone") -> tuple[str, tzinfo]:
    """The name of a zone and the zone: for "local" the name of the machine's zone, else the name as spelt.

    Raises:
        CommandError: there is no such zone, or the engine does not accept it; naming `argument`.
    """
    try:
        zone = to_zone(name, argument)
        CronTrigger.from_crontab("@hourly", timezone=name)
    except ValueError as error:
        raise CommandError(
            f"{argument}: {str(error).removeprefix(f'{argument}: ').removeprefix('timezone: ')}"
        ) from None
    return (zone_name(zone) if name == "local" else name), zone


def aware(value: datetime, zone: tzinfo) -> datetime:
    """The moment in `zone`; a naive moment is read in `zone`."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone).astimezone(timezone.utc)  # a time in a gap becomes one that exists
    return value.astimezone(zone)


def just_before(value: datetime) -> datetime:
    """The instant a microsecond earlier; in UTC, because arithmetic on a zoned datetime follows its wall clock."""
    return value.astimezone(timezone.utc) - timedelta(microseconds=1)


def split_column(message: str) -> tuple[str, int | None]:
    """The engine's message about an expression without its column, and the column."""
    found = _COLUMN.search(message)
    return (message, None) if found is None else (message[: found.start()], int(found[1]))


def offset_text(value: datetime) -> str:
    """The offset from UTC as +HH:MM, or +HH:MM:SS if it has seconds."""
    offset = value.utcoffset() or timedelta()
    seconds = abs(offset) // timedelta(seconds=1)
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def local_text(value: datetime) -> str:
    """The wall-clock time for people: weekday, date, time."""
    return f"{WEEKDAYS[value.weekday()]} {value.replace(tzinfo=None).isoformat(sep=' ', timespec='seconds')}"


def moment_text(value: datetime, zone: tzinfo) -> str:
    """The moment in a zone for people: weekday, date, time, offset."""
    local = value.astimezone(zone)
    return f"{local_text(local)} {offset_text(local)}"


def utc_text(value: datetime) -> str:
    """The instant in UTC, in the form that --after reads."""
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

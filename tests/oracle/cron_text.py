"""Reads cron strings: docs/triggers.md, "Cron strings"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from . import day_rules
from .day_rules import DayRule
from .fields import Fields
from .hashing import settle
from .refused import Refused

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
NUMBER = re.compile(r"[0-9]{1,4}")
HASHED = re.compile(r"H(?:\((.*)\))?")


class Kind(NamedTuple):
    name: str
    first: int
    last: int
    names: dict[str, int] = {}  # noqa: RUF012
    hashed: tuple[int, int] | None = None  # what a bare `H` ranges over


SECOND = Kind("second", 0, 59, hashed=(0, 59))
MINUTE = Kind("minute", 0, 59, hashed=(0, 59))
HOUR = Kind("hour", 0, 23, hashed=(0, 23))
DAY = Kind("day-of-month", 1, 31, hashed=(1, 28))
MONTH = Kind("month", 1, 12, {name: at + 1 for at, name in enumerate(MONTHS)}, (1, 12))
WEEKDAY = Kind("day-of-week", 0, 7, {name: at for at, name in enumerate(WEEKDAYS)}, (0, 6))
YEAR = Kind("year", 1970, 2199)
HASHED_AS = {"day-of-month": "day", "day-of-week": "weekday"}


class NeedsKey(Exception):
    """`H` was asked for a time, and has no key."""


@dataclass
class CronText:
    """A cron string that was read."""

    canonical: str
    reboot: bool
    texts: dict[str, str]  # by field
    hashed: bool  # whether it has an `H`

    def fields(self, key: str | None) -> Fields:
        if self.hashed and key is None:
            raise NeedsKey
        return _fields(self.texts, key or "")


def read(text: str) -> CronText:
    """Reads a cron string, or raises Refused."""
    words = text.lstrip(" \t").rstrip(" \t\r\n").replace("\t", " ").split(" ")
    words = [word for word in words if word]
    if words == ["@reboot"]:
        return CronText("@REBOOT", True, {}, False)
    if len(words) == 1 and words[0] in NICKNAMES:
        words = NICKNAMES[words[0]].split(" ")
    if any(unicodedata.category(c) in ("Cf", "Zl", "Zp", "Zs") for word in words for c in word):
        raise Refused(None, "", "has what cannot be seen")
    if words and re.match("(CRON_)?TZ=", words[0]):
        raise Refused(None, "", "begins with a zone")
    if len(words) == 6 and ("?" in (words[2], words[4]) or re.match("[1-9][0-9]{3}", words[5])):
        raise Refused(None, "", "ends in a year")
    if len(words) not in (5, 6, 7) or words[0].startswith("@"):
        raise Refused(None, "", "does not have 5, 6 or 7 fields")
    canonical = " ".join(re.sub(r"\b0+(?=[0-9])", "", word).upper() for word in words)
    if len(words) == 5:
        words = ["0", *words]
    if len(words) == 6:
        words = [*words, "*"]
    texts = dict(zip(("second", "minute", "hour", "day", "month", "weekday", "year"), words, strict=True))
    _fields(texts, "")  # raises Refused
    return CronText(canonical, False, texts, any("H" in _without_names(word) for word in words))


def _without_names(word: str) -> str:
    return re.sub("|".join((*MONTHS, *WEEKDAYS)), "", word, flags=re.IGNORECASE)


def _fields(texts: dict[str, str], key: str) -> Fields:
    return Fields(
        seconds=set(_numbers(SECOND, texts["second"], key)),
        minutes=set(_numbers(MINUTE, texts["minute"], key)),
        hours=set(_numbers(HOUR, texts["hour"], key)),
        named=_dates(texts["day"], texts["weekday"], key),
        months=set(_numbers(MONTH, texts["month"], key)),
        years=set(_numbers(YEAR, texts["year"], key)),
        wild=any(texts[name].startswith("*") for name in ("second", "minute", "hour")),
    )


def _dates(day: str, weekday: str, key: str) -> DayRule:
    both = weekday.startswith("+")
    weekday = weekday.removeprefix("+")
    days, weekdays = list(_day_rules(day, key)), list(_weekday_rules(weekday, key))
    # One that is not restricted names every date: then `or` would, too.
    either = day not in ("*", "?") and weekday not in ("*", "?") and not both

    def named(on: date) -> bool:
        by_day = any(rule(on) for rule in days)
        by_weekday = any(rule(on) for rule in weekdays)
        return by_day or by_weekday if either else by_day and by_weekday

    return named


def _day_rules(text: str, key: str) -> Iterator[DayRule]:
    if text == "?":
        text = "*"
    for item in text.split(","):
        if item == "L":
            yield day_rules.last_day()
        elif item == "LW":
            yield day_rules.last_weekday_of_month
        elif item.startswith("L-"):
            yield day_rules.last_day(_number(DAY, item[2:], item, range(1, 31)))
        elif item.endswith("W"):
            yield day_rules.nearest_weekday(_number(DAY, item[:-1], item, range(1, 32)))
        else:
            yield day_rules.day_is(set(_item(DAY, item, key)))


def _weekday_rules(text: str, key: str) -> Iterator[DayRule]:
    if text == "?":
        text = "*"
    for item in text.split(","):
        if "#" in item:
            day, _, number = item.partition("#")
            day_of_week = _value(WEEKDAY, day, item) % 7
            if number == "L":
                yield day_rules.last(day_of_week)
            else:
                yield day_rules.nth(day_of_week, _number(WEEKDAY, number, item, range(1, 6)))
        elif item.endswith("L"):
            yield day_rules.last(_value(WEEKDAY, item[:-1], item) % 7)
        else:
            yield day_rules.weekday_is({value % 7 for value in _item(WEEKDAY, item, key)})


def _numbers(kind: Kind, text: str, key: str) -> Iterator[int]:
    for item in text.split(","):
        yield from _item(kind, item, key)


def _item(kind: Kind, item: str, key: str) -> Iterator[int]:
    """`*`, `a`, `a-b`, `H`, `H(a-b)`, and all but `a` with `/n`."""
    base, slash, step_text = item.partition("/")
    step = _number(kind, step_text, item, range(1, 10_000)) if slash else 1
    hashed = HASHED.fullmatch(base)
    if hashed:
        if kind.hashed is None:
            raise Refused(kind.name, item, "H is not for this field")
        first, last = kind.hashed if hashed[1] is None else _range(kind, hashed[1], item)
        x = settle(key, HASHED_AS.get(kind.name, kind.name))
        if not slash:
            return iter([first + x % (last - first + 1)])
        return iter(range(first + x % min(step, last - first + 1), last + 1, step))
    if base == "*":
        return iter(range(kind.first, kind.last + 1, step))
    if "-" in base:
        first, last = _range(kind, base, item)
        return iter(range(first, last + 1, step))
    if slash:
        raise Refused(kind.name, item, "has a step without a range")
    return iter([_value(kind, base, item)])


def _range(kind: Kind, text: str, item: str) -> tuple[int, int]:
    if text.count("-") != 1:
        raise Refused(kind.name, item, "is not a range")
    early, late = text.split("-")
    first, last = _value(kind, early, item), _value(kind, late, item)
    if late.upper() == "SUN":
        last = 7 if first else 0
    if first > last:
        raise Refused(kind.name, item, "runs backwards")
    return first, last


def _value(kind: Kind, text: str, item: str) -> int:
    if text.isascii() and text.upper() in kind.names:
        return kind.names[text.upper()]
    return _number(kind, text, item, range(kind.first, kind.last + 1))


def _number(kind: Kind, text: str, item: str, allowed: range) -> int:
    if not NUMBER.fullmatch(text):
        raise Refused(kind.name, item, "is not understood")
    if int(text) not in allowed:
        raise Refused(kind.name, item, f"{text} is not in {allowed[0]}-{allowed[-1]}")
    return int(text)

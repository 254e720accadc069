"""Reads keyword fields: docs/triggers.md, "Cron fields". Weekdays count from Monday = 0 here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from . import day_rules
from .cron_text import MONTHS, NUMBER
from .day_rules import DayRule
from .fields import Fields
from .refused import Refused

WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
ORDINALS = {"1ST": 1, "2ND": 2, "3RD": 3, "4TH": 4, "5TH": 5}
RANGES = {
    "year": (1970, 2199),
    "month": (1, 12),
    "day": (1, 31),
    "week": (1, 53),
    "day_of_week": (0, 6),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
BLANKS = " \t"
NAMES = {
    "month": {name: at + 1 for at, name in enumerate(MONTHS)},
    "day_of_week": {name: at for at, name in enumerate(WEEKDAYS)},
}


def read(given: dict[str, str | int]) -> Fields:
    """Reads the fields that are given, or raises Refused."""
    texts = with_defaults(given)
    values = {name: set(_values(name, text)) for name, text in texts.items() if name != "day"}
    days = list(_day_rules(texts["day"]))

    def named(on: date) -> bool:
        return (
            any(rule(on) for rule in days)
            and on.isocalendar().week in values["week"]
            and on.weekday() in values["day_of_week"]
        )

    return Fields(
        years=values["year"],
        months=values["month"],
        hours=values["hour"],
        minutes=values["minute"],
        seconds=values["second"],
        named=named,
        wild=any(texts[name].startswith("*") for name in ("second", "minute", "hour")),
        by_week=texts["week"] != "*",
    )


def with_defaults(given: dict[str, str | int]) -> dict[str, str]:
    """All fields: finer ones than the finest that is given at their minimum, the others `*`."""
    if not given:
        raise Refused(None, "", "no field is given")
    names = list(RANGES)
    finest = max(names.index(name) for name in given)
    texts = {}
    for at, name in enumerate(names):
        if name in given:
            texts[name] = _upper(str(given[name]).strip(BLANKS))
        elif at > finest and name not in ("week", "day_of_week"):
            texts[name] = str(RANGES[name][0])
        else:
            texts[name] = "*"
    return texts


def _upper(text: str) -> str:
    """Letters beyond ASCII stay, so that none becomes one of a name."""
    return "".join(c.upper() if c.isascii() else c for c in text)


def _day_rules(text: str) -> Iterator[DayRule]:
    for item in _items("day", text):
        words = item.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words == ["LAST"]:
            yield day_rules.last_day()
        elif len(words) == 2 and words[1] in WEEKDAYS and words[0] in (*ORDINALS, "LAST"):
            from_sunday = (WEEKDAYS.index(words[1]) + 1) % 7
            if words[0] == "LAST":
                yield day_rules.last(from_sunday)
            else:
                yield day_rules.nth(from_sunday, ORDINALS[words[0]])
        else:
            yield day_rules.day_is(set(_item("day", item)))


def _values(name: str, text: str) -> Iterator[int]:
    for item in _items(name, text):
        yield from _item(name, item)


def _items(name: str, text: str) -> list[str]:
    return [item.strip(BLANKS) for item in text.split(",")]


def _item(name: str, item: str) -> range:
    """`*`, `a`, `a-b`, and all of them with `/n`; `a/n` runs to the field's end."""
    least, most = RANGES[name]
    base, slash, step_text = item.partition("/")
    if base == "*":
        first, last = least, most
    elif "-" in base:
        early, _, late = base.partition("-")
        first, last = _value(name, early, item), _value(name, late, item)
    else:
        first = _value(name, base, item)
        last = most if slash else first
    if first > last:
        raise Refused(name, item, "runs backwards")
    step = _number(name, step_text, item) if slash else 1
    if step == 0 or (slash and step > last - first):
        raise Refused(name, item, f"has a step that is not in 1-{last - first}")
    return range(first, last + 1, step)


def _value(name: str, text: str, item: str) -> int:
    if text in NAMES.get(name, {}):
        return NAMES[name][text]
    least, most = RANGES[name]
    value = _number(name, text, item)
    if not least <= value <= most:
        raise Refused(name, item, f"{value} is not in {least}-{most}")
    return value


def _number(name: str, text: str, item: str) -> int:
    if not NUMBER.fullmatch(text):
        raise Refused(name, item, "is not understood")
    return int(text)

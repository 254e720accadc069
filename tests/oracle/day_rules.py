"""What the items of the day fields mean: each a question to a date. Weekdays count from Sunday = 0."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from .fields import days_in

DayRule = Callable[[date], bool]


def weekday(on: date) -> int:
    return on.isoweekday() % 7


def day_is(days: set[int]) -> DayRule:
    return lambda on: on.day in days


def weekday_is(days: set[int]) -> DayRule:
    return lambda on: weekday(on) in days


def last_day(before: int = 0) -> DayRule:
    """`L`, and `L-n`: n days before the last."""
    return lambda on: on.day == days_in(on.year, on.month) - before


def nearest_weekday(day: int) -> DayRule:
    """`15W`: Monday to Friday nearest to that day and in the same month; none where the month lacks the day."""

    def rule(on: date) -> bool:
        length = days_in(on.year, on.month)
        if day > length:
            return False
        wanted = weekday(on.replace(day=day))
        if wanted == 6:  # Saturday: the Friday before, or the Monday after when that is another month
            return on.day == (day - 1 if day > 1 else day + 2)
        if wanted == 0:  # Sunday: the Monday after, or the Friday before
            return on.day == (day + 1 if day < length else day - 2)
        return on.day == day

    return rule


def last_weekday_of_month(on: date) -> bool:
    """`LW`: the last of Monday to Friday."""
    if weekday(on) in (0, 6):
        return False
    later = range(on.day + 1, days_in(on.year, on.month) + 1)
    return all(weekday(on.replace(day=day)) in (0, 6) for day in later)


def nth(day_of_week: int, number: int) -> DayRule:
    """`5#2`: the number-th such weekday of the month."""
    return lambda on: weekday(on) == day_of_week and (on.day - 1) // 7 + 1 == number


def last(day_of_week: int) -> DayRule:
    """`5L`: the last such weekday of the month."""
    return lambda on: weekday(on) == day_of_week and on.day + 7 > days_in(on.year, on.month)

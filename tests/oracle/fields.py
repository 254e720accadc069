"""Cron fields after reading: which dates and which times of day a rule names."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

DAY = 86_400
ORDINAL_1970 = date(1970, 1, 1).toordinal()
FIRST_YEAR, LAST_YEAR = 1970, 2199
FIRST_LOCAL = 0
LAST_LOCAL = (date(LAST_YEAR + 1, 1, 1).toordinal() - ORDINAL_1970) * DAY - 1


def days_in(year: int, month: int) -> int:
    return monthrange(year, month)[1]


@dataclass
class Fields:
    years: set[int]
    months: set[int]
    hours: set[int]
    minutes: set[int]
    seconds: set[int]
    named: Callable[[date], bool]  # whether the day fields name this date; the year and the month are looked at before
    wild: bool  # whether the text of the seconds, minutes or hours starts with `*`
    by_week: bool = False  # whether `named` looks at the ISO week, and so at more than the day and the weekday
    _days: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def matches(self, local: int) -> bool:
        """Whether these fields name a local time: the definition that all the rest speeds up."""
        day, second_of_day = divmod(local, DAY)
        if not FIRST_LOCAL <= local <= LAST_LOCAL:
            return False
        on = date.fromordinal(ORDINAL_1970 + day)
        return (
            on.year in self.years
            and on.month in self.months
            and self.named(on)
            and second_of_day // 3600 in self.hours
            and second_of_day // 60 % 60 in self.minutes
            and second_of_day % 60 in self.seconds
        )

    def times(self, first: int, last: int) -> Iterator[int]:
        """The local times in [first, last] that match, in order."""
        first, last = max(first, FIRST_LOCAL), min(last, LAST_LOCAL)
        for day in self._dates(first // DAY, last // DAY, False):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    start = day * DAY + hour * 3600 + minute * 60
                    if start + 59 < first:
                        continue
                    for second in sorted(self.seconds):
                        if first <= start + second <= last:
                            yield start + second

    def times_backwards(self, first: int, last: int) -> Iterator[int]:
        """The same, from the last to the first."""
        first, last = max(first, FIRST_LOCAL), min(last, LAST_LOCAL)
        for day in self._dates(first // DAY, last // DAY, True):
            for hour in sorted(self.hours, reverse=True):
                for minute in sorted(self.minutes, reverse=True):
                    start = day * DAY + hour * 3600 + minute * 60
                    if start > last:
                        continue
                    for second in sorted(self.seconds, reverse=True):
                        if first <= start + second <= last:
                            yield start + second

    def _dates(self, first: int, last: int, backwards: bool) -> Iterator[int]:
        """The days in [first, last], counted from 1970-01-01, whose date is named."""
        if first > last:
            return
        early, late = (date.fromordinal(ORDINAL_1970 + day) for day in (first, last))
        for year in ordered(self.years, early.year, late.year, backwards):
            for month in ordered(self.months, 1, 12, backwards):
                if not (early.year, early.month) <= (year, month) <= (late.year, late.month):
                    continue
                first_of_month = date(year, month, 1).toordinal() - ORDINAL_1970
                days = self._days_of(year, month)
                for day in reversed(days) if backwards else days:
                    if first <= first_of_month + day <= last:
                        yield first_of_month + day

    def _days_of(self, year: int, month: int) -> list[int]:
        """The named days of a month, from 0. Months that are as long and begin on the same weekday are alike."""
        shape = monthrange(year, month)
        key = (year, month) if self.by_week else shape
        if key not in self._days:
            self._days[key] = [day for day in range(shape[1]) if self.named(date(year, month, day + 1))]
        return self._days[key]


def ordered(values: Iterable[int], first: int, last: int, backwards: bool) -> list[int]:
    return sorted((value for value in values if first <= value <= last), reverse=backwards)

"""When rules fire: docs/triggers.md, also "When the clocks change".

Instants are whole seconds. `next(t)` is the first fire later than t, `previous(t)` the last one before t, None: never.
"""

from __future__ import annotations

import heapq
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .fields import DAY, FIRST_LOCAL, LAST_LOCAL, LAST_YEAR, ORDINAL_1970, Fields, days_in
from .zones import Stretch, Zone

LONGEST_SHIFT = 3 * 3600  # a gap or an overlap beyond it is no clock change but a move
HORIZON = (date(LAST_YEAR + 1, 1, 1).toordinal() - ORDINAL_1970) * DAY
MOST_ROUNDS = 100_000
MOST_STEPS = 100_000  # of a calendar interval: more than days from 1970 to 2199
TOO_LATE = date(LAST_YEAR + 1, 1, 1)


class Rule(ABC):
    @abstractmethod
    def after(self, time: int) -> Iterator[int]:
        """The fires later than a time, in order."""

    @abstractmethod
    def before(self, time: int) -> Iterator[int]:
        """The fires before a time, the last one first."""

    def next(self, time: int) -> int | None:
        return next(self.after(time), None)

    def previous(self, time: int) -> int | None:
        return next(self.before(time), None)

    def whys(self, time: int) -> set[str]:
        """The reason of a fire; of a combination's, each child that gives it has its own."""
        return {"match"}


@dataclass
class Bounded(Rule):
    """A rule within start_at and end_at, both inclusive and compared with fire instants."""

    rule: Rule
    start_at: int | None = None
    end_at: int | None = None

    def after(self, time: int) -> Iterator[int]:
        if self.start_at is not None:
            time = max(time, self.start_at - 1)
        return itertools.takewhile(lambda at: self.end_at is None or at <= self.end_at, self.rule.after(time))

    def before(self, time: int) -> Iterator[int]:
        if self.end_at is not None:
            time = min(time, self.end_at + 1)
        return itertools.takewhile(lambda at: self.start_at is None or at >= self.start_at, self.rule.before(time))

    def whys(self, time: int) -> set[str]:
        return self.rule.whys(time)


@dataclass
class Cron(Rule):
    fields: Fields
    zone: Zone
    gap: str = "run_at_end"
    overlap: str = "first"

    def after(self, time: int) -> Iterator[int]:
        last = time
        for stretch in self.zone.stretches[self.zone.index(time) :]:
            for at in itertools.chain(self._gap_end(stretch), self._matches(stretch, max(time + 1, stretch.begin))):
                if at > last:  # a gap's end may match as well
                    yield at
                    last = at

    def before(self, time: int) -> Iterator[int]:
        last = time
        for stretch in reversed(self.zone.stretches[: self.zone.index(time) + 1]):
            for at in itertools.chain(self._matches_backwards(stretch, time - 1), self._gap_end(stretch)):
                if at < last:
                    yield at
                    last = at

    def whys(self, time: int) -> set[str]:
        number = self.zone.index(time)
        stretch = self.zone.stretches[number]
        local = time + stretch.offset
        if not self.fields.matches(local):
            return {"gap"}
        if local in stretch.overlap:
            return {"second pass"}
        following = self.zone.stretches[number + 1 : number + 2]
        if following and local in following[0].overlap:
            return {"first pass"}
        return {"match"}

    def _gap_end(self, stretch: Stretch) -> list[int]:
        """Rule 2: once, at the instant that a gap ends which swallowed a match."""
        if self.fields.wild or self.gap == "skip" or len(stretch.gap) > LONGEST_SHIFT:
            return []
        swallowed = any(True for _ in self.fields.times(stretch.gap.start, stretch.gap.stop - 1))
        return [stretch.begin] if swallowed else []

    def _matches(self, stretch: Stretch, first: int) -> Iterator[int]:
        """Rule 1: the instants from `first` whose local fields match."""
        for local in self.fields.times(self._first_local(stretch, first), stretch.end - 1 + stretch.offset):
            yield local - stretch.offset

    def _matches_backwards(self, stretch: Stretch, last: int) -> Iterator[int]:
        last_local = min(last, stretch.end - 1) + stretch.offset
        for local in self.fields.times_backwards(self._first_local(stretch, stretch.begin), last_local):
            yield local - stretch.offset

    def _first_local(self, stretch: Stretch, first: int) -> int:
        """The second pass of an overlap is left out when not wild."""
        local = first + stretch.offset
        if not self.fields.wild and self.overlap == "first" and 0 < len(stretch.overlap) <= LONGEST_SHIFT:
            return max(local, stretch.overlap.stop)
        return local


@dataclass
class Interval(Rule):
    """start_at + k * period, k from 0, in elapsed time."""

    period: int
    start_at: int

    def after(self, time: int) -> Iterator[int]:
        number = max((time - self.start_at) // self.period + 1, 0)
        return itertools.takewhile(
            lambda at: at < HORIZON, itertools.count(self.start_at + number * self.period, self.period)
        )

    def before(self, time: int) -> Iterator[int]:
        number = (min(time, HORIZON) - self.start_at - 1) // self.period
        return (self.start_at + at * self.period for at in range(number, -1, -1))


@dataclass
class Calendar(Rule):
    """Date k = anchor + k * (years, months), where that day exists, then + k * (weeks, days); at a time of day."""

    zone: Zone
    anchor: date
    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    time_of_day: int = 0
    gap: str = "run_at_end"

    def after(self, time: int) -> Iterator[int]:
        longest = 366 * self.years + 31 * self.months + 7 * self.weeks + self.days
        first = max((self._days_from_anchor(time) - 3) // longest, 0)
        return (at for at in self._fires(range(first, first + MOST_STEPS)) if at > time)

    def before(self, time: int) -> Iterator[int]:
        shortest = 365 * self.years + 28 * self.months + 7 * self.weeks + self.days
        last = (self._days_from_anchor(time) + 3) // shortest
        return (at for at in self._fires(range(last, -1, -1)) if at < time)

    def whys(self, time: int) -> set[str]:
        number = self.zone.index(time)
        local = time + self.zone.stretches[number].offset
        if local % DAY != self.time_of_day:
            return {"gap"}
        following = self.zone.stretches[number + 1 : number + 2]
        return {"first pass" if following and local in following[0].overlap else "match"}

    def _days_from_anchor(self, time: int) -> int:
        return min(max(time, -DAY), HORIZON) // DAY + ORDINAL_1970 - self.anchor.toordinal()

    def _fires(self, numbers: range) -> Iterator[int]:
        last = None
        for k in numbers:
            on = self._date(k)
            at = None if on is None else self._instant(on)
            if at is not None and at != last:
                yield at
                last = at
            if on == TOO_LATE and numbers.step > 0:
                return

    def _date(self, k: int) -> date | None:
        years, month = divmod(self.anchor.month - 1 + k * (12 * self.years + self.months), 12)
        year = self.anchor.year + years
        if year > LAST_YEAR:
            return TOO_LATE
        if self.anchor.day > days_in(year, month + 1):
            return None
        return min(date(year, month + 1, self.anchor.day) + timedelta(days=k * (7 * self.weeks + self.days)), TOO_LATE)

    def _instant(self, on: date) -> int | None:
        local = (on.toordinal() - ORDINAL_1970) * DAY + self.time_of_day
        if not FIRST_LOCAL <= local <= LAST_LOCAL:
            return None
        for stretch in self.zone.stretches[self.zone.index(local - 2 * DAY) :]:
            if stretch.begin + stretch.offset <= local < stretch.end + stretch.offset:
                return local - stretch.offset  # the first of two passes
            if local in stretch.gap:
                swallowed = self.gap == "run_at_end" and len(stretch.gap) <= LONGEST_SHIFT
                return stretch.begin if swallowed else None
        raise AssertionError(local)


@dataclass
class And(Rule):
    """The earliest instant that all agree on."""

    rules: list[Rule]

    def after(self, time: int) -> Iterator[int]:
        while (found := self._agreed(time)) is not None:
            yield found
            time = found

    def _agreed(self, time: int) -> int | None:
        for _ in range(MOST_ROUNDS):
            times = [rule.next(time) for rule in self.rules]
            known = [at for at in times if at is not None]
            if len(known) < len(times):
                return None
            if min(known) == max(known):
                return known[0]
            time = max(known) - 1
        return None

    def before(self, time: int) -> Iterator[int]:
        while (found := self._agreed_before(time)) is not None:
            yield found
            time = found

    def _agreed_before(self, time: int) -> int | None:
        for _ in range(MOST_ROUNDS):
            times = [rule.previous(time) for rule in self.rules]
            known = [at for at in times if at is not None]
            if len(known) < len(times):
                return None
            if min(known) == max(known):
                return known[0]
            time = min(known) + 1
        return None

    def whys(self, time: int) -> set[str]:
        return {why for rule in self.rules for why in rule.whys(time)}


@dataclass
class Or(Rule):
    """All that any of them gives, equal instants once."""

    rules: list[Rule]

    def after(self, time: int) -> Iterator[int]:
        return (at for at, _ in itertools.groupby(heapq.merge(*(rule.after(time) for rule in self.rules))))

    def before(self, time: int) -> Iterator[int]:
        fires = heapq.merge(*(rule.before(time) for rule in self.rules), reverse=True)
        return (at for at, _ in itertools.groupby(fires))

    def whys(self, time: int) -> set[str]:
        return {why for rule in self.rules if rule.next(time - 1) == time for why in rule.whys(time)}

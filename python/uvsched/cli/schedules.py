"""The schedules of a crontab file: their next times, and their surprises."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from .._time import to_zone
from ..triggers import CronTrigger
from ..triggers.arguments import GapPolicy, OverlapPolicy
from .options import CommandError, just_before, local_text, offset_text, zone_of

_YEAR = 366
_LONGEST = timedelta(hours=3)  # a longer gap is not a change of the clocks
_HASHED = re.compile(r"(?<![A-Za-z@])H")
_FIELD = re.compile(r"[^ \t]+")


class Doubt(NamedTuple):
    """A warning. column: counted in characters of the schedule, from 1."""

    column: int
    message: str


class Judged(NamedTuple):
    """A valid schedule. next: its next time, or words if it has none. timezone: as spelt."""

    next: datetime | str
    timezone: str
    doubts: list[Doubt]


class Gap(NamedTuple):
    """A stretch of local time that the clocks skip. at: the instant."""

    at: datetime
    begin: datetime
    end: datetime


class Schedules:
    """Judges schedules at a moment.

    Args:
        after: the moment. timezone: the zone of schedules without one. gap, overlap, key: as in CronTrigger.
    """

    def __init__(
        self, *, after: datetime, timezone: str, gap: GapPolicy, overlap: OverlapPolicy, key: str | None
    ) -> None:
        self._after = after
        self._timezone = timezone
        self._gap = gap
        self._overlap = overlap
        self._key = key
        self._faults: dict[str, str | None] = {}
        self._gaps: dict[str, list[Gap]] = {}

    def fault_of_zone(self, name: str) -> str | None:
        """The fault of a zone's name; None if it has none."""
        if name not in self._faults:
            try:
                zone_of(name, "CRON_TZ")
                self._faults[name] = None
            except CommandError as error:
                self._faults[name] = str(error)
        return self._faults[name]

    def judge(self, schedule: str, name: str | None) -> Judged:
        """Judges a cron string in the zone `name`; if that is None or not a zone, in the default zone.

        Raises:
            ValueError: the engine's message about a wrong cron string, with the column.
        """
        if name is None or self.fault_of_zone(name) is not None:
            name = self._timezone
        if schedule == "@reboot":
            return Judged("at start", name, [])
        trigger = CronTrigger.from_crontab(schedule, timezone=name, gap=self._gap, overlap=self._overlap, key=self._key)
        doubts = _doubts_of_days(schedule)
        if self._key is None and _HASHED.search(schedule):
            return Judged("depends on the key", name, doubts)
        following = trigger.next(self._after)
        if following is None:
            doubts.append(Doubt(1, "never fires"))
            return Judged("never", name, doubts)
        if self._gap != "skip" and not _wild(schedule):
            doubts += self._doubts_of_gaps(schedule, name)
        return Judged(following, name, doubts)

    def _doubts_of_gaps(self, schedule: str, name: str) -> list[Doubt]:
        """A warning if the schedule names a local time that the clocks skip: about the first such time."""
        everywhere = CronTrigger.from_crontab(schedule, timezone="UTC", key=self._key)
        for gap in self._gaps_of(name):
            named = everywhere.next(just_before(gap.begin.replace(tzinfo=timezone.utc)))
            if named is not None and named.replace(tzinfo=None) < gap.end:
                return [Doubt(1, _skipped(gap))]
        return []

    def _gaps_of(self, name: str) -> list[Gap]:
        if name not in self._gaps:
            self._gaps[name] = gaps(to_zone(name), self._after)
        return self._gaps[name]


def gaps(zone: tzinfo, after: datetime) -> list[Gap]:
    """The gaps of a zone's clocks in the year after a moment, if they are at most three hours long."""
    found = []
    begin = after.astimezone(timezone.utc).replace(microsecond=0)
    for day in range(_YEAR):
        low = begin + timedelta(days=day)
        high = low + timedelta(days=1)
        was = _offset(zone, low)
        if _offset(zone, high) == was:
            continue
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
            if _offset(zone, middle) == was:
                low = middle
            else:
                high = middle
        step = _offset(zone, high) - was
        if timedelta() < step <= _LONGEST:
            end = high.astimezone(zone)
            found.append(Gap(end, end.replace(tzinfo=None) - step, end.replace(tzinfo=None)))
    return found


def _offset(zone: tzinfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _skipped(gap: Gap) -> str:
    return (
        f"the clocks go from {local_text(gap.begin)} to {local_text(gap.end)}: "
        f"a time in between fires once, at {gap.end.time()} {offset_text(gap.at)}"
    )


def _wild(schedule: str) -> bool:
    """Whether the schedule follows the clock, so that a gap has no effect on it."""
    fields = schedule.split()
    return fields == ["@hourly"] or fields[0].startswith("*") or (len(fields) > 1 and fields[1].startswith("*"))


def _doubts_of_days(schedule: str) -> list[Doubt]:
    """A warning if both day fields are restricted: either of them is enough."""
    fields = list(_FIELD.finditer(schedule))
    if len(fields) != 5:
        return []
    month, week = fields[2], fields[4]
    if month[0] in ("*", "?") or week[0] in ("*", "?") or week[0].startswith("+"):
        return []
    vixie = " (Vixie cron: both, as one begins with *)" if month[0][0] == "*" or week[0][0] == "*" else ""
    message = f'fires when the day of the month or the day of the week matches{vixie}; "+{week[0]}" asks for both'
    return [Doubt(week.start() + 1, message)]

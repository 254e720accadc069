"""IntervalTrigger: every n seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from .._names import names_of, unknown_argument
from .._time import EPOCH, MICROSECOND, to_micros
from .arguments import IntervalArguments
from .base import KIND_INTERVAL, BaseTrigger, Spec
from .moments import open_time, seconds_number
from .rule import RuleTrigger

if TYPE_CHECKING:
    from typing_extensions import Never

_WEEK, _DAY, _HOUR, _MINUTE = 604_800, 86_400, 3_600, 60
_LONGEST = (EPOCH.replace(year=2200) - EPOCH) // MICROSECOND


class IntervalTrigger(RuleTrigger, stored_as="interval"):
    """Due at `start_at + k * interval` in elapsed time: changes of the local clock do not stretch or shrink it.

    Without `start_at` the first run is one interval after adding. A stored task keeps its phase over restarts.

    Args:
        weeks, days, hours, minutes, seconds: the sum is the interval; fractions are allowed, and `seconds` may be a
            timedelta. No number may be negative, and the sum must be positive.
        start_at: the first due time. Naive: in the trigger's zone.
        end_at: the last possible due time, inclusive. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; if None, the zone of start_at, else of end_at, else the scheduler's.
        jitter: see BaseTrigger.

    Raises:
        TypeError, ValueError: naming the argument; for an interval that is 0, negative, or longer than the years 1970
        to 2199.
    """

    __slots__ = ("_micros", "_spec")

    alias: ClassVar[str] = "interval"

    def __init__(
        self,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float | timedelta = 0,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        jitter: float | None = None,
        *,
        allow_mistrigger_by_default: bool = False,
        **unknown: Never,  # cheaper than with_hints, where many tasks are added
    ) -> None:
        if unknown:
            raise unknown_argument("IntervalTrigger", unknown, names_of(IntervalArguments))
        if jitter is None:
            self.jitter = None
            self._jitter = 0
            self.allow_mistrigger_by_default = allow_mistrigger_by_default
        else:
            super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        if type(seconds) is int and seconds > 0 and weeks == days == hours == minutes == 0:  # many are made
            total: Fraction | int = seconds
        else:
            total = _total(weeks, days, hours, minutes, seconds)
        self._micros = round(total * 1_000_000)
        if self._micros == 0:
            raise ValueError(
                f"interval: {float(total):g} s is less than a microsecond"
                if total
                else "interval: it is 0; give a number above 0 of weeks, days, hours, minutes or seconds"
            )
        if self._micros > _LONGEST:
            raise ValueError("interval: it is longer than schedules last, from 1970 to 2199")
        self._spec: Spec | None = None
        if start_at is None and end_at is None and timezone is None:
            self.start_at = self.end_at = self.timezone = self._zone = self._asked = None
            self._spec = (KIND_INTERVAL, self._micros, None, None, self._jitter, None)
            return
        self._set_window(start_at, end_at, timezone)
        zone = self.timezone or fixed_zone.utc
        start, end = self._start(zone), self._end(zone)
        if start is not None and end is not None and end < start:
            raise ValueError(f"end_at: {self.end_at} is before start_at, {self.start_at}")

    @property
    def interval(self) -> timedelta:
        """The interval."""
        return self._micros * MICROSECOND

    @property
    def interval_size(self) -> float:
        """The interval in seconds."""
        return self._micros / 1_000_000

    def spec(self, zone: tzinfo) -> Spec:
        if self._spec is not None:
            return self._spec
        at = self.timezone or zone
        return (KIND_INTERVAL, self._micros, self._start(at), self._end(at), self._jitter, self._zone)

    def _start(self, zone: tzinfo) -> int | None:
        return None if self.start_at is None else to_micros(self.start_at, zone)

    def _end(self, zone: tzinfo) -> int | None:
        return None if self.end_at is None else to_micros(self.end_at, zone)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        return {"type": "interval", "microseconds": self._micros}

    def _arguments(self) -> dict[str, Any]:
        return {"seconds": seconds_number(self._micros)} | self._window_arguments()

    @classmethod
    def _from_stored(cls, members: dict[str, Any]) -> BaseTrigger | None:
        if "microseconds" in members:
            members["seconds"] = members.pop("microseconds") * MICROSECOND
        return super()._from_stored(members)

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        IntervalTrigger.__init__(self, **arguments)

    def _key(self) -> tuple[Any, ...]:
        zone = self.timezone or fixed_zone.utc
        return (
            self._micros,
            self._start(zone),
            self._end(zone),
            open_time(self.start_at, self.timezone),
            open_time(self.end_at, self.timezone),
            self._jitter,
            self._zone,
        )

    def __str__(self) -> str:
        return f"interval[{self.interval}{self._in_zone()}]"


def _total(weeks: float, days: float, hours: float, minutes: float, seconds: float | timedelta) -> Fraction | int:
    """The sum in seconds, exactly."""
    units = (("weeks", weeks, _WEEK), ("days", days, _DAY), ("hours", hours, _HOUR), ("minutes", minutes, _MINUTE))
    total: Fraction | int = 0
    for name, value, size in (*units, ("seconds", seconds, 1)):
        if type(value) is int:
            exact: Fraction | int = value
        elif isinstance(value, timedelta) and name == "seconds":
            exact = Fraction(value // MICROSECOND, 1_000_000)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name}: expected a number, not {type(value).__name__}")
        elif not math.isfinite(value):
            raise ValueError(f"{name}: {value!r} is not a finite number")
        else:
            exact = Fraction(value)
        if exact < 0:
            raise ValueError(f"{name}: {value} is negative")
        total += exact * size
    return total

"""IntervalTrigger: every so many seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from fractions import Fraction
from typing import Any, ClassVar

from .._time import MICROSECOND, to_micros
from .base import KIND_INTERVAL, Spec
from .moments import open_fold, seconds_number
from .rule import RuleTrigger

_WEEK, _DAY, _HOUR, _MINUTE = 604_800, 86_400, 3_600, 60


class IntervalTrigger(RuleTrigger):
    """Due at `start_at + k * interval` in elapsed time, so that daylight saving neither stretches nor shrinks it.

    Without `start_at` the first run is one interval after adding. A stored task keeps its phase over restarts.

    Args:
        weeks, days, hours, minutes, seconds: the interval; fractions are allowed, and `seconds` may be a timedelta. All
            0 is one second.
        start_at: the first due time. Naive: in the trigger's zone.
        end_at: the last possible due time, inclusive. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; when None that of start_at, else of end_at, else the scheduler's.
        jitter: see BaseTrigger.

    Raises:
        TypeError, ValueError: naming the argument, e.g. for a negative interval.
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
    ) -> None:
        if jitter is None:
            self.jitter = None
            self._jitter = 0
            self.allow_mistrigger_by_default = allow_mistrigger_by_default
        else:
            super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        if type(weeks) is type(days) is type(hours) is type(minutes) is type(seconds) is int:
            whole = weeks * _WEEK + days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds
            micros = whole * 1_000_000
        else:
            micros = _exact_micros(weeks, days, hours, minutes, seconds)
        if micros < 0:
            raise ValueError(f"interval: {micros / 1_000_000:g} s is negative")
        self._micros = micros or 1_000_000
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

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        IntervalTrigger.__init__(self, **arguments)

    def _key(self) -> tuple[Any, ...]:
        zone = self.timezone or fixed_zone.utc
        return (
            self._micros,
            self._start(zone),
            self._end(zone),
            open_fold(self.start_at, self.timezone),
            open_fold(self.end_at, self.timezone),
            self._jitter,
            self._zone,
        )

    def __str__(self) -> str:
        return f"interval[{self.interval}]"


def _exact_micros(weeks: float, days: float, hours: float, minutes: float, seconds: float | timedelta) -> int:
    total = Fraction(0)
    if isinstance(seconds, timedelta):
        total += Fraction(seconds // MICROSECOND, 1_000_000)
        seconds = 0
    units = (("weeks", weeks, _WEEK), ("days", days, _DAY), ("hours", hours, _HOUR), ("minutes", minutes, _MINUTE))
    for name, value, size in (*units, ("seconds", seconds, 1)):
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name}: expected a number, not {type(value).__name__}")
        try:
            total += Fraction(value) * size
        except (ValueError, OverflowError):
            raise ValueError(f"{name}: {value!r} is not a finite number") from None
    return round(total * 1_000_000)

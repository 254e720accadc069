"""CalendarIntervalTrigger: every n years, months, weeks or days, at a time of day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from .._names import with_hints
from .._time import zone_name
from .arguments import GapPolicy
from .rule import RuleTrigger

_UNITS = ("years", "months", "weeks", "days")
_TIME = ("hour", "minute", "second")


class CalendarIntervalTrigger(RuleTrigger, stored_as="calendar_interval"):
    """Due every n years, months, weeks and days, at a local time.

    Date k is the first date + k x (years, months), then + k x (weeks, days). A month without that day is skipped: the
    31st of each month comes seven times a year.

    Args:
        years, months, weeks, days: the interval; whole numbers, not all of them 0.
        hour, minute, second: the local time of day.
        start_at: its date is the first date, unless its time of day is later than the trigger's; None: the date of
            adding. Naive: in the trigger's zone.
        end_at: the last possible due time, inclusive. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; if None, the zone of start_at, else of end_at, else the scheduler's.
        jitter: see BaseTrigger.
        gap: what happens to a time that the clocks skip: "run_at_end" runs when the gap ends, "skip" does not run. A
            time that comes twice runs in the first pass.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_interval", "_time", "gap")

    alias: ClassVar[str] = "calendar_interval"
    zoned: ClassVar[bool] = True

    @with_hints
    def __init__(
        self,
        years: int = 0,
        months: int = 0,
        weeks: int = 0,
        days: int = 0,
        hour: int = 0,
        minute: int = 0,
        second: int = 0,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        jitter: float | None = None,
        *,
        gap: GapPolicy = "run_at_end",
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        self._interval = _numbers(_UNITS, (years, months, weeks, days))
        self._time = _numbers(_TIME, (hour, minute, second))
        self.gap = gap
        self._set_window(start_at, end_at, timezone)
        self._prepare()

    @property
    def years(self) -> int:
        return self._interval.get("years", 0)

    @property
    def months(self) -> int:
        return self._interval.get("months", 0)

    @property
    def weeks(self) -> int:
        return self._interval.get("weeks", 0)

    @property
    def days(self) -> int:
        return self._interval.get("days", 0)

    @property
    def hour(self) -> int:
        return self._time.get("hour", 0)

    @property
    def minute(self) -> int:
        return self._time.get("minute", 0)

    @property
    def second(self) -> int:
        return self._time.get("second", 0)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        out: dict[str, Any] = {"type": "calendar_interval", "gap": self.gap, **self._interval, **self._time}
        out["timezone"] = self._zone or zone_name(zone)
        return out

    def _arguments(self) -> dict[str, Any]:
        out: dict[str, Any] = {**self._interval, **self._time, **self._window_arguments()}
        if self.gap != "run_at_end":
            out["gap"] = self.gap
        return out

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        CalendarIntervalTrigger.__init__(self, **arguments)

    def __str__(self) -> str:
        every = ", ".join(f"{number} {name[:-1] if number == 1 else name}" for name, number in self._interval.items())
        return f"calendar_interval[{every} at {self.hour:02}:{self.minute:02}:{self.second:02}{self._in_zone()}]"


def _numbers(names: tuple[str, ...], values: tuple[int, ...]) -> dict[str, int]:
    """The numbers that are not 0, by name; the engine checks their ranges."""
    for name, value in zip(names, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name}: expected a whole number, not {type(value).__name__}")
    return {name: int(value) for name, value in zip(names, values, strict=True) if value}

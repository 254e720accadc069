"""DateTrigger: once."""

from __future__ import annotations

from datetime import datetime, tzinfo
from datetime import timezone as fixed_zone
from typing import Any, ClassVar

from .._time import from_micros, to_micros
from .base import KIND_DATE, BaseTrigger, Spec, optional_datetime, own_zone


class DateTrigger(BaseTrigger):
    """Due once, at an instant; without one at the moment of adding, and then never too late to run.

    A time more than the task's grace time (60 seconds where it has none) before the task is first added never runs.

    Args:
        run_at: when; a datetime, or ISO 8601 text. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; when None that of run_at, else the scheduler's.
        jitter: see BaseTrigger.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_zone", "run_at", "timezone")

    alias: ClassVar[str] = "date"

    def __init__(
        self,
        run_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        *,
        jitter: float | None = None,
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        self.run_at = optional_datetime(run_at, "run_at")
        self.timezone, self._zone = own_zone(timezone, self.run_at)

    def spec(self, zone: tzinfo) -> Spec:
        at = None if self.run_at is None else to_micros(self.run_at, self.timezone or zone)
        return (KIND_DATE, at, None, None, self._jitter, self._zone)

    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        if previous_time is not None:
            return None
        zone = self.timezone or timezone
        if self.run_at is None:
            return now or datetime.now(zone)
        return from_micros(to_micros(self.run_at, zone), zone)

    def _key(self) -> tuple[Any, ...]:
        at = None if self.run_at is None else to_micros(self.run_at, self.timezone or fixed_zone.utc)
        return (at, self._jitter, self._zone)

    def __str__(self) -> str:
        return f"date[{'now' if self.run_at is None else self.run_at}]"

    def __repr__(self) -> str:
        parts = []
        if self.run_at is not None:
            parts.append(f"run_at={self.run_at.isoformat()!r}")
        if self._zone is not None:
            parts.append(f"timezone={self._zone!r}")
        if self.jitter is not None:
            parts.append(f"jitter={self.jitter!r}")
        return f"DateTrigger({', '.join(parts)})"

"""DateTrigger: due once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from datetime import timezone as fixed_zone
from typing import Any, ClassVar

from .._names import with_hints
from .._time import format_utc, from_micros, local_zone, to_micros
from .base import KIND_DATE, Spec
from .moments import in_zone, open_time, optional_datetime
from .rule import RuleTrigger


class DateTrigger(RuleTrigger, stored_as="date"):
    """Due once, at an instant; without one, at the moment of adding, and then it is never too late to run.

    If the instant is further in the past than the task's grace time (60 seconds if it has none) when the task is first
    added, the task never runs.

    Args:
        run_at: the instant: a datetime, or ISO 8601 text. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; if None, the zone of run_at, else the scheduler's.
        jitter: see BaseTrigger.
        start_at, end_at: an instant before start_at or after end_at never runs. Naive: in the trigger's zone.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("run_at",)

    alias: ClassVar[str] = "date"

    @with_hints
    def __init__(
        self,
        run_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        *,
        jitter: float | None = None,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        self.run_at = optional_datetime(run_at, "run_at")
        self._set_window(start_at, end_at, timezone, self.run_at)
        self.run_at = in_zone(self.run_at, self.timezone)

    def spec(self, zone: tzinfo) -> Spec:
        own = self.timezone or zone
        at, start, end = (
            None if moment is None else to_micros(moment, own) for moment in (self.run_at, self.start_at, self.end_at)
        )
        return (KIND_DATE, at, start, end, self._jitter, self._zone)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        out: dict[str, Any] = {"type": "date"}
        if self.run_at is not None:
            out["run_at"] = format_utc(to_micros(self.run_at, zone))
        return out

    def _arguments(self) -> dict[str, Any]:
        return ({} if self.run_at is None else {"run_at": self.run_at}) | self._window_arguments()

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        DateTrigger.__init__(self, **arguments)

    def _first(self, now: datetime) -> datetime | None:
        if self.run_at is not None:
            return super()._first(now)
        zone = self.timezone or local_zone()
        return from_micros(to_micros(now, zone), zone)

    def _key(self) -> tuple[Any, ...]:
        zone = self.timezone or fixed_zone.utc
        times = (self.run_at, self.start_at, self.end_at)
        return (
            *(None if moment is None else to_micros(moment, zone) for moment in times),
            *(open_time(moment, self.timezone) for moment in times),
            self._jitter,
            self._zone,
        )

    def __str__(self) -> str:
        at = self.run_at if self._zone is None or self.run_at is None else self.run_at.replace(tzinfo=None)
        return f"date[{at or 'now'}{self._in_zone()}]"

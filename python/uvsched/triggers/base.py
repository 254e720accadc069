"""What the triggers have in common."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from .._time import span_to_micros, to_datetime, to_zone, zone_name
from .types import TriggerType

Spec = tuple[int, "int | None", "int | None", "int | None", int, "str | None"]
"""What the engine is told: (kind, span or instant, start, end, jitter, zone), all times in microseconds."""

KIND_DATE = 0
KIND_INTERVAL = 1


class BaseTrigger(TriggerType):
    """Base of all triggers.

    Args:
        jitter: a run may come up to so many seconds after its due time; the delay is the same for the same task and due
            time on every machine and after a restart. None: no delay.
        allow_mistrigger_by_default: accepted for asyncz's sake; here late runs are never dropped unless asked for.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_jitter", "allow_mistrigger_by_default", "jitter")

    def __init__(self, *, jitter: float | None = None, allow_mistrigger_by_default: bool = False) -> None:
        self.jitter = jitter
        self._jitter = 0 if jitter is None else span_to_micros(jitter, "jitter")
        self.allow_mistrigger_by_default = allow_mistrigger_by_default

    def spec(self, zone: tzinfo) -> Spec:
        """What the engine is told about this trigger; naive times are read in `zone` where it has no zone of its
        own."""
        raise NotImplementedError

    def _key(self) -> tuple[Any, ...]:
        """What makes two triggers equal: intervals in microseconds, instants in UTC, zones as spelt."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseTrigger):
            return NotImplemented
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))


def optional_datetime(value: datetime | str | None, argument: str) -> datetime | None:
    """`to_datetime`, with None for "not given"."""
    return None if value is None else to_datetime(value, argument)


def own_zone(timezone: tzinfo | str | None, *times: datetime | None) -> tuple[tzinfo | None, str | None]:
    """A trigger's zone (the one given, else that of the first time that has one, else None for the scheduler's) and the
    name of the one given, as spelt."""
    if timezone is not None:
        zone = to_zone(timezone)
        return zone, timezone if isinstance(timezone, str) else zone_name(zone)
    return next((time.tzinfo for time in times if time is not None and time.tzinfo is not None), None), None

"""What the triggers have in common."""

from __future__ import annotations

from datetime import datetime, tzinfo

from .. import _core
from .._time import span_to_micros
from ..exceptions import UnsupportedError
from .types import TriggerType

Spec = tuple[int, "int | str | None", "int | None", "int | None", int, "str | None"]
"""What a scheduler's engine is told: (kind, span, instant or JSON, start, end, jitter, zone), all times in
microseconds."""

KIND_DATE = 0
KIND_INTERVAL = 1
KIND_JSON = 2


class BaseTrigger(TriggerType, _core.Trigger):
    """Base of all triggers. They are values: made once, never changed, equal and hashed by what they say.

    A subclass of the program's own overrides get_next_trigger_time(), which a scheduler calls on a thread of its own
    for one due time after the other. Its state (its attributes) is stored as JSON; see `add_task` for the types. One
    that raises, gives a time that is not later than the one before, or does not return in five seconds hurts its own
    task alone: that is paused, with the reason in its history and in an event.

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

    def apply_jitter(self, next_trigger_time: datetime | None, jitter: float | None, now: datetime) -> datetime | None:
        """The due time as it is: the engine delays the run, not the due time."""
        return next_trigger_time

    def spec(self, zone: tzinfo) -> Spec:
        """What a scheduler's engine is told about this trigger; `zone` is the scheduler's, for what the trigger leaves
        open."""
        raise UnsupportedError(
            detail=f"trigger: {type(self).__name__} is a custom trigger, which a scheduler describes"
        )

    def _definition(self) -> tuple[str, str, tzinfo, bool]:
        """For the extension: see bindings/trigger.hpp."""
        raise UnsupportedError(
            detail=f"{type(self).__name__}: the engine does not know the times of a custom trigger; "
            "call get_next_trigger_time()"
        )

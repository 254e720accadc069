"""The common base of all triggers."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from .. import _core
from .._time import span_to_micros
from ..exceptions import UnsupportedError
from .types import TriggerType

Spec = tuple[int, "int | str | None", "int | None", "int | None", int, "str | None"]
"""A trigger for the engine: (kind, span, instant or JSON, start, end, jitter, zone), all times in microseconds."""

KIND_DATE = 0
KIND_INTERVAL = 1
KIND_JSON = 2


class BaseTrigger(TriggerType, _core.Trigger):
    """Base of all triggers. Triggers are values: they never change, and are equal if their rules are.

    A program's own subclass overrides get_next_trigger_time(), which a scheduler calls on a separate thread for one due
    time after the other. The subclass's attributes are stored as JSON; see `add_task` for their types. If the method
    raises, gives a time that is not later than the one before, or does not return within five seconds, only its own
    task suffers: the task is paused, with the reason in its history and in an event.

    Args:
        jitter: delays each run by up to this many seconds after its due time. The delay is the same for the same task
            and due time on every machine and after a restart. None: no delay.
        allow_mistrigger_by_default: accepted for compatibility with asyncz. Late runs are never dropped unless the task
            has a grace time.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_jitter", "allow_mistrigger_by_default", "jitter")

    is_custom: ClassVar[bool] = True
    """Whether the class decides itself when it is due."""

    def __init__(self, *, jitter: float | None = None, allow_mistrigger_by_default: bool = False) -> None:
        self.jitter = jitter
        self._jitter = 0 if jitter is None else span_to_micros(jitter, "jitter")
        self.allow_mistrigger_by_default = allow_mistrigger_by_default

    def spec(self, zone: tzinfo) -> Spec:
        """This trigger for the engine; naive times and rules without a zone are read in `zone`, the scheduler's."""
        raise UnsupportedError(
            detail=f"trigger: {type(self).__name__} is a custom trigger, which a scheduler describes"
        )

    def _definition(self) -> tuple[str, str, tzinfo, bool]:
        """For the extension: see bindings/trigger.hpp."""
        raise UnsupportedError(
            detail=f"{type(self).__name__}: the engine does not know the times of a custom trigger; "
            "call get_next_trigger_time()"
        )

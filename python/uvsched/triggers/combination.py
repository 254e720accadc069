"""AndTrigger and OrTrigger: several triggers as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from datetime import timezone as fixed_zone
from typing import Any, ClassVar

from .._names import with_hints
from .._time import to_micros
from ..exceptions import UnsupportedError
from .base import BaseTrigger
from .moments import open_time
from .rule import RuleTrigger
from .stored import trigger_from_members
from .types import TriggerType


class BaseCombinationTrigger(RuleTrigger):
    """Base of AndTrigger and OrTrigger.

    Args:
        triggers: the combined triggers, in order; not ShutdownTrigger, "@reboot" or custom triggers.
        jitter: see BaseTrigger.
        start_at, end_at: the first and the last possible due time, inclusive. Naive: in the trigger's zone.
        timezone: a tzinfo or a name, for combined triggers without a zone; if None, the zone of start_at, else of
            end_at, else the scheduler's.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_triggers",)

    zoned: ClassVar[bool] = True

    @with_hints
    def __init__(
        self,
        triggers: Iterable[TriggerType],
        jitter: float | None = None,
        *,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        self._triggers = tuple(_checked(triggers))
        self._set_window(start_at, end_at, timezone)
        self._prepare()

    @property
    def triggers(self) -> list[RuleTrigger]:
        """The triggers that are combined."""
        return list(self._triggers)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        return {"type": self.alias, "triggers": [trigger._json(zone) for trigger in self._triggers]}

    def _arguments(self) -> dict[str, Any]:
        return {"triggers": self.triggers} | self._window_arguments()

    @classmethod
    def _from_stored(cls, members: dict[str, Any]) -> BaseTrigger | None:
        if "triggers" in members:
            members["triggers"] = [trigger_from_members(child) for child in members["triggers"]]
            if None in members["triggers"]:
                return None
        return super()._from_stored(members)

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        BaseCombinationTrigger.__init__(self, **arguments)

    def _key(self) -> tuple[Any, ...]:
        if self._zone is not None:  # nothing is left open, whether the combined triggers name the zone or not
            return (*(type(trigger) for trigger in self._triggers), self._canonical())
        zone = self.timezone or fixed_zone.utc
        times = (self.start_at, self.end_at)
        return (
            *((type(trigger), trigger._key()) for trigger in self._triggers),
            *(None if moment is None else to_micros(moment, zone) for moment in times),
            *(open_time(moment, self.timezone) for moment in times),
            self._jitter,
            self._zone,
        )

    def __str__(self) -> str:
        return f"{self.alias}[{', '.join(str(trigger) for trigger in self._triggers)}{self._in_zone()}]"


class AndTrigger(BaseCombinationTrigger, stored_as="and"):
    """Due when all its triggers are due at the same microsecond. It ends when one of them ends.

    The arguments are those of BaseCombinationTrigger. Jitter of the combined triggers is not used.
    """

    __slots__ = ()

    alias: ClassVar[str] = "and"


class OrTrigger(BaseCombinationTrigger, stored_as="or"):
    """Due when any of its triggers is due, once if several are due at the same time. It ends when all have ended.

    The arguments are those of BaseCombinationTrigger. If it has no jitter, a time has the largest jitter of the
    triggers that gave the time.
    """

    __slots__ = ()

    alias: ClassVar[str] = "or"


def _checked(triggers: Iterable[TriggerType]) -> list[RuleTrigger]:
    out: list[RuleTrigger] = []
    if isinstance(triggers, (str, bytes)) or not isinstance(triggers, Iterable):
        raise TypeError(f"triggers: expected a list of triggers, not {type(triggers).__name__}")
    for index, trigger in enumerate(triggers):
        if not isinstance(trigger, TriggerType):
            raise TypeError(f"triggers[{index}]: expected a trigger, not {type(trigger).__name__}")
        if not isinstance(trigger, RuleTrigger) or trigger.is_custom:
            raise UnsupportedError(
                detail=f"triggers[{index}]: {type(trigger).__name__} is a custom trigger, which is asked for its times "
                "one by one; it cannot stand inside another"
            )
        out.append(trigger)
    return out

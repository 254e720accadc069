"""RuleTrigger: a trigger whose rule the engine knows."""

from __future__ import annotations

import copyreg
import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from datetime import timezone as fixed_zone
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from .._time import format_utc, from_micros, known_zone_name, local_zone, to_micros, to_zone, zone_at, zone_name
from .base import KIND_JSON, BaseTrigger, Spec
from .moments import in_zone, open_time, optional_datetime, shown
from .stored import MAKERS, trigger_from_json

if TYPE_CHECKING:
    from typing_extensions import Self


class RuleTrigger(BaseTrigger):
    """Base of the triggers whose due times the engine computes; here they are only values.

    `timezone` is the trigger's own zone: the given one, else the zone of its times, else None. None means the
    scheduler's zone, or, for a trigger without a task, the machine's.
    """

    __slots__ = ("_asked", "_zone", "end_at", "start_at", "timezone")

    start_at: datetime | None
    end_at: datetime | None
    timezone: tzinfo | None
    _zone: str | None  # the zone's name, where it is part of the rule
    _asked: tuple[tzinfo, Self] | None

    zoned: ClassVar[bool] = False
    """Whether the rule itself is read in the zone, not only its times."""

    def __init_subclass__(cls, *, stored_as: str | None = None) -> None:
        """`stored_as`: the kind of trigger in the engine's JSON that this class is."""
        super().__init_subclass__()
        cls.is_custom = cls.get_next_trigger_time is not RuleTrigger.get_next_trigger_time
        if stored_as is not None:
            MAKERS[stored_as] = cls._from_stored

    # ---- What each class defines ----

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        """The rule as the engine's JSON, without the members that `_json` adds. Times without a zone are in `zone`."""
        raise NotImplementedError

    def _arguments(self) -> dict[str, Any]:
        """The arguments that make an equal trigger, in order, without defaults; see `_window_arguments`."""
        raise NotImplementedError

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        """Initialises this new object with the arguments."""
        raise NotImplementedError

    @classmethod
    def _from_stored(cls, members: dict[str, Any]) -> BaseTrigger | None:
        """The trigger of the members of the engine's JSON. None: this process cannot make it."""
        made = cls.__new__(cls)
        made._restore(members)
        return made

    # ---- JSON ----

    def _json(self, zone: tzinfo) -> dict[str, Any]:
        """The whole trigger as the engine's JSON. Times without a zone are in `zone`."""
        own = self.timezone or zone
        out = self._rule(own)
        for name, moment in (("start_at", self.start_at), ("end_at", self.end_at)):
            if moment is not None:
                out[name] = format_utc(to_micros(moment, own))
        if self._zone is not None:
            out["timezone"] = self._zone
        if self._jitter:
            out["jitter"] = self._jitter / 1_000_000
        return out

    def to_json(self) -> str:
        """The trigger as JSON, in the form that the engine stores: equal for equal rules. A trigger without a zone is
        read in the machine's zone."""
        return self._canonical()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The trigger that to_json() wrote.

        Raises:
            ValueError: the text is not a trigger, or a trigger of another class.
        """
        found = trigger_from_json(text)
        if not isinstance(found, cls):
            raise ValueError(f"text: {text!r} is not the text of a {cls.__name__}")
        return found

    def spec(self, zone: tzinfo) -> Spec:
        return (KIND_JSON, json.dumps(self._json(zone)), None, None, 0, None)

    def _definition(self) -> tuple[str, str, tzinfo, bool]:
        zone = self.timezone or local_zone()
        name = self._zone or known_zone_name(zone)
        known = name is not None and type(zone) in (ZoneInfo, fixed_zone)
        return (json.dumps(self._json(zone)), name or "UTC", zone, known)

    # ---- Asking, as asyncz does ----

    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        asked = self._in(timezone)
        if previous_time is not None:
            return asked.next(previous_time)
        return asked._first(now or datetime.now(timezone))

    def _first(self, now: datetime) -> datetime | None:
        """The first due time not before `now`."""
        zone = self.timezone or local_zone()
        present = to_micros(now, zone)
        found = self.next(from_micros(present - 1, fixed_zone.utc))
        # A rule that counts from now, such as an interval without a start, must not count from just before.
        return found if found is not None and to_micros(found, zone) == present else self.next(now)

    def _in(self, zone: tzinfo) -> Self:
        """This trigger with the zone `zone`, if it has none. The last result is kept."""
        if self.timezone is not None:
            return self
        if self._asked is None or self._asked[0] is not zone:
            bound = type(self).__new__(type(self))
            bound._restore({**self._arguments(), "timezone": zone})
            self._asked = (zone, bound)
        return self._asked[1]

    # ---- Values ----

    def _key(self) -> tuple[Any, ...]:
        """Two triggers are equal if these are: the canonical rule, and the times that have no zone."""
        return (
            self._canonical(),
            self._zone,
            open_time(self.start_at, self.timezone),
            open_time(self.end_at, self.timezone),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RuleTrigger):
            return NotImplemented
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (copyreg.__newobj__, (type(self),), (self._arguments(), getattr(self, "__dict__", None)))  # type: ignore[attr-defined]

    def __setstate__(self, state: tuple[Mapping[str, Any], Mapping[str, Any] | None]) -> None:
        arguments, attributes = state
        self._restore(arguments)
        if attributes:
            self.__dict__.update(attributes)

    def _in_zone(self) -> str:
        """The zone for str(), if it is part of the rule."""
        return "" if self._zone is None else f", {self._zone}"

    def __repr__(self) -> str:
        parts = (f"{name}={shown(value, self.timezone)}" for name, value in self._arguments().items())
        return f"{type(self).__name__}({', '.join(parts)})"

    # ---- For constructors ----

    def _set_window(
        self,
        start_at: datetime | str | None,
        end_at: datetime | str | None,
        timezone: tzinfo | str | None,
        *before: datetime | None,
    ) -> None:
        """Sets the trigger's times and its zone: the given one, else the zone of the first time that has one."""
        self._asked = None
        start, end = optional_datetime(start_at, "start_at"), optional_datetime(end_at, "end_at")
        self._set_zone(timezone, (*before, start, end))
        self.start_at, self.end_at = in_zone(start, self.timezone), in_zone(end, self.timezone)

    def _set_zone(self, timezone: tzinfo | str | None, moments: tuple[datetime | None, ...]) -> None:
        self.timezone = None
        self._zone = None
        if timezone is not None:
            self.timezone = to_zone(timezone)
            if isinstance(timezone, str) and timezone != "local":
                self._zone = timezone
            else:
                self._zone = zone_name(self.timezone)
            return
        for moment in moments:
            if moment is not None and moment.tzinfo is not None:
                self.timezone = zone_at(moment)
                self._zone = zone_name(self.timezone) if self.zoned else None
                return

    def _window_arguments(self) -> dict[str, Any]:
        out: dict[str, Any] = {"start_at": self.start_at, "end_at": self.end_at, "timezone": self._zone}
        out["jitter"] = self.jitter
        if self.allow_mistrigger_by_default:
            out["allow_mistrigger_by_default"] = True
        return {name: value for name, value in out.items() if value is not None}

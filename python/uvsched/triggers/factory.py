"""Triggers by name, and from what the engine stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..exceptions import UnsupportedError
from .base import BaseTrigger
from .date import DateTrigger
from .interval import IntervalTrigger
from .types import TriggerType

_CLASSES: dict[str, type[BaseTrigger]] = {"date": DateTrigger, "interval": IntervalTrigger}
_LATER = frozenset({"and", "calendar", "cron", "or", "shutdown"})


def create_trigger(trigger: TriggerType | timedelta | str | None, arguments: Mapping[str, Any]) -> BaseTrigger:
    """The trigger that add_task's caller means.

    Args:
        trigger: an object; a name ("interval", "date"), with `arguments` for its class; a timedelta, for an interval;
            None for "date".
        arguments: further keyword arguments of add_task.

    Raises:
        TypeError, ValueError (UnsupportedError for triggers of later releases), LookupError: naming what is wrong.
    """
    if isinstance(trigger, TriggerType):
        if arguments:
            raise TypeError(f"add_task() got unexpected arguments beside a trigger object: {', '.join(arguments)}")
        if type(trigger) not in (IntervalTrigger, DateTrigger) or not isinstance(trigger, BaseTrigger):
            raise UnsupportedError(detail=f"trigger: {type(trigger).__name__} is not available yet")
        return trigger
    if isinstance(trigger, timedelta):
        return IntervalTrigger(seconds=trigger, **arguments)
    if trigger is None:
        trigger = "date"
    if not isinstance(trigger, str):
        raise TypeError(f"trigger: expected a trigger or its name, not {type(trigger).__name__}")
    found = _CLASSES.get(trigger)
    if found is None:
        if trigger in _LATER:
            raise UnsupportedError(detail=f"trigger: {trigger!r} is not available yet; use 'interval' or 'date'")
        raise LookupError(f"trigger: there is none with the name {trigger!r} (known: {', '.join(sorted(_CLASSES))})")
    try:
        return found(**arguments)
    except TypeError as error:
        raise TypeError(f"trigger {trigger!r}: {error}") from None


def trigger_from_json(text: str) -> BaseTrigger | None:
    """The trigger that the engine stored as `text`; None for a kind that this release does not know."""
    members = json.loads(text)
    kind = members.pop("type", None)
    if "microseconds" in members:
        members["seconds"] = timedelta(microseconds=members.pop("microseconds"))
    found = _CLASSES.get(kind)
    return None if found is None else found(**members)

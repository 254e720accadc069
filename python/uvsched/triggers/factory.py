"""Triggers by name, and from what the engine stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from .base import BaseTrigger
from .calendar import CalendarIntervalTrigger
from .combination import AndTrigger, OrTrigger
from .cron import CronTrigger
from .custom import trigger_from_members
from .date import DateTrigger
from .interval import IntervalTrigger
from .rule import RuleTrigger
from .shutdown import ShutdownTrigger
from .types import TriggerType


def _cron(**arguments: Any) -> CronTrigger:
    return CronTrigger.from_crontab(**arguments) if "expression" in arguments else CronTrigger(**arguments)


_MAKERS: dict[str, Callable[..., RuleTrigger]] = {
    "and": AndTrigger,
    "calendar_interval": CalendarIntervalTrigger,
    "cron": _cron,
    "date": DateTrigger,
    "interval": IntervalTrigger,
    "or": OrTrigger,
    "shutdown": ShutdownTrigger,
}
_ALIASES = {"calendar": "calendar_interval", "calendarinterval": "calendar_interval"}


def create_trigger(trigger: TriggerType | timedelta | str | None, arguments: Mapping[str, Any]) -> BaseTrigger:
    """The trigger that add_task's caller means.

    Args:
        trigger: an object, also of a class of the program's own; a name ("and", "calendar_interval", "cron", "date",
            "interval", "or", "shutdown"), with `arguments` for its class, for "cron" also those of
            CronTrigger.from_crontab(); a timedelta, for an interval; None for "date".
        arguments: further keyword arguments of add_task.

    Raises:
        TypeError, ValueError, LookupError: naming what is wrong.
    """
    if isinstance(trigger, TriggerType):
        if arguments:
            raise TypeError(f"add_task() got unexpected arguments beside a trigger object: {', '.join(arguments)}")
        if not isinstance(trigger, BaseTrigger):
            raise TypeError(f"trigger: {type(trigger).__name__} is no subclass of uvsched.triggers.BaseTrigger")
        return trigger
    if isinstance(trigger, timedelta):
        return IntervalTrigger(seconds=trigger, **arguments)
    if trigger is None:
        trigger = "date"
    if not isinstance(trigger, str):
        raise TypeError(f"trigger: expected a trigger or its name, not {type(trigger).__name__}")
    found = _MAKERS.get(_ALIASES.get(trigger, trigger))
    if found is None:
        raise LookupError(f"trigger: there is none with the name {trigger!r} (known: {', '.join(_MAKERS)})")
    try:
        return found(**arguments)
    except TypeError as error:
        raise TypeError(f"trigger {trigger!r}: {error}") from None


def trigger_from_json(text: str) -> BaseTrigger | None:
    """The trigger that the engine stored as `text`; None for a kind that this release does not know, and for a custom
    trigger that this process cannot make.

    Raises:
        TypeError, ValueError: it is no trigger; naming the member at fault.
    """
    return _from_members(json.loads(text))


def _from_members(members: Any) -> BaseTrigger | None:
    if not isinstance(members, dict):
        raise ValueError(f"trigger: {members!r} is not an object")
    arguments = dict(members)
    kind = arguments.pop("type", None)
    if kind == "custom":
        return trigger_from_members(arguments)
    found = _MAKERS.get(kind) if isinstance(kind, str) else None
    if found is None:
        return None
    if "microseconds" in arguments:
        arguments["seconds"] = timedelta(microseconds=arguments.pop("microseconds"))
    if "triggers" in arguments:
        children = [_from_members(child) for child in arguments["triggers"]]
        if None in children:
            return None
        arguments["triggers"] = children
    return found(**arguments)

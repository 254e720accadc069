"""Triggers by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

from .._names import names_of, near_name, unknown_argument
from .arguments import (
    CalendarArguments,
    CombinationArguments,
    CronArguments,
    DateArguments,
    IntervalArguments,
    ShutdownArguments,
    WindowArguments,
)
from .base import BaseTrigger
from .calendar import CalendarIntervalTrigger
from .combination import AndTrigger, OrTrigger
from .cron import CronTrigger
from .cron.trigger import is_cron_string
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
_ARGUMENTS: dict[str, Any] = {
    "and": CombinationArguments,
    "calendar_interval": CalendarArguments,
    "cron": CronArguments,
    "date": DateArguments,
    "interval": IntervalArguments,
    "or": CombinationArguments,
    "shutdown": ShutdownArguments,
}
_KNOWN = {name: names_of(typed) for name, typed in _ARGUMENTS.items()}
_TAKEN_BY = {f"trigger {name!r}": names for name, names in _KNOWN.items()}
_WINDOW = names_of(WindowArguments)
_EXPRESSION = _WINDOW | {"expression", "gap", "key", "overlap"}


def is_trigger_name(text: str) -> bool:
    """Whether create_trigger() knows a kind of trigger by this name."""
    return _ALIASES.get(text, text) in _MAKERS


def create_trigger(
    trigger: TriggerType | timedelta | str | None,
    arguments: Mapping[str, Any],
    call: str = "add_task",
    options: Collection[str] = (),
) -> BaseTrigger:
    """Makes the trigger that a caller describes.

    Args:
        trigger: a trigger object, also of a program's own class; a name ("and", "calendar_interval", "cron", "date",
            "interval", "or", "shutdown") with `arguments` of its class, for "cron" also those of
            CronTrigger.from_crontab(); a cron string ("*/5 * * * *", "@daily") with the arguments of from_crontab(); a
            timedelta, for an interval; None for "date".
        arguments: further keyword arguments of the call.
        call: the name of the calling method, for messages.
        options: the names of that method's own arguments, for hints.

    Raises:
        TypeError, ValueError, LookupError: naming the wrong argument.
    """
    if isinstance(trigger, str):
        return _by_name(trigger, arguments, f"{call} with trigger {trigger!r}", options)
    if trigger is None:
        return _by_name("date", arguments, f"{call} without a trigger", options)
    if isinstance(trigger, TriggerType):
        _check_names(f"{call} with a trigger object", arguments, frozenset(), options)
        if not isinstance(trigger, BaseTrigger):
            raise TypeError(f"trigger: {type(trigger).__name__} is not a subclass of uvsched.triggers.BaseTrigger")
        return trigger
    if isinstance(trigger, timedelta):
        _check_names(f"{call} with a timedelta as trigger", arguments, _WINDOW, options)
        return IntervalTrigger(seconds=trigger, **arguments)
    if isinstance(trigger, type):
        raise TypeError(f"trigger: {trigger.__name__} is a class; pass {trigger.__name__}(…)")
    raise TypeError(f"trigger: expected a trigger or its name, not {type(trigger).__name__}")


def _by_name(trigger: str, arguments: Mapping[str, Any], where: str, options: Collection[str]) -> BaseTrigger:
    name = _ALIASES.get(trigger, trigger)
    if name not in _MAKERS and is_cron_string(name):
        name, arguments = "cron", {**arguments, "expression": trigger}
    found = _MAKERS.get(name)
    if found is None:
        near = near_name(trigger, _MAKERS)
        meant = f"did you mean {near!r}?" if near else f"known: {', '.join(_MAKERS)}"
        raise LookupError(f"trigger: there is no trigger with the name {trigger!r} ({meant})")
    known = _KNOWN[name]
    if name == "cron" and "expression" in arguments:
        known = _EXPRESSION
        if trigger == name:
            where += " and an expression"
    _check_names(where, arguments, known, options)
    try:
        return found(**arguments)
    except TypeError as error:
        raise TypeError(f"trigger {trigger!r}: {error}") from None


def _check_names(call: str, arguments: Mapping[str, Any], known: frozenset[str], options: Collection[str]) -> None:
    if arguments.keys() <= known:
        return
    unknown = [name for name in arguments if name not in known]
    raise unknown_argument(call, unknown, {*known, *options}, _TAKEN_BY)


def names_trigger(text: str) -> bool:
    """Whether a text is the name of a trigger, or a cron string."""
    return text in _MAKERS or text in _ALIASES or is_cron_string(text)

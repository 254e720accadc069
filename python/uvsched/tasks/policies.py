"""The policies of a task: callers' values become the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from .._time import span_to_micros, to_datetime, to_micros
from ..typing import Undefined
from .checks import flag

_ON_CRASH = {"rerun": 0, "mark_lost": 1}


def engine_options(given: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """The name and the policies among the options that were given, in the engine's words. The engine checks ranges.

    Args:
        zone: of naive times.

    Raises:
        TypeError, ValueError: naming the option.
    """
    out: dict[str, Any] = {}
    for option, value in given.items():
        if option in _READERS and type(value) is not Undefined:
            _READERS[option](out, value, zone)
    return out


def _name(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
    if value is not None:
        out["name"] = value


def _grace_time(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
    out["mistrigger_grace_time"] = -1 if value is None else span_to_micros(value, "mistrigger_grace_time")


def _coalesce(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
    if value is not None:
        out["coalesce"] = flag(value, "coalesce")


def _count(option: str) -> Callable[[dict[str, Any], Any, tzinfo], None]:
    def read(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
        if value is None:
            return
        if not isinstance(value, int):
            raise TypeError(f"{option}: expected a whole number, not {type(value).__name__}")
        out[option] = value

    return read


def _on_crash(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
    if not isinstance(value, str) or value not in _ON_CRASH:
        raise ValueError(f"on_crash: {value!r} is not one of 'rerun', 'mark_lost'")
    out["on_crash"] = _ON_CRASH[value]


def _next_run_time(out: dict[str, Any], value: Any, zone: tzinfo) -> None:
    if value is None:
        out["paused"] = True
    else:
        out["next_run_time"] = to_micros(to_datetime(value, "next_run_time"), zone)


_READERS: dict[str, Callable[[dict[str, Any], Any, tzinfo], None]] = {
    "name": _name,
    "mistrigger_grace_time": _grace_time,
    "coalesce": _coalesce,
    "max_instances": _count("max_instances"),
    "max_catch_up": _count("max_catch_up"),
    "max_crashes": _count("max_crashes"),
    "on_crash": _on_crash,
    "next_run_time": _next_run_time,
}

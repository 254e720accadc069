"""Configuration: keyword arguments and asyncz's configuration dictionary, in both its spellings, to one shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Any

from .._time import span_to_micros, to_micros, to_zone, zone_name
from ..executors import AsyncIOExecutor, BaseExecutor
from ..executors.factory import create_executor
from ..stores import BaseStore, MemoryStore
from ..stores.factory import create_store

_PREFIXES = ("asyncz", "uvsched")
_SECTIONS = ("stores", "executors")

# What asyncz has and uvsched needs nothing of: claims are atomic in the store, so there is no lock file to name, and
# nothing to wait for.
_WITHOUT_EFFECT = frozenset(
    {"heartbeat_stale_after", "lock_path", "logger_name", "loggers_class", "startup_delay", "store_retry_interval"}
)
# The engine's queue for events and retired objects.
CONTROL_QUEUE = "uvsched.control"
# The engine's queue for what custom triggers are asked.
TRIGGER_QUEUE = "uvsched.triggers"


@dataclass(slots=True)
class Configuration:
    """What a scheduler is made of. Nothing is open."""

    stores: dict[str, BaseStore] = field(default_factory=dict)
    executors: dict[str, BaseExecutor] = field(default_factory=dict)
    timezone: tzinfo = fixed_zone.utc
    task_defaults: dict[str, Any] = field(default_factory=dict)
    identity: str = ""
    trusted_modules: tuple[str, ...] = ()
    lock_path: str = ""
    event_loop: asyncio.AbstractEventLoop | None = None
    isolated_event_loop: bool = False
    manual_clock: int | None = None
    defaulted: set[tuple[str, str]] = field(default_factory=set)
    """(section, alias) of the parts that nobody asked for, which a later add_store or add_executor may replace."""

    def engine_json(self) -> str:
        """The engine's configuration. All executors are queues there: their consumers live in Python."""
        members: dict[str, Any] = {
            "stores": {alias: store.settings() for alias, store in self.stores.items()},
            "executors": {alias: {"type": "queue"} for alias in (*self.executors, CONTROL_QUEUE, TRIGGER_QUEUE)},
            "timezone": zone_name(self.timezone),
            "task_defaults": self.task_defaults,
        }
        if self.identity:
            members["identity"] = self.identity
        return json.dumps(members)


def read_configuration(global_config: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Configuration:
    """Reads what a scheduler was given; `options` (its keyword arguments) win over `global_config`.

    Raises:
        TypeError, ValueError, LookupError: naming the argument and the value.
    """
    if global_config is not None and not isinstance(global_config, Mapping):
        raise TypeError(f"global_config: expected a mapping, not {type(global_config).__name__}")
    given = _nested(global_config or {})
    given.update({key: value for key, value in options.items() if value is not None})

    found = Configuration()
    for alias, store in _section(given, "stores").items():
        found.stores[alias] = create_store(store, {}, f"stores[{alias!r}]")
    for alias, executor in _section(given, "executors").items():
        found.executors[alias] = create_executor(executor, {}, f"executors[{alias!r}]")
    if "default" not in found.stores:
        found.stores["default"] = MemoryStore()
        found.defaulted.add(("store", "default"))
    if "default" not in found.executors:
        found.executors["default"] = AsyncIOExecutor()
        found.defaulted.add(("executor", "default"))
    if (zone := given.pop("timezone", None)) is not None:
        found.timezone = to_zone(zone)
        zone_name(found.timezone)
    found.task_defaults = _task_defaults(given.pop("task_defaults", None))
    found.identity = str(given.pop("identity", "") or "")
    found.trusted_modules = _trusted(given.pop("trusted_modules", ()))
    found.lock_path = str(given.pop("lock_path", "") or "")
    found.event_loop = given.pop("event_loop", None)
    found.isolated_event_loop = bool(given.pop("isolated_event_loop", False))
    if (start := given.pop("manual_clock", None)) is not None:
        if not isinstance(start, datetime):
            raise TypeError(f"manual_clock: expected a datetime, not {type(start).__name__}")
        found.manual_clock = to_micros(start, found.timezone)
    unknown = sorted(set(given) - _WITHOUT_EFFECT)
    if unknown:
        raise TypeError(f"unknown option of a scheduler: {', '.join(unknown)}")
    return found


def _nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Both spellings as nested dictionaries: "asyncz.stores.default.type" becomes stores / default / type."""
    out: dict[str, Any] = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise TypeError(f"global_config: the key {key!r} is no text")
        head, _, rest = key.partition(".")
        if head in _PREFIXES and not rest and isinstance(value, Mapping):
            out.update(_nested(value))
            continue
        name = rest if head in _PREFIXES and rest else key
        section, _, rest = name.partition(".")
        if not rest:
            _merge(out, [section], value)
        elif section in _SECTIONS and not isinstance(value, Mapping) and "." in rest:
            alias, _, option = rest.rpartition(".")  # aliases may have dots, options have none
            _merge(out, [section, alias, option], value)
        else:
            _merge(out, [section, rest], value)
    return out


def _merge(into: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            raise ValueError(f"global_config: {'.'.join(path)} is given twice")
    old = into.get(path[-1])
    if isinstance(old, dict) and isinstance(value, Mapping):
        old.update(value)
    else:
        into[path[-1]] = dict(value) if isinstance(value, Mapping) else value


def _section(given: dict[str, Any], name: str) -> dict[str, Any]:
    section = given.pop(name, None) or {}
    if not isinstance(section, Mapping):
        raise TypeError(f"{name}: expected a mapping of aliases, not {type(section).__name__}")
    for alias in section:
        if not isinstance(alias, str) or not alias:
            raise TypeError(f"{name}: the alias {alias!r} is no text")
        if alias in (CONTROL_QUEUE, TRIGGER_QUEUE):
            raise ValueError(f"{name}: the alias {alias!r} is uvsched's own")
    return {alias: value for alias, value in section.items() if value is not None}


def _task_defaults(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"task_defaults: expected a mapping, not {type(given).__name__}")
    defaults = dict(given)
    grace = defaults.get("mistrigger_grace_time")
    if isinstance(grace, timedelta):
        defaults["mistrigger_grace_time"] = span_to_micros(grace, "task_defaults: mistrigger_grace_time") / 1_000_000
    return {key: value for key, value in defaults.items() if value is not None}


def _trusted(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        raise TypeError("trusted_modules: expected a sequence of module names, not one text")
    names = tuple(given or ())
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"trusted_modules: {name!r} is no module name")
    return names

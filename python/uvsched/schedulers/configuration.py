"""Configuration: what a scheduler is given, as keyword arguments and as a configuration dictionary. The engine reads
what concerns it."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Any, TypedDict
from uuid import UUID

from .. import _core
from .._names import names_of, unknown_argument
from .._parts import checked_key, nested, plain
from .._time import span_to_micros, to_micros, to_zone, zone_name
from ..executors import AsyncIOExecutor, BaseExecutor, DebugExecutor
from ..executors.factory import create_executor
from ..stores import BaseStore, MemoryStore
from ..stores.factory import create_store
from ..tasks.options import TaskDefaults
from .loggers import default_loggers_class
from .types import LoggersType


class AsynczOptions(TypedDict, total=False):
    """Options of asyncz that uvsched accepts and does not need: claims are atomic in the store, and nothing polls."""

    heartbeat_stale_after: Any
    logger_name: Any
    loggers_class: Any
    startup_delay: Any
    store_retry_interval: Any


class SchedulerOptions(AsynczOptions, total=False):
    """The options of schedulers beside the arguments of BaseScheduler."""

    event_loop: asyncio.AbstractEventLoop | None
    isolated_event_loop: bool
    own_threads: bool
    manual_clock: datetime | None
    shutdown_timeout: timedelta | float | None
    api_timeout: timedelta | float | None


_WITHOUT_EFFECT = {
    "heartbeat_stale_after": "the store knows which scheduler is alive",
    "logger_name": "every scheduler writes to the standard logger 'uvsched'",
    "lock_path": "claims are atomic in the store, so no lock file is needed",
    "startup_delay": "a start waits for nothing",
    "store_retry_interval": "a store that failed is tried again by itself",
}
"""Options of asyncz, and why they are not needed."""

_NONE_MEANS = ("api_timeout",)
"""Options for which None is a value of its own; for the others it means "not given"."""

_PREFIXES = ("asyncz.", "uvsched.")
_OWN_QUEUES = (_core.CONTROL_QUEUE, _core.TRIGGER_QUEUE)
"""For events and retired objects, and for what custom triggers are asked."""


@dataclass(slots=True)
class Configuration:
    """The parts and options that a scheduler is made of. Nothing is open."""

    stores: dict[str, BaseStore] = field(default_factory=dict)
    executors: dict[str, BaseExecutor] = field(default_factory=dict)
    timezone: tzinfo = fixed_zone.utc
    timezone_given: bool = False
    task_defaults: dict[str, Any] = field(default_factory=dict)
    identity: str = ""
    trusted_modules: tuple[str, ...] = ()
    undeclared: str = "keep"
    lock_path: str = ""
    event_loop: asyncio.AbstractEventLoop | None = None
    isolated_event_loop: bool = False
    own_threads: bool = True
    polled: bool = False
    """Whether the scheduler works in the program's calls alone, and there is no asyncio loop."""
    manual_clock: int | None = None
    shutdown_timeout: float | None = None
    api_timeout: float | None = 5.0
    loggers: LoggersType = field(default_factory=default_loggers_class)
    defaulted: set[tuple[str, str]] = field(default_factory=set)
    """("store" or "executor", alias) of the parts that nobody chose, which add_store or add_executor may replace."""

    def copied(self) -> dict[str, Any]:
        """All members; those that can change are copied."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value.copy() if isinstance(value, dict | set) else value for name, value in members.items()}

    def restore(self, members: Mapping[str, Any]) -> None:
        """Sets all members to those of copied(). Stores and executors stay the same dictionaries, which others hold."""
        for name, value in members.items():
            held = getattr(self, name)
            if isinstance(held, dict):
                held.clear()
                held.update(value)
            else:
                setattr(self, name, value)

    def check_executor(self, executor: BaseExecutor, alias: str) -> None:
        """Raises ValueError for an executor that such a scheduler cannot have."""
        if self.polled and executor.needs_asyncio:
            raise ValueError(
                f"executors.{alias}: {executor!r} needs an asyncio loop, which this scheduler does not have: give "
                "it a DebugExecutor, ThreadPoolExecutor or PullExecutor, or use AsyncIOScheduler(own_threads=False)"
            )

    def engine_json(self, identity: str) -> str:
        """The engine's configuration, for a scheduler of this name. All executors are queues there: their consumers
        live in Python."""
        members: dict[str, Any] = {
            "stores": {alias: store.settings() for alias, store in self.stores.items()},
            "executors": {alias: {"type": "queue"} for alias in (*self.executors, *_OWN_QUEUES)},
            "timezone": zone_name(self.timezone),
            "task_defaults": self.task_defaults,
            "identity": identity,
            "undeclared": self.undeclared,
        }
        return json.dumps({key: plain(value, key) for key, value in members.items()})


SCHEDULER_OPTIONS = names_of(SchedulerOptions) | Configuration.__dataclass_fields__.keys() - {
    "defaulted",
    "loggers",
    "polled",
    "timezone_given",
}
"""The keyword arguments of a scheduler, beside `global_config`."""


def read_configuration(
    global_config: Mapping[str, Any] | None, options: Mapping[str, Any], *, polled: bool = False
) -> Configuration:
    """Reads what a scheduler was given; `options` (its keyword arguments) win over `global_config`.

    Args:
        polled: whether it works in the program's calls alone.

    Raises:
        TypeError, ValueError, LookupError: naming the argument and the value.
    """
    if global_config is not None and not isinstance(global_config, Mapping):
        raise TypeError(f"global_config: expected a mapping, not {type(global_config).__name__}")
    given = nested(global_config or {}, "global_config")
    given.update({key: value for key, value in options.items() if value is not None or key in _NONE_MEANS})

    for name in _WITHOUT_EFFECT:
        if name in given:
            warnings.warn(f"{name}: it has no effect here: {_WITHOUT_EFFECT[name]}", UserWarning, stacklevel=3)
    found = Configuration(polled=polled)
    for alias, store in _section(given, "stores").items():
        found.stores[alias] = create_store(store, {}, alias)
    for alias, executor in _section(given, "executors").items():
        found.executors[alias] = create_executor(executor, {}, alias)
        found.check_executor(found.executors[alias], alias)
    if "default" not in found.stores:
        found.stores["default"] = default_store()
        found.defaulted.add(("store", "default"))
    if "default" not in found.executors:
        found.executors["default"] = default_executor(polled)
        found.defaulted.add(("executor", "default"))
    zone = given.pop("timezone", None)
    found.timezone = to_zone("local" if zone is None else zone)
    found.timezone_given = zone is not None
    zone_name(found.timezone)  # which the engine must have
    found.task_defaults = _task_defaults(given.pop("task_defaults", None))
    found.identity = _identity(given.pop("identity", None))
    if (loggers := given.pop("loggers_class", None)) is not None:
        if not callable(loggers):
            raise TypeError(f"loggers_class: expected a class, not {type(loggers).__name__}")
        found.loggers = loggers()
    found.trusted_modules = _trusted(given.pop("trusted_modules", ()))
    found.undeclared = given.pop("undeclared", "keep")
    found.lock_path = str(given.pop("lock_path", "") or "")
    found.event_loop = given.pop("event_loop", None)
    if not isinstance(found.event_loop, asyncio.AbstractEventLoop | None):
        raise TypeError(f"event_loop: expected an asyncio loop, not {type(found.event_loop).__name__}")
    found.isolated_event_loop = bool(given.pop("isolated_event_loop", False))
    own_threads = given.pop("own_threads", None)
    if not isinstance(own_threads, bool | None):
        raise TypeError(f"own_threads: expected True or False, not {type(own_threads).__name__}")
    found.own_threads = own_threads is not False and not polled
    threaded = {"event_loop": found.event_loop, "isolated_event_loop": found.isolated_event_loop}
    for name, value in {**threaded, "own_threads": own_threads}.items():
        if polled and value:
            raise ValueError(f"{name}: only an AsyncIOScheduler has an asyncio loop or threads of its own")
    if not found.own_threads and found.isolated_event_loop:
        raise ValueError("isolated_event_loop: its loop needs a thread, which own_threads=False forbids")
    found.shutdown_timeout = seconds_of(given.pop("shutdown_timeout", None), "shutdown_timeout")
    if "api_timeout" in given:
        found.api_timeout = seconds_of(given.pop("api_timeout"), "api_timeout")
    if (start := given.pop("manual_clock", None)) is not None:
        if not isinstance(start, datetime):
            raise TypeError(f"manual_clock: expected a datetime, not {type(start).__name__}")
        found.manual_clock = to_micros(start, found.timezone)
    unknown = [name for name in given if name not in names_of(AsynczOptions)]
    if unknown:
        raise unknown_argument("scheduler", unknown, SCHEDULER_OPTIONS)
    return found


def default_store() -> BaseStore:
    """The store "default" of a scheduler that is given none."""
    return MemoryStore()


def default_executor(polled: bool) -> BaseExecutor:
    """The executor "default" of a scheduler that is given none."""
    return DebugExecutor() if polled else AsyncIOExecutor()


@dataclass(frozen=True, slots=True)
class Changes:
    """A configuration that joins another one.

    Attributes:
        found: what was read.
        names: the members of `found` that were given.
    """

    found: Configuration
    names: frozenset[str]

    def apply(self, to: Configuration) -> None:
        """Makes the changes: stores and executors join those that are there."""
        for name in self.names:
            if name in ("stores", "executors"):
                parts = getattr(self.found, name)
                what = name.removesuffix("s")
                given = {alias: part for alias, part in parts.items() if (what, alias) not in self.found.defaulted}
                getattr(to, name).update(given)
                to.defaulted.difference_update((what, alias) for alias in given)
            else:
                setattr(to, name, getattr(self.found, name))
        if "timezone" in self.names:
            to.timezone_given = True


def read_changes(
    global_config: Mapping[str, Any] | None, prefix: str | None, options: Mapping[str, Any], *, polled: bool
) -> Changes:
    """Reads what a scheduler is given by setup(); see there.

    Args:
        polled: whether it works in the program's calls alone.

    Raises:
        TypeError, ValueError, LookupError: naming the argument and the value.
    """
    if prefix and prefix not in _PREFIXES and isinstance(global_config, Mapping):
        global_config = {
            key.removeprefix(prefix): value for key, value in global_config.items() if str(key).startswith(prefix)
        }
    found = read_configuration(global_config, options, polled=polled)
    given = nested(global_config or {}, "global_config") | {
        name: value for name, value in options.items() if value is not None
    }
    return Changes(found, frozenset(given) & SCHEDULER_OPTIONS)


def _section(given: dict[str, Any], name: str) -> dict[str, Any]:
    section = given.pop(name, None) or {}
    if not isinstance(section, Mapping):
        raise TypeError(f"{name}: expected a mapping of aliases, not {type(section).__name__}")
    parts = {checked_key(alias, name): part for alias, part in section.items() if part is not None}
    for alias in _OWN_QUEUES:
        if alias in parts:
            raise ValueError(f"{name}: the alias {alias!r} is uvsched's own")
    return parts


def _task_defaults(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if callable(dump := getattr(given, "model_dump", None)):
        given = dump(exclude_none=True)
    elif is_dataclass(given) and not isinstance(given, type):
        given = asdict(given)
    if not isinstance(given, Mapping):
        raise TypeError(f"task_defaults: expected a mapping, not {type(given).__name__}")
    defaults: dict[str, Any] = {key: value for key, value in plain(given, "task_defaults").items() if value is not None}
    if defaults.pop("timezone", None) is not None:
        warnings.warn(
            "task_defaults.timezone: it has no effect here, nor in asyncz: the zone is the scheduler's", stacklevel=4
        )
    known = names_of(TaskDefaults)
    unknown = [name for name in defaults if name not in known]
    if unknown:
        raise unknown_argument("task_defaults", unknown, known)
    return defaults


def _identity(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, str | int | UUID):
        raise TypeError(f"identity: expected a string, an int or a UUID, not {type(given).__name__}")
    return given if isinstance(given, str) else str(given)


def _trusted(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        raise TypeError("trusted_modules: expected a sequence of module names, not one string")
    names = tuple(given or ())
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"trusted_modules: {name!r} is not the name of a module")
        if "" in name.split(".") or not set(name).isdisjoint(":*/ "):
            raise ValueError(
                f"trusted_modules: {name!r} is not the name of a module (such as 'jobs', whose submodules it includes)"
            )
    return names


def seconds_of(span: timedelta | float | None, argument: str) -> float | None:
    """A timeout in seconds; None for none.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    return None if span is None else span_to_micros(span, argument) / 1_000_000

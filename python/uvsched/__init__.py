"""uvsched: a task scheduler. A C++ engine on libuv; asyncio, threads and SQLite.

Most programs find all that they need here. Each name is loaded at its first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    from ._core import __version__
except ModuleNotFoundError as error:
    from ._extension import absence

    raise ImportError(absence(), name=error.name) from None

from . import _zone_data
from .runs import CurrentRun, Run, current_run

if TYPE_CHECKING:
    from ._lifespan import lifespan
    from .as_asyncz import install_as_asyncz
    from .executors import AsyncIOExecutor, ThreadPoolExecutor
    from .schedulers import AsyncIOScheduler, PolledScheduler
    from .schedulers.asyncio import AsyncIOScheduler as Asyncz
    from .stores import MemoryStore, MongoDBStore, PostgreSQLStore, RedisStore, SQLiteStore
    from .tasks import Task
    from .tasks.resources import provided
    from .triggers import (
        AndTrigger,
        CalendarIntervalTrigger,
        CronTrigger,
        DateTrigger,
        IntervalTrigger,
        OrTrigger,
        ShutdownTrigger,
    )

__all__ = [
    "AndTrigger",
    "AsyncIOExecutor",
    "AsyncIOScheduler",
    "Asyncz",
    "CalendarIntervalTrigger",
    "CronTrigger",
    "CurrentRun",
    "DateTrigger",
    "IntervalTrigger",
    "MemoryStore",
    "MongoDBStore",
    "OrTrigger",
    "PolledScheduler",
    "PostgreSQLStore",
    "RedisStore",
    "Run",
    "SQLiteStore",
    "ShutdownTrigger",
    "Task",
    "ThreadPoolExecutor",
    "__version__",
    "current_run",
    "install_as_asyncz",
    "lifespan",
    "provided",
]

_ELSEWHERE = {
    "_lifespan": {"lifespan"},
    "as_asyncz": {"install_as_asyncz"},
    "executors": {"AsyncIOExecutor", "ThreadPoolExecutor"},
    "schedulers": {"AsyncIOScheduler", "Asyncz", "PolledScheduler"},
    "stores": {"MemoryStore", "MongoDBStore", "PostgreSQLStore", "RedisStore", "SQLiteStore"},
    "tasks": {"Task"},
    "tasks.resources": {"provided"},
    "triggers": {
        "AndTrigger",
        "CalendarIntervalTrigger",
        "CronTrigger",
        "DateTrigger",
        "IntervalTrigger",
        "OrTrigger",
        "ShutdownTrigger",
    },
}

_zone_data.use_installed_package()


def __getattr__(name: str) -> Any:
    for module, names in _ELSEWHERE.items():
        if name in names:
            found = getattr(importlib.import_module(f".{module}", __name__), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

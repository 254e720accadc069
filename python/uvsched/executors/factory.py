"""Executors by name and from configuration dictionaries."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Mapping
from typing import Any

from .._parts import create_part
from .asyncio import AsyncIOExecutor
from .base import BaseExecutor
from .debug import DebugExecutor
from .futures import FuturesExecutor
from .pool import ThreadPoolExecutor
from .process_pool import ProcessPoolExecutor
from .pull import PullExecutor

# What stands for each of the engine's kinds of executor in Python.
_KINDS: dict[str, type[BaseExecutor]] = {
    "inline": DebugExecutor,
    "queue": AsyncIOExecutor,
    "threadpool": ThreadPoolExecutor,
}

# What the engine does not know: there it is a queue.
_PYTHONS: dict[str, type[BaseExecutor]] = {
    ProcessPoolExecutor.alias: ProcessPoolExecutor,
    PullExecutor.alias: PullExecutor,
}


def create_executor(
    executor: BaseExecutor | concurrent.futures.Executor | str | Mapping[str, Any],
    options: Mapping[str, Any],
    alias: str,
) -> BaseExecutor:
    """The executor that a user means.

    Args:
        executor: an object, of concurrent.futures too; a name ("asyncio", "threadpool", "threadpool:4", "processpool",
            "debug", "pull"); a mapping with "type" or "class" and options.
        options: further options.
        alias: for messages.

    Raises:
        TypeError, ValueError (UnsupportedError for executors that are not in this build), LookupError: naming the path
        of the fault ("executors.default.max_workers") and the value.
    """
    if isinstance(executor, concurrent.futures.Executor):
        executor = FuturesExecutor(executor)
    return create_part(executor, options, ("executors", alias), BaseExecutor, _make, _PYTHONS)


def _make(type: str, **options: Any) -> BaseExecutor:
    return _KINDS[type](**options)

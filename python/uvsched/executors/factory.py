"""Executors by name and from configuration dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._references import class_from_reference
from ..exceptions import UnsupportedError
from .asyncio import AsyncIOExecutor
from .base import BaseExecutor
from .debug import DebugExecutor
from .pool import ThreadPoolExecutor

_CLASSES: dict[str, type[BaseExecutor]] = {
    "asyncio": AsyncIOExecutor,
    "debug": DebugExecutor,
    "pool": ThreadPoolExecutor,
    "threadpool": ThreadPoolExecutor,
}
_LATER = frozenset({"process_pool", "processpool"})


def create_executor(
    executor: BaseExecutor | str | Mapping[str, Any], options: Mapping[str, Any], argument: str
) -> BaseExecutor:
    """The executor that a user means.

    Args:
        executor: an object; a name ("asyncio", "threadpool", "threadpool:4", "debug"); a mapping with "type" or "class"
            and options.
        options: keyword arguments for the class.
        argument: what to call it in messages.

    Raises:
        TypeError, ValueError (UnsupportedError for executors of later releases), LookupError: naming the argument and
        the value.
    """
    if isinstance(executor, BaseExecutor):
        if options:
            raise TypeError(f"{argument}: options beside an executor object: {', '.join(options)}")
        return executor
    if isinstance(executor, Mapping):
        members = {**executor, **options}
        kind = members.pop("type", None)
        reference = members.pop("class", None)
        if isinstance(reference, str):
            return class_from_reference(reference, BaseExecutor, argument)(**members)
        if not isinstance(kind, str):
            raise ValueError(f'{argument}: a mapping needs "type" or "class"')
        return create_executor(kind, members, argument)
    if not isinstance(executor, str):
        raise TypeError(f"{argument}: expected an executor or its name, not {type(executor).__name__}")
    name, separator, workers = executor.partition(":")
    found = _CLASSES.get(name)
    if found is None:
        if name in _LATER:
            raise UnsupportedError(detail=f"{argument}: executors of type {name!r} are not available yet")
        raise LookupError(f"{argument}: there is no executor {name!r} (known: {', '.join(sorted(_CLASSES))})")
    options = dict(options)
    if separator:
        if found is not ThreadPoolExecutor or not workers.isdecimal():
            raise ValueError(f"{argument}: {executor!r} is not of the form 'threadpool:8'")
        options["max_workers"] = int(workers)
    if found is ThreadPoolExecutor and isinstance(options.get("max_workers"), str):
        options["max_workers"] = int(options["max_workers"])  # flat configurations hold text
    try:
        return found(**options)
    except TypeError as error:
        raise TypeError(f"{argument}: {error}") from None

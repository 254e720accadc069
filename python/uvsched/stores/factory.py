"""Stores by URL, by name and from configuration dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._references import class_from_reference
from ..exceptions import UnsupportedError
from .base import BaseStore
from .memory import MemoryStore
from .sqlite import SQLiteStore

_CLASSES: dict[str, type[BaseStore]] = {"memory": MemoryStore, "sqlite": SQLiteStore}
_LATER = frozenset({"file", "mongo", "mongodb", "postgres", "postgresql", "redis", "sqlalchemy"})


def create_store(store: BaseStore | str | Mapping[str, Any], options: Mapping[str, Any], argument: str) -> BaseStore:
    """The store that a user means.

    Args:
        store: an object, a URL ("memory", "sqlite:tasks.db", "sqlite:///tasks.db"), a name ("sqlite", with `options`),
            or a mapping with "type", "class" or "url" and options.
        options: keyword arguments for the class.
        argument: what to call it in messages.

    Raises:
        TypeError, ValueError (UnsupportedError for stores of later releases), LookupError: naming the argument and the
        value.
    """
    if isinstance(store, BaseStore):
        if options:
            raise TypeError(f"{argument}: options beside a store object: {', '.join(options)}")
        return store
    if isinstance(store, Mapping):
        members = {**store, **options}
        kind = members.pop("type", None)
        reference = members.pop("class", None)
        url = members.pop("url", None)
        if isinstance(reference, str):
            return class_from_reference(reference, BaseStore, argument)(**members)
        name = kind if url is None else url
        if not isinstance(name, str):
            raise ValueError(f'{argument}: a mapping needs "type", "class" or "url"')
        return create_store(name, members, argument)
    if not isinstance(store, str):
        raise TypeError(f"{argument}: expected a store, a URL or a name, not {type(store).__name__}")
    name, separator, rest = store.partition(":")
    found = _CLASSES.get(name)
    if found is None:
        if name.partition("+")[0] in _LATER:
            raise UnsupportedError(detail=f"{argument}: stores of type {name!r} are not available yet")
        raise LookupError(f"{argument}: there is no type of store {name!r} (known: {', '.join(sorted(_CLASSES))})")
    if found is MemoryStore:
        if rest.strip("/"):
            raise ValueError(f"{argument}: {store!r}: a memory store has no path")
    else:
        options = dict(options)
        if separator:
            options["path"] = _sqlite_path(rest)
        elif "database" in options:
            options["path"] = options.pop("database")
    try:
        return found(**options)
    except TypeError as error:
        raise TypeError(f"{argument}: {error}") from None


def _sqlite_path(rest: str) -> str:
    """The path of "sqlite:PATH", and of "sqlite:///PATH" where a fourth slash makes it absolute."""
    return rest[3:] if rest.startswith("///") else rest

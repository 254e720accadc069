"""Stores by URL, by name and from configuration dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import stores
from .._parts import create_part
from .base import BaseStore
from .file import FileStore
from .sqlalchemy import SQLAlchemyStore

# What the engine does not know: asyncz's names for stores that it has.
_PYTHONS: dict[str, type[BaseStore]] = {
    FileStore.alias: FileStore,
    SQLAlchemyStore.alias: SQLAlchemyStore,
}


def create_store(store: BaseStore | str | Mapping[str, Any], options: Mapping[str, Any], alias: str) -> BaseStore:
    """The store that a user means.

    Args:
        store: an object, a URL ("memory", "sqlite:tasks.db?on_file_lost=reopen"), a name ("sqlite", with `options`), or
            a mapping with "type", "class" or "url" and options.
        options: further options.
        alias: for messages.

    Raises:
        TypeError, ValueError (UnsupportedError for stores that are not in this build), LookupError: naming the path of
        the fault ("stores.default.path") and the value.
    """
    return create_part(store, options, ("stores", alias), BaseStore, _make, _PYTHONS)


def _make(type: str, **options: Any) -> BaseStore:
    """The engine says which store it is by the alias of its class here."""
    classes: dict[str, Any] = {found.alias: found for found in map(vars(stores).__getitem__, stores.__all__)}
    made: BaseStore = classes[type](**options)
    return made

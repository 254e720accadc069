"""What a command about stored tasks is given: a store, which is a file or on a server, or the scheduler of an
application with its stores."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..schedulers import AsyncIOScheduler
from ..stores import BaseStore, SQLiteStore
from ..stores.factory import create_store
from .loading import hush, load_scheduler
from .options import CommandError
from .store_file import open_file
from .store_server import open_server
from .store_view import StoreView

_SCHEDULER = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*\Z")
_URL = re.compile(r"sqlite:|\w+://")
_LIKE_URL = re.compile(r"\w\w+:")


@dataclass(frozen=True, slots=True)
class Target:
    """Attributes:
    stores: alias → the store, for those that outlive a process.
    scheduler: the application's scheduler; None if a store was given.
    """

    stores: dict[str, BaseStore]
    scheduler: AsyncIOScheduler | None = None

    @property
    def store(self) -> BaseStore:
        """The store that was given."""
        return self.stores["default"]

    @contextlib.contextmanager
    def view(self, alias: str) -> Iterator[StoreView]:
        """Opens a store to look at it.

        Raises:
            CommandError: it is a file that does not exist, or the store cannot be opened, or fails.
        """
        store = self.stores[alias]
        if isinstance(store, SQLiteStore):
            with open_file(existing(store.file), alias) as file:
                yield file
        else:
            with open_server(store, alias) as server:
                yield server


def target_of(text: str, args: argparse.Namespace) -> Target:
    """The target that a text names: a path or a URL with options, or a scheduler. A file need not exist. From here on
    schedulers write only errors to the terminal.

    Raises:
        CommandError: the scheduler cannot be found, or the text does not name a store that outlives a process.
    """
    if _URL.match(text) is not None or os.path.exists(text) or _SCHEDULER.match(text) is None:
        hush()
        return Target({"default": _store_of(text)})
    scheduler = load_scheduler(text, args)
    hush()
    return Target({alias: store for alias, store in scheduler.stores.items() if store.durable}, scheduler)


def _store_of(text: str) -> BaseStore:
    if _URL.match(text) is None and _LIKE_URL.match(text) is not None:
        existing(text)  # none is made of a URL that lacks its slashes
    try:
        store = create_store(text if _URL.match(text) is not None else SQLiteStore(text), {}, "default")
        if store.networked or (isinstance(store, SQLiteStore) and store.file):
            return store
    except (TypeError, ValueError, LookupError) as error:
        raise CommandError(str(error)) from None
    raise CommandError(
        f"{store!r} ends with its process; name a store's file, a server's URL, or a scheduler as MODULE:NAME"
    )


def missing_file(store: BaseStore) -> str | None:
    """The path of a store's file that does not exist; None if it does, or the store is on a server."""
    return store.file if isinstance(store, SQLiteStore) and not os.path.exists(store.file) else None


def existing(path: str) -> str:
    """The path of a file that exists.

    Raises:
        CommandError: there is none.
    """
    if not os.path.exists(path):
        raise CommandError(
            f"there is no file {path}; name a store's file, a server's URL, or a scheduler as MODULE:NAME"
        )
    return path

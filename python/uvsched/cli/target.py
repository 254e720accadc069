"""What a command about stored tasks is given: a store's file, or the scheduler of an application."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass

from ..schedulers import AsyncIOScheduler
from ..stores import SQLiteStore
from ..stores.factory import create_store
from .loading import hush, load_scheduler
from .options import CommandError

_SCHEDULER = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*\Z")
_URL = re.compile(r"sqlite:|\w+://")


@dataclass(frozen=True, slots=True)
class Target:
    """Attributes:
    stores: alias → the store, for those that are files.
    scheduler: the application's scheduler; None if a file was given.
    """

    stores: dict[str, SQLiteStore]
    scheduler: AsyncIOScheduler | None = None

    @property
    def files(self) -> dict[str, str]:
        """Alias of the store → path of its file."""
        return {alias: store.file for alias, store in self.stores.items()}

    @property
    def store(self) -> SQLiteStore:
        """The file that was given."""
        return self.stores["default"]


def target_of(text: str, args: argparse.Namespace) -> Target:
    """The target that a text names: a path or a URL with options, or a scheduler. A file need not exist.

    Raises:
        CommandError: the scheduler cannot be found, or the text does not name a file.
    """
    if _URL.match(text) is not None or os.path.exists(text) or _SCHEDULER.match(text) is None:
        return Target({"default": _store_of(text)})
    scheduler = load_scheduler(text, args)
    hush()
    files = {alias: store for alias, store in scheduler.stores.items() if isinstance(store, SQLiteStore)}
    return Target(files, scheduler)


def _store_of(text: str) -> SQLiteStore:
    try:
        store = create_store(text if _URL.match(text) is not None else SQLiteStore(text), {}, "default")
        if isinstance(store, SQLiteStore) and store.file:
            return store
    except (TypeError, ValueError, LookupError) as error:
        raise CommandError(str(error)) from None
    raise CommandError(f"{store!r} is not a file; name its scheduler, as MODULE:NAME")


def existing(path: str) -> str:
    """The path of a file that exists.

    Raises:
        CommandError: there is none.
    """
    if not os.path.exists(path):
        raise CommandError(f"there is no file {path}; name a store's file, or a scheduler as MODULE:NAME")
    return path

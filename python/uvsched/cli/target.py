"""What a command about stored tasks is given: a store's file, or the scheduler of an application."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass

from ..schedulers import AsyncIOScheduler
from ..stores import SQLiteStore
from .loading import hush, load_scheduler
from .options import CommandError

_SCHEDULER = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*\Z")
_SCHEMES = ("sqlite:///", "sqlite:")


@dataclass(frozen=True, slots=True)
class Target:
    """Attributes:
    files: alias of the store → path of its file.
    scheduler: the application's scheduler; None if a file was given.
    """

    files: dict[str, str]
    scheduler: AsyncIOScheduler | None = None


def target_of(text: str, args: argparse.Namespace) -> Target:
    """The target that a text names. A file need not exist.

    Raises:
        CommandError: the scheduler cannot be found.
    """
    for scheme in _SCHEMES:
        if text.startswith(scheme):
            return Target({"default": text.removeprefix(scheme)})
    if os.path.exists(text) or _SCHEDULER.match(text) is None:
        return Target({"default": text})
    scheduler = load_scheduler(text, args)
    hush()
    files = {
        alias: store.path.removeprefix("sqlite:///")
        for alias, store in scheduler.stores.items()
        if isinstance(store, SQLiteStore)
    }
    return Target(files, scheduler)


def existing(path: str) -> str:
    """The path of a file that exists.

    Raises:
        CommandError: there is none.
    """
    if not os.path.exists(path):
        raise CommandError(f"there is no file {path}; name a store's file, or a scheduler as MODULE:NAME")
    return path

"""The scheduler through which a command adds tasks to a store, or changes them. It is paused: nothing runs in the
command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from ..exceptions import UvschedException
from ..executors import AsyncIOExecutor
from ..schedulers import AsyncIOScheduler
from ..stores import SQLiteStore
from .options import CommandError

CANNOT_ADD = (UvschedException, LookupError, TypeError, ValueError)
"""What add_task raises."""


def scheduler_of_file(store: SQLiteStore, executors: Iterable[str], timezone: str) -> AsyncIOScheduler:
    """A scheduler for a file alone: its executors, with these aliases, take every function."""
    return AsyncIOScheduler(
        stores={"default": store},
        executors={alias: AsyncIOExecutor() for alias in {"default", *executors}},
        timezone=timezone,
    )


def scheduler_of_operator(stores: Mapping[str, SQLiteStore]) -> AsyncIOScheduler:
    """A scheduler that changes tasks in files. It has none of their functions, and imports no module for them."""
    return AsyncIOScheduler(stores=dict(stores), timezone="UTC", trusted_modules=["uvsched"])


@contextlib.contextmanager
def opened(scheduler: AsyncIOScheduler) -> Iterator[None]:
    """Has the stores open.

    Raises:
        CommandError: they cannot be opened.
    """
    try:
        AsyncIOScheduler.start(scheduler, paused=True)  # that of its own class may wait, or be a coroutine
    except (*CANNOT_ADD, OSError) as error:
        raise CommandError(f"the store cannot be opened: {error}") from None
    try:
        yield
    finally:
        AsyncIOScheduler.shutdown(scheduler)


def why_lost(scheduler: AsyncIOScheduler, alias: str) -> str | None:
    """Why a task that is added to a store here would be gone when the command ends; None if it stays."""
    store = scheduler.stores.get(alias)
    if store is None or store.durable:
        return None
    return f"store {alias!r} is in memory: what is added here would end with this command"

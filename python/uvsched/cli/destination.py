"""The scheduler through which a command looks at a store on a server, adds tasks to a store, or changes them. It is a
visitor: nothing runs in the command, and the store keeps no trace of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._time import from_micros
from ..exceptions import UvschedException
from ..executors import AsyncIOExecutor
from ..schedulers import AsyncIOScheduler
from ..stores import BaseStore
from .options import CommandError

if TYPE_CHECKING:
    from .. import _core

CANNOT_ADD = (UvschedException, LookupError, TypeError, ValueError)
"""What add_task raises."""


class Operator(AsyncIOScheduler):
    """A scheduler for stores alone, whose tasks an application runs. Its executors, with these aliases, take every
    function, and it imports no module for a task that is stored.

    A task that is added to a server is not refused here because its function is not trusted: the application decides
    which functions it trusts, in processes of which this one knows nothing. Here the operator vouches for the function,
    by its name on the command line.

    Raises:
        CommandError: the options of a store are wrong, or there is no module for it.
    """

    _visits = True

    def __init__(self, stores: Mapping[str, BaseStore], executors: Iterable[str] = (), timezone: str = "UTC") -> None:
        try:
            super().__init__(
                stores=dict(stores),
                executors={alias: AsyncIOExecutor() for alias in {"default", *executors}},
                timezone=timezone,
            )
        except CANNOT_ADD as error:
            raise CommandError(str(error)) from None

    # The engine's own rows: Task, TaskInfo and Run read arguments and results, for which modules may be imported.

    def records(self, store: str) -> Sequence[_core.TaskRecord]:
        """The tasks of a store that have not finished, and can be read, in order of their ids."""
        return self._reader.records(store)

    def record(self, store: str, id: str) -> _core.TaskRecord:
        """A task of a store.

        Raises:
            TaskLookupError: there is none. StoreError: it cannot be read.
        """
        return self._reader.record(store, id)

    def ledger(
        self, store: str, limit: int, before: int | None = None, task: str | None = None, state: str | None = None
    ) -> Sequence[dict[str, Any]]:
        """Rows of a store's ledger, the newest first, with the members of UVSCHED_HISTORY_FIELDS; see history()."""
        return self._handle.usable().history(task, store, state, before, limit)

    def check(self, store: str, watch_ms: int = -1) -> dict[str, Any]:
        """What there is to say of a store as a whole: see sched_check_store() in uvsched.h."""
        report: dict[str, Any] = json.loads(self._handle.usable().check_store(store, watch_ms))
        return report

    def first_due(self, store: str, id: str) -> datetime | None:
        """The next due time of a task, without jitter; None if it has none."""
        times = self._handle.usable().preview_task_runs(id, store, None, 1)
        return from_micros(times[0], timezone.utc) if times else None


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

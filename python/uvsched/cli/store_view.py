"""A store as commands look at it. A file is read as it is (store_file.py), a server through a scheduler
(store_server.py); target.py says which."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .nodes import Node
from .store_rows import LastRun, LedgerRow, NamedTask, Request, StoredTask, UnderWay, Wanted


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in a store.

    Attributes:
        under_way: the fires that have not ended; None if they cannot be told.
        nodes: the schedulers that use it.
        open_by: how many of them have it open; None if that cannot be told.
        elsewhere: how to find what cannot be told here.
    """

    under_way: list[UnderWay] | None
    nodes: list[Node]
    open_by: int | None
    elsewhere: str | None = None


class StoreView(Protocol):
    """An open store. What it raises is a CommandError where it was opened."""

    what: str
    """What it is, for people: "file" or "store"."""

    @property
    def place(self) -> str:
        """Where it is, without secrets."""

    @property
    def name(self) -> str:
        """The same in short."""

    def ids(self) -> list[str]:
        """The ids of all tasks."""

    def tasks(self) -> list[StoredTask]:
        """The tasks, in order of their next due time."""

    def first_due(self, task: StoredTask) -> datetime | None:
        """The next due time of a task, without jitter; None if there is none."""

    def last_runs(self) -> dict[str, LastRun]:
        """Of each task that has history."""

    def activity(self) -> Activity:
        """What goes on."""

    def named(self, id: str) -> NamedTask | None:
        """The task with this id; None if there is none."""

    def history(self, wanted: Wanted) -> Iterable[LedgerRow]:
        """Rows of the ledger, the newest first."""

    def asked(self, id: str) -> AbstractSet[Any]:
        """The runs of a task that have been asked for so far, for request()."""

    def request(self, id: str, before: AbstractSet[Any]) -> Request | None:
        """The run of a task that was asked for besides those `before`; None if it is gone, with its task."""

    def renew(self) -> None:
        """Looks at what the store is now; until then a file is shown as it was at one moment."""

"""A store on a server, as a visiting scheduler sees it. What only the tables of the server tell is not guessed:
commands say how to ask the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._time import from_micros
from ..exceptions import StoreCorruptError, TaskLookupError, UvschedException
from ..stores import BaseStore
from ..tasks.records import NEVER
from .destination import Operator, opened
from .options import CommandError
from .server_sql import in_brackets, query, text_of
from .store_rows import LastRun, LedgerRow, NamedTask, Request, StoredTask, Wanted
from .store_view import Activity

if TYPE_CHECKING:
    from .. import _core

_PAGE = 1_000
_RECENT = 100  # rows of a task, among which a run that was just asked for is looked for


class StoreServer:
    """An open store of a server, with this alias; a StoreView. See open_server()."""

    what = "store"

    def __init__(self, operator: Operator, alias: str, store: BaseStore) -> None:
        self._operator = operator
        self._alias = alias
        self._store = store

    @property
    def place(self) -> str:
        return self._store.place

    @property
    def name(self) -> str:
        return self._store.place

    @cached_property
    def _records(self) -> Sequence[_core.TaskRecord]:
        return self._operator.records(self._alias)

    @cached_property
    def set_apart(self) -> dict[str, str]:
        """The tasks whose rows were found to be unreadable, and why."""
        return {task["id"]: task["why"] for task in self._operator.check(self._alias, 0)["apart"]}

    def ids(self) -> list[str]:
        return sorted({*(record.id for record in self._records), *self.set_apart})

    def tasks(self) -> list[StoredTask]:
        records = sorted(self._records, key=lambda record: record.next_run_time)
        unreadable = [
            StoredTask(id, "unreadable", None, None, None, 0, why, "", None, None)
            for id, why in sorted(self.set_apart.items())
        ]
        return [*map(_task, records), *unreadable]

    def first_due(self, task: StoredTask) -> datetime | None:
        if task.next_run is None:
            return None
        try:
            return self._operator.first_due(self._alias, task.id)
        except TaskLookupError:  # it has been deleted meanwhile
            return None

    def last_runs(self) -> dict[str, LastRun]:
        page = self._operator.ledger(self._alias, _PAGE)
        found = {row["task_id"]: _last(row) for row in reversed(page)}
        if len(page) == _PAGE:
            for record in self._records:
                if record.id not in found:
                    for row in self._operator.ledger(self._alias, 1, task=record.id):
                        found[record.id] = _last(row)
        return found

    def activity(self) -> Activity:
        told = {
            "what is under way": query(self._store, "fires"),
            "who has the store open": query(self._store, "node", "label, pid, version", "NOT gone"),
            "which tasks are finished": query(self._store, "tasks", "id, runs", "state = 'finished'"),
        }
        *others, last = (f"{what}{in_brackets(sql)}" for what, sql in told.items())
        return Activity(None, [], None, f"only the server itself tells {', '.join(others)} and {last}")

    def named(self, id: str) -> NamedTask | None:
        try:
            record = self._operator.record(self._alias, id)
        except TaskLookupError:
            return None
        except StoreCorruptError:  # it can be deleted all the same
            return NamedTask(self._alias, id, None, "", "", None)
        return NamedTask(self._alias, id, None, record.executor, record.function, None if record.running else 0)

    def history(self, wanted: Wanted) -> Iterator[LedgerRow]:
        size = _PAGE if wanted.since is not None else min(_PAGE, wanted.limit)
        before, left = None, wanted.limit
        while True:
            page = self._operator.ledger(self._alias, size, before, wanted.task, wanted.state)
            rows = [_ledger_row(self._alias, row) for row in page]
            rows = [row for row in rows if wanted.since is None or row.finished >= wanted.since][:left]
            yield from rows
            left -= len(rows)
            # Rows lie nearly in the order in which they ended: behind a page of older ones there are only older ones.
            if not rows or not left or len(page) < size:
                return
            before = page[-1]["number"]

    def asked(self, id: str) -> AbstractSet[Any]:
        return {row["number"] for row in self._by_hand(id)}

    def request(self, id: str, before: AbstractSet[Any]) -> Request | None:
        for row in self._by_hand(id):
            if row["number"] not in before:
                return Request(row["state"], row["owner"] or None, _first_line(row["error"]), None)
        if self.named(id) is None:
            return None
        return Request(None, None, None, None, query(self._store, "fires", "state, owner", f"task_id = {text_of(id)}"))

    def _by_hand(self, id: str) -> list[dict[str, Any]]:
        """Runs of a task that were asked for and have ended."""
        return [row for row in self._operator.ledger(self._alias, _RECENT, task=id) if row["kind"] == "manual"]

    def renew(self) -> None:
        """It shows what is there anyway."""


@contextlib.contextmanager
def open_server(store: BaseStore, alias: str) -> Iterator[StoreServer]:
    """Opens a store of a server.

    Raises:
        CommandError: it cannot be opened, or fails.
    """
    operator = Operator({alias: store})
    view = StoreServer(operator, alias, store)
    with opened(operator):
        try:
            yield view
        except UvschedException as error:
            raise CommandError(str(error)) from None


def _task(record: _core.TaskRecord) -> StoredTask:
    return StoredTask(
        id=record.id,
        state="paused" if record.paused else "finished" if record.finished else "active",
        function=record.function,
        executor=record.executor,
        runs=record.runs,
        open=record.running,
        quarantine=None,
        definition=f'{{"trigger": {record.trigger}}}',
        next_slot=None,
        next_due=None if record.next_run_time == NEVER else from_micros(record.next_run_time, timezone.utc),
    )


def _last(row: dict[str, Any]) -> LastRun:
    at = _moment(row["finished_at"] or row["scheduled_time"]).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return LastRun(row["state"], row["reason"] or None, f"{at}Z", _first_line(row["error"]))


def _ledger_row(alias: str, row: dict[str, Any]) -> LedgerRow:
    return LedgerRow(
        store=alias,
        number=row["number"],
        task=row["task_id"],
        kind=row["kind"],
        state=row["state"],
        reason=row["reason"] or None,
        due=_moment(row["scheduled_time"]),
        folded=row["folded"],
        exact=bool(row["exact"]),
        attempt=row["attempt"],
        crashes=row["crashes"],
        scheduler=row["owner"] or None,
        started=_moment(row["started_at"]) if row["started_at"] else None,
        finished=_moment(row["finished_at"]),
        error=row["error"] or None,
        result=row["result"] or None,
        late_result=row["late_result"] or None,
    )


def _first_line(error: str) -> str | None:
    return error.partition("\n")[0] or None


def _moment(micros: int) -> datetime:
    return from_micros(micros, timezone.utc)

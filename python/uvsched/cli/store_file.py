"""A store's file, as an onlooker reads it: nothing is written, no lock of the store is taken, and the scheduler that
uses the file goes on. The views and tables are those of docs/ledger.md."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timezone
from typing import Any

from .._time import from_micros, to_micros
from .file_rows import FileRows
from .nodes import nodes_of
from .options import CommandError
from .store_rows import LastRun, LedgerRow, NamedTask, Request, StoredTask, UnderWay, Wanted
from .store_view import Activity

_PATIENCE = 5.0  # seconds, while another program writes

_TASKS = """
SELECT tasks.id, tasks.state, tasks.function, tasks.executor, tasks.runs, tasks.open, tasks.quarantine,
       tasks.definition, next_slot + iif(clk = 'elapsed', meta.shift, 0),
       next_due + iif(clk = 'elapsed', meta.shift, 0)
FROM tasks JOIN def USING (id) JOIN sched USING (n) JOIN meta
ORDER BY next_due IS NULL, next_due + iif(clk = 'elapsed', meta.shift, 0), tasks.id
"""
_LAST = """
SELECT task_id, state, reason, coalesce(finished, scheduled), error
FROM runs WHERE seq IN (SELECT max(seq) FROM history GROUP BY task_id)
"""
_UNDER_WAY = "SELECT task_id, state, scheduled, started, owner FROM fires ORDER BY started IS NULL, started, scheduled"
_NAMED = """
SELECT at_start, coalesce(executor, ''), coalesce(fn, ''),
       (SELECT count(*) FROM open WHERE open.n = def.n AND open.state = 'running')
FROM def LEFT JOIN sched USING (n) LEFT JOIN lane ON lane.lane = abs(sched.lane) WHERE def.id = ?
"""
_HISTORY = """
SELECT seq, task_id, kind, state, reason, last_at, folded, exact, attempt, crashes, label, started_at, finished_at,
       error, result, late_result
FROM history
"""
_TIMES, _EXACT = (5, 11, 12), 7  # places of columns that hold times, and of one that holds a truth value
_SLOTS = """
SELECT slot FROM history WHERE task_id = ? AND kind = 'manual'
UNION ALL SELECT slot FROM open JOIN def USING (n) WHERE def.id = ? AND kind = 'manual'
"""
_REQUESTS = """
SELECT slot, state, label, error FROM history WHERE task_id = ? AND kind = 'manual'
UNION ALL
SELECT slot, open.state, node.label, NULL FROM open JOIN def USING (n) LEFT JOIN node ON node.id = open.owner
WHERE def.id = ? AND kind = 'manual'
"""


class StoreFile(FileRows):
    """An open file, with this path, of the store that has this alias; a StoreView. See open_file()."""

    what = "file"

    def __init__(self, path: str, alias: str, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._alias = alias

    @property
    def name(self) -> str:
        return os.path.basename(self.place)

    def ids(self) -> list[str]:
        return [id for (id,) in self.rows("SELECT id FROM def ORDER BY id")]

    def tasks(self) -> list[StoredTask]:
        return [StoredTask(*(*values, _moment(slot), _moment(due))) for *values, slot, due in self.rows(_TASKS)]

    def first_due(self, task: StoredTask) -> datetime | None:
        return task.next_slot

    def last_runs(self) -> dict[str, LastRun]:
        return {row[0]: LastRun(*row[1:]) for row in self.rows(_LAST)}

    def activity(self) -> Activity:
        return Activity([UnderWay(*row) for row in self.rows(_UNDER_WAY)], *nodes_of(self))

    def named(self, id: str) -> NamedTask | None:
        self.require_current()
        for declared, *rest in self.rows(_NAMED, id):
            return NamedTask(self._alias, id, bool(declared), *rest)
        return None

    def history(self, wanted: Wanted) -> Iterator[LedgerRow]:
        self.require_current()
        given = {
            "task_id = ?": wanted.task,
            "state = ?": wanted.state,
            "finished_at >= ?": None if wanted.since is None else to_micros(wanted.since, timezone.utc),
        }
        given = {condition: value for condition, value in given.items() if value is not None}
        where = f"WHERE {' AND '.join(given)}" if given else ""
        for row in self.rows(f"{_HISTORY} {where} ORDER BY seq DESC LIMIT ?", *given.values(), wanted.limit):
            values = list(row)
            for place in _TIMES:
                values[place] = _moment(values[place])
            values[_EXACT] = bool(values[_EXACT])
            yield LedgerRow(self._alias, *values)

    def asked(self, id: str) -> AbstractSet[Any]:
        return {slot for (slot,) in self.rows(_SLOTS, id, id)}

    def request(self, id: str, before: AbstractSet[Any]) -> Request | None:
        _, open_by = nodes_of(self)
        for slot, state, label, error in self.rows(_REQUESTS, id, id):
            if slot not in before:
                return Request(state, label, None if error is None else error.partition("\n")[0], open_by)
        return None


@contextlib.contextmanager
def open_file(path: str, alias: str = "default") -> Iterator[StoreFile]:
    """Opens a store's file for reading: one moment of it, in one transaction.

    Raises:
        CommandError: it is not a store's file, or cannot be read.
    """
    # Who may write the file opens it so, and removes what SQLite makes beside it; queries are all that is allowed.
    mode = "rw" if os.access(path, os.W_OK) and os.access(os.path.dirname(os.path.abspath(path)), os.W_OK) else "ro"
    url = f"file:{urllib.parse.quote(os.path.abspath(path))}?mode={mode}"
    try:
        connection = sqlite3.connect(url, uri=True, timeout=_PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise CommandError(f"{path} cannot be opened: {error}") from None
    with contextlib.closing(connection):
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            connection.execute("SELECT store_uuid FROM meta")
            yield StoreFile(path, alias, connection)
        except sqlite3.Error as error:
            raise CommandError(f"{path} cannot be read as a store of uvsched: {error}") from None


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros, timezone.utc)

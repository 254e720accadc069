"""A store's file, as an onlooker reads it: nothing is written, no lock of the store is taken, and the scheduler that
uses the file goes on. The views and tables are those of docs/ledger.md."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from ..triggers.stored import trigger_from_members
from .options import CommandError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PATIENCE = 5.0  # seconds, while another program writes
_SCHEMA = 3  # of files whose tables are those of this version

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


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task in the file.

    Attributes:
        state: "active", "paused" or "finished".
        next_slot, next_due: its next due time, without and with jitter; None: there is none.
        open: how many fires have not ended.
        quarantine: why its row cannot be read; None if it can.
        definition: JSON.
    """

    id: str
    state: str
    function: str | None
    executor: str | None
    runs: int
    open: int
    quarantine: str | None
    definition: str
    next_slot: datetime | None
    next_due: datetime | None

    @property
    def next_run(self) -> datetime | None:
        """When it runs next; None if it is paused or finished."""
        return self.next_due if self.state == "active" else None

    @property
    def trigger(self) -> Any:
        """Its trigger as JSON; None if the row cannot be read."""
        return None if self.quarantine is not None else json.loads(self.definition)["trigger"]

    def due_times(self, count: int, zone: tzinfo) -> tuple[list[datetime], str | None]:
        """The next due times without jitter, at most `count`; and why there may be more, None if all is known."""
        if self.next_run is None or self.next_slot is None:
            return [], None
        times = [self.next_slot]
        members = self.trigger
        trigger = trigger_from_members(members)
        if trigger is None:
            kind = members.get("name") or members["type"]
            return times, f"only the application can say more: its trigger is {kind}"
        while len(times) < count:
            found = trigger.get_next_trigger_time(zone, times[-1], times[-1])
            if found is None:
                break
            times.append(found)
        return times, None


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a task's last fire ended, and when, as ISO 8601 text in UTC."""

    state: str
    reason: str | None
    at: str
    error: str | None

    @property
    def moment(self) -> datetime:
        """`at` as a datetime."""
        return datetime.fromisoformat(self.at.replace("Z", "+00:00"))


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A fire that has not ended. Times are ISO 8601 text in UTC."""

    task_id: str
    state: str
    scheduled: str
    started: str | None
    owner: str | None


class StoreFile:
    """An open file, with this path. See open_file()."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds."""
        return self._connection.execute(query, values)

    @property
    def current(self) -> bool:
        """Whether its tables are those of this version."""
        return bool(next(self.rows("SELECT schema FROM meta"))[0] >= _SCHEMA)

    def require_current(self) -> None:
        """For what the tables of earlier versions do not tell.

        Raises:
            CommandError: its tables are those of one.
        """
        if not self.current:
            raise CommandError(
                f"{self.path}: an earlier version of uvsched wrote the file; the next start of a scheduler brings it "
                "up to date"
            )

    def ids(self) -> list[str]:
        """The ids of all tasks."""
        return [id for (id,) in self.rows("SELECT id FROM def ORDER BY id")]

    def tasks(self) -> list[StoredTask]:
        """The tasks, in order of their next due time."""
        return [StoredTask(*(*values, _moment(slot), _moment(due))) for *values, slot, due in self.rows(_TASKS)]

    def last_runs(self) -> dict[str, LastRun]:
        """Of each task that has history."""
        return {row[0]: LastRun(*row[1:]) for row in self.rows(_LAST)}

    def under_way(self) -> list[UnderWay]:
        """The fires that have not ended."""
        return [UnderWay(*row) for row in self.rows(_UNDER_WAY)]


@contextlib.contextmanager
def open_file(path: str) -> Iterator[StoreFile]:
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
            yield StoreFile(path, connection)
        except sqlite3.Error as error:
            raise CommandError(f"{path} cannot be read as a store of uvsched: {error}") from None


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)

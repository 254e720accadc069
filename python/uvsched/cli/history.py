"""uvsched history: what became of due times: the ledger, the newest row first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from .._time import from_micros, to_micros
from .display import printable, table
from .named_tasks import did_you_mean
from .options import CommandError, aware, moment_text, zone_of
from .store_file import open_file
from .target import existing, target_of

_HISTORY = """
SELECT seq, task_id, kind, state, reason, last_at, folded, exact, attempt, crashes, label, started_at, finished_at,
       error, result, late_result
FROM history
"""
_HEAD = ["due", "task", "state", "reason", "attempt", "late", "took", "scheduler", "error"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger of a store (its alias). `due` is the latest of `folded` due times; if `exact` is false, there
    are more. `result` and `late_result` are JSON."""

    store: str
    number: int
    task: str
    kind: str
    state: str
    reason: str | None
    due: datetime
    folded: int
    exact: bool
    attempt: int
    crashes: int
    scheduler: str | None
    started: datetime | None
    finished: datetime
    error: str | None
    result: str | None
    late_result: str | None

    @property
    def late(self) -> timedelta | None:
        """How long after its due time it was started."""
        return None if self.started is None else self.started - self.due

    @property
    def took(self) -> timedelta | None:
        """How long it ran."""
        return None if self.started is None else self.finished - self.started

    @property
    def why(self) -> str:
        """The reason for people: also what asked for it, and how many due times it stands for."""
        times = f"{'' if self.exact else 'at least '}{self.folded} times"
        parts = ["by hand" if self.kind == "manual" else "", self.reason or "", times if self.folded != 1 else ""]
        return ", ".join(part for part in parts if part)


def run(args: argparse.Namespace) -> int:
    """Prints the rows. 0; 1: there are none."""
    _, zone = zone_of(args.timezone)
    since = None if args.since is None else aware(args.since, zone)
    target = target_of(args.target, args)
    if not target.files:
        raise CommandError(f"{args.target} has no store in a file; only its process knows what ran")
    rows: list[Row] = []
    for alias, path in target.files.items():
        rows += _read(alias, existing(path), args, since)
    rows = sorted(rows, key=lambda row: row.finished, reverse=True)[: args.limit] if len(target.files) > 1 else rows
    if args.json:
        print(json.dumps({"runs": [_document(row) for row in rows]}, indent=2))
    elif rows:
        print("\n".join(table([_HEAD, *(_cells(row, zone) for row in rows)])))
    if not rows:
        print(f"uvsched history: {_why_none(args, target.files)}", file=sys.stderr)
    return int(not rows)


def _read(alias: str, path: str, args: argparse.Namespace, since: datetime | None) -> Iterator[Row]:
    """The rows of a file that the options ask for."""
    wanted = {
        "task_id = ?": args.task,
        "state = ?": args.state,
        "finished_at >= ?": None if since is None else to_micros(since, timezone.utc),
    }
    wanted = {condition: value for condition, value in wanted.items() if value is not None}
    where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    with open_file(path) as file:
        file.require_current()
        for row in file.rows(f"{_HISTORY} {where} ORDER BY seq DESC LIMIT ?", *wanted.values(), args.limit):
            (
                number,
                task,
                kind,
                state,
                reason,
                due,
                folded,
                exact,
                attempt,
                crashes,
                label,
                started,
                finished,
                *texts,
            ) = row
            yield Row(
                alias,
                number,
                task,
                kind,
                state,
                reason,
                from_micros(due, timezone.utc),
                folded,
                bool(exact),
                attempt,
                crashes,
                label,
                None if started is None else from_micros(started, timezone.utc),
                from_micros(finished, timezone.utc),
                *texts,
            )


def _why_none(args: argparse.Namespace, files: dict[str, str]) -> str:
    if args.task is not None:
        known: list[str] = []
        for path in files.values():
            with open_file(path) as file:
                known += file.ids()
        if args.task not in known:
            return f"there is neither a task {args.task!r} nor a row of one{did_you_mean(args.task, known)}"
    chosen = any(value is not None for value in (args.task, args.state, args.since))
    return "there is no row like that" if chosen else "nothing has ended yet"


def _cells(row: Row, zone: tzinfo) -> list[str]:
    return [
        moment_text(row.due, zone),
        printable(row.task),
        row.state,
        row.why,
        str(row.attempt) if row.started is not None else "",
        _span_text(row.late),
        _span_text(row.took),
        printable(row.scheduler or ""),
        printable((row.error or "").partition("\n")[0]),
    ]


def _span_text(span: timedelta | None) -> str:
    """A time for people, to three digits or to the second."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if abs(seconds) < 60 else str(timedelta(seconds=round(seconds)))


def _document(row: Row) -> dict[str, Any]:
    return {
        "store": row.store,
        "number": row.number,
        "task": row.task,
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "due": _exact_text(row.due),
        "times": row.folded,
        "times_exact": row.exact,
        "attempt": row.attempt,
        "crashes": row.crashes,
        "scheduler": row.scheduler,
        "started": None if row.started is None else _exact_text(row.started),
        "finished": _exact_text(row.finished),
        "late_seconds": None if row.late is None else row.late.total_seconds(),
        "took_seconds": None if row.took is None else row.took.total_seconds(),
        "error": row.error,
        "result": row.result,
        "late_result": row.late_result,
    }


def _exact_text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

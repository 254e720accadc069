"""uvsched history: what became of due times: the ledger, the newest row first."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timedelta, tzinfo
from typing import Any

from .display import printable, table
from .named_tasks import did_you_mean
from .options import CommandError, aware, moment_text, zone_of
from .store_rows import LedgerRow, Wanted
from .target import Target, target_of

_HEAD = ["due", "task", "state", "reason", "attempt", "late", "took", "scheduler", "error"]


def run(args: argparse.Namespace) -> int:
    """Prints the rows. 0; 1: there are none."""
    _, zone = zone_of(args.timezone)
    since = None if args.since is None else aware(args.since, zone)
    target = target_of(args.target, args)
    if not target.stores:
        raise CommandError(f"{args.target} has only stores in memory; only its process knows what ran")
    wanted = Wanted(args.limit, args.task, args.state, since)
    rows: list[LedgerRow] = []
    for alias in target.stores:
        with target.view(alias) as view:
            rows += view.history(wanted)
    if len(target.stores) > 1:
        rows = sorted(rows, key=lambda row: row.finished, reverse=True)[: args.limit]
    if args.json:
        print(json.dumps({"runs": [_document(row) for row in rows]}, indent=2))
    elif rows:
        print("\n".join(table([_HEAD, *(_cells(row, zone) for row in rows)])))
    if not rows:
        print(f"uvsched history: {_why_none(args, target)}", file=sys.stderr)
    return int(not rows)


def _why_none(args: argparse.Namespace, target: Target) -> str:
    if args.task is not None:
        known: list[str] = []
        for alias in target.stores:
            with target.view(alias) as view:
                known += view.ids()
        if args.task not in known:
            return f"there is neither a task {args.task!r} nor a row of one{did_you_mean(args.task, known)}"
    chosen = any(value is not None for value in (args.task, args.state, args.since))
    return "there is no row like that" if chosen else "nothing has ended yet"


def _cells(row: LedgerRow, zone: tzinfo) -> list[str]:
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


def _document(row: LedgerRow) -> dict[str, Any]:
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

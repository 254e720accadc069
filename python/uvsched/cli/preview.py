"""uvsched preview: when the tasks of a store are due next."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from ..schedulers import AsyncIOScheduler
from .display import printable, table
from .options import CommandError, local_text, offset_text, utc_text, zone_of
from .store_view import StoreView
from .target import target_of


@dataclass(frozen=True, slots=True)
class Row:
    """A task and its next due times. `note`: why there may be more of them, or why there are none."""

    store: str
    id: str
    times: list[datetime]
    note: str | None


def run(args: argparse.Namespace) -> int:
    """Prints the due times. 0; 1: there are none."""
    _, zone = zone_of(args.timezone)
    target = target_of(args.target, args)
    rows: list[Row] = []
    for alias in target.stores:
        with target.view(alias) as view:
            rows += _stored(alias, view, args, zone)
    if target.scheduler is not None:
        rows += _declared(target.scheduler, set(target.stores), args.n)
    chosen = [row for row in rows if not args.tasks or row.id in args.tasks]
    missing = set(args.tasks) - {row.id for row in chosen}
    if missing:
        raise CommandError(f"there is no task {', '.join(map(repr, sorted(missing)))}")
    if args.json:
        print(json.dumps({"tasks": [_document(row, zone) for row in chosen]}, indent=2))
    else:
        _print(chosen, zone)
    return int(not any(row.times for row in chosen))


def _stored(alias: str, view: StoreView, args: argparse.Namespace, zone: tzinfo) -> list[Row]:
    rows = []
    for task in view.tasks():
        if args.tasks and task.id not in args.tasks:
            continue
        times, note = task.due_times(view.first_due(task), args.n, zone)
        if not times:
            note = "cannot be read" if task.quarantine is not None else task.state
        rows.append(Row(alias, task.id, times, note))
    return rows


def _declared(scheduler: AsyncIOScheduler, durable: set[str], count: int) -> list[Row]:
    """The tasks that the module adds to stores in memory."""
    rows = []
    for alias in scheduler.stores:
        for task in () if alias in durable else scheduler.get_tasks(alias):
            found = scheduler.preview_task_runs(task, count=count)
            times = [] if found is None else list(found.run_times)
            rows.append(Row(alias, task.id, times, None if times else "no due time"))
    return rows


def _print(rows: list[Row], zone: tzinfo) -> None:
    lines = []
    for row in rows:
        for time in row.times:
            local = time.astimezone(zone)
            lines.append([printable(row.id), local_text(local), offset_text(local), utc_text(time)])
    if lines:
        print("\n".join(table([["task", "due", "offset", "UTC"], *lines])))
    for row in rows:
        if row.note is not None:
            print(f"{printable(row.id)}: {printable(row.note)}")


def _document(row: Row, zone: tzinfo) -> dict[str, Any]:
    return {
        "store": row.store,
        "id": row.id,
        "times": [{"local": time.astimezone(zone).isoformat(), "utc": utc_text(time)} for time in row.times],
        "note": row.note,
    }

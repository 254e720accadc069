"""uvsched status: the tasks in a store, how their last runs ended, what is under way, who runs them, and what is
wrong."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from .display import printable, table
from .options import moment_text, utc_text, zone_of
from .store_check import StoreCheck, checked
from .store_rows import LastRun, StoredTask
from .store_view import Activity, StoreView
from .target import target_of

_LATE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Row:
    """A task as it is shown. `problem`: what is wrong with it; None if nothing is."""

    task: StoredTask
    last: LastRun | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A store as it is shown.

    Attributes:
        what: "file", "store" on a server, or "memory", of which nothing is known here.
        check: None if it was not asked for.
    """

    alias: str
    what: str
    place: str
    rows: list[Row]
    activity: Activity
    check: StoreCheck | None

    @property
    def wrong(self) -> bool:
        """Whether something is."""
        return any(row.problem for row in self.rows) or (self.check is not None and self.check.wrong)


def run(args: argparse.Namespace) -> int:
    """Prints the status. 0: all is well; 1: a task is late or cannot be read, or the check found something."""
    _, zone = zone_of(args.timezone)
    target = target_of(args.target, args)
    reports = []
    for alias in target.stores:
        with target.view(alias) as view:
            reports.append(_read(alias, view))
    if args.check:  # by now this process has closed them
        reports = [replace(report, check=checked(target.stores[report.alias], report.alias)) for report in reports]
    if target.scheduler is not None:
        nothing = Activity([], [], None)
        reports += [
            Report(alias, "memory", "", [], nothing, None)
            for alias in target.scheduler.stores
            if alias not in target.stores
        ]
    if args.json:
        print(json.dumps({"stores": [_document(report) for report in reports]}, indent=2))
    else:
        print("\n\n".join("\n".join(_lines(report, zone)) for report in reports))
    return int(any(report.wrong for report in reports))


def _read(alias: str, view: StoreView) -> Report:
    now = datetime.now(timezone.utc)
    last = view.last_runs()
    activity = view.activity()
    tasks = view.tasks()
    rows = [Row(task, last.get(task.id), problem_of(task, now, activity.open_by, view.what)) for task in tasks]
    return Report(alias, view.what, view.place, rows, activity, None)


def problem_of(task: StoredTask, now: datetime, open_by: int | None, what: str = "file") -> str | None:
    """What is wrong with a task; None if nothing is.

    Args:
        open_by: how many schedulers have its store open, if that is known.
        what: what the store is, for people.
    """
    if task.quarantine is not None:
        return f"cannot be read: {task.quarantine}"
    if task.state != "active" or task.open or task.next_due is None or now - task.next_due <= _LATE:
        return None
    late = timedelta(seconds=(now - task.next_due) // timedelta(seconds=1))
    if open_by == 0:
        return f"is late by {late}: no scheduler has the {what} open"
    return (
        f"is late by {late}: no scheduler that has the {what} open takes it; one needs executor {task.executor!r} and "
        f"function {task.function!r}, and room for it (uvsched doctor MODULE:NAME says whether it has them)"
    )


def _lines(report: Report, zone: tzinfo) -> list[str]:
    if report.what == "memory":
        return [f"store {report.alias!r} is in memory: only the process that runs it knows its tasks"]
    activity = report.activity
    under_way = activity.under_way or []
    number = len(report.rows)
    head = f"{printable(report.place)}: {number or 'no'} {'task' if number == 1 else 'tasks'}"
    lines = [head if activity.under_way is None else f"{head}, {len(under_way) or 'none'} under way"]
    if report.rows:
        columns = ["task", "state", "next", "runs", "last", "function"]
        lines += table([columns, *(_cells(row, zone) for row in report.rows)])
    lines += [f"{fire.state} since {fire.started or fire.scheduled}: {printable(fire.task_id)}" for fire in under_way]
    for row in report.rows:
        name = printable(row.task.id)
        if row.problem:
            lines.append(f"{name} {printable(row.problem)}")
        if row.last is not None and row.last.error:
            lines.append(f"{name} {row.last.state}: {printable(row.last.error)}")
    if activity.open_by == 0:
        lines.append(f"no scheduler has the {report.what} open")
    lines += [node.line() for node in activity.nodes]
    if activity.elsewhere is not None:
        lines.append(printable(activity.elsewhere))
    return lines if report.check is None else [*lines, *report.check.lines(zone)]


def _cells(row: Row, zone: tzinfo) -> list[str]:
    task, last = row.task, row.last
    due = task.next_run
    return [
        printable(task.id),
        task.state if task.quarantine is None else "unreadable",
        "" if due is None else moment_text(due, zone),
        "" if task.runs is None else str(task.runs),
        "" if last is None else f"{last.state} {moment_text(last.moment, zone)}",
        printable(task.function or ""),
    ]


def _document(report: Report) -> dict[str, Any]:
    activity, check = report.activity, report.check
    return {
        "store": report.alias,
        "file": report.place if report.what == "file" else None,
        "server": report.place if report.what == "store" else None,
        "tasks": [
            {
                "id": row.task.id,
                "state": row.task.state,
                "function": row.task.function,
                "executor": row.task.executor,
                "trigger": row.task.trigger,
                "next_run": None if row.task.next_run is None else utc_text(row.task.next_run),
                "runs": row.task.runs,
                "last": None if row.last is None else asdict(row.last),
                "problem": row.problem,
            }
            for row in report.rows
        ],
        "under_way": None if activity.under_way is None else [asdict(fire) for fire in activity.under_way],
        "schedulers": None if activity.elsewhere is not None else [asdict(node) for node in activity.nodes],
        "elsewhere": activity.elsewhere,
        "check": None if check is None else asdict(check),
    }

"""uvsched status: the tasks in a store's file, how their last runs ended, what is under way, who runs them, and what is
wrong."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from .display import printable, table
from .file_check import FileCheck, checked
from .nodes import Node, nodes_of
from .options import moment_text, utc_text, zone_of
from .store_file import LastRun, StoredTask, UnderWay, open_file
from .target import existing, target_of

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
        path: None for one in memory, of which nothing is known here.
        open_by: how many of the nodes have it open; None if that cannot be told here.
        check: None if it was not asked for.
    """

    alias: str
    path: str | None
    rows: list[Row]
    under_way: list[UnderWay]
    nodes: list[Node]
    open_by: int | None
    check: FileCheck | None

    @property
    def wrong(self) -> bool:
        """Whether something is."""
        return any(row.problem for row in self.rows) or (self.check is not None and bool(self.check.damage))


def run(args: argparse.Namespace) -> int:
    """Prints the status. 0: all is well; 1: a task is late or cannot be read, or the file is damaged."""
    _, zone = zone_of(args.timezone)
    target = target_of(args.target, args)
    reports = [_read(alias, existing(path), args.check) for alias, path in target.files.items()]
    if target.scheduler is not None:
        reports += [
            Report(alias, None, [], [], [], None, None)
            for alias in target.scheduler.stores
            if alias not in target.files
        ]
    if args.json:
        print(json.dumps({"stores": [_document(report) for report in reports]}, indent=2))
    else:
        print("\n\n".join("\n".join(_lines(report, zone)) for report in reports))
    return int(any(report.wrong for report in reports))


def _read(alias: str, path: str, check: bool) -> Report:
    now = datetime.now(timezone.utc)
    with open_file(path) as file:
        last = file.last_runs()
        nodes, open_by = nodes_of(file)
        rows = [Row(task, last.get(task.id), problem_of(task, now, open_by)) for task in file.tasks()]
        return Report(alias, path, rows, file.under_way(), nodes, open_by, checked(file) if check else None)


def problem_of(task: StoredTask, now: datetime, open_by: int | None) -> str | None:
    """What is wrong with a task; None if nothing is. `open_by`: how many schedulers have the file open, if that is
    known."""
    if task.quarantine is not None:
        return f"cannot be read: {task.quarantine}"
    if task.state != "active" or task.open or task.next_due is None or now - task.next_due <= _LATE:
        return None
    late = timedelta(seconds=(now - task.next_due) // timedelta(seconds=1))
    if open_by == 0:
        return f"is late by {late}: no scheduler has the file open"
    return (
        f"is late by {late}: no scheduler that has the file open takes it; one needs executor {task.executor!r} and "
        f"function {task.function!r}, and room for it (uvsched doctor MODULE:NAME says whether it has them)"
    )


def _lines(report: Report, zone: tzinfo) -> list[str]:
    if report.path is None:
        return [f"store {report.alias!r} is in memory: only the process that runs it knows its tasks"]
    number = len(report.rows)
    counted = f"{number or 'no'} {'task' if number == 1 else 'tasks'}"
    lines = [f"{printable(report.path)}: {counted}, {len(report.under_way) or 'none'} under way"]
    if report.rows:
        head = ["task", "state", "next", "runs", "last", "function"]
        lines += table([head, *(_cells(row, zone) for row in report.rows)])
    lines += [
        f"{fire.state} since {fire.started or fire.scheduled}: {printable(fire.task_id)}" for fire in report.under_way
    ]
    for row in report.rows:
        name = printable(row.task.id)
        if row.problem:
            lines.append(f"{name} {printable(row.problem)}")
        if row.last is not None and row.last.error:
            lines.append(f"{name} {row.last.state}: {printable(row.last.error)}")
    if report.open_by == 0:
        lines.append("no scheduler has the file open")
    lines += [node.line() for node in report.nodes]
    return lines if report.check is None else [*lines, *report.check.lines()]


def _cells(row: Row, zone: tzinfo) -> list[str]:
    task, last = row.task, row.last
    due = task.next_run
    return [
        printable(task.id),
        task.state if task.quarantine is None else "unreadable",
        "" if due is None else moment_text(due, zone),
        str(task.runs),
        "" if last is None else f"{last.state} {moment_text(last.moment, zone)}",
        printable(task.function or ""),
    ]


def _document(report: Report) -> dict[str, Any]:
    return {
        "store": report.alias,
        "file": report.path,
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
        "under_way": [asdict(fire) for fire in report.under_way],
        "schedulers": [asdict(node) for node in report.nodes],
        "check": None if report.check is None else asdict(report.check),
    }

"""uvsched pause, resume and delete: change tasks in a store, while the application runs or while it does not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from ..exceptions import UvschedException
from ..schedulers import AsyncIOScheduler
from .destination import Operator, opened
from .display import printable
from .named_tasks import named_tasks
from .options import moment_text, utc_text, zone_of
from .store_rows import NamedTask
from .target import target_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task.

    Attributes:
        what: "paused", "resumed", "deleted", or "failed".
        note: what follows from it, or why it failed; or "".
        due: when a resumed task runs next; None: never.
    """

    what: str
    store: str | None
    id: str
    note: str = ""
    due: datetime | None = None


def run(args: argparse.Namespace) -> int:
    """Changes the tasks. 0: all of them; 1: some do not exist, or cannot be changed."""
    _, zone = zone_of(args.timezone)
    target = target_of(args.target, args)
    tasks, missing = named_tasks(target, args, args.tasks)
    outcomes = [Outcome("failed", None, id, why) for id, why in missing.items()]
    if tasks:
        operator = Operator({task.store: target.stores[task.store] for task in tasks})
        with opened(operator):
            outcomes = [*(_changed(operator, args.command, task) for task in tasks), *outcomes]
    _tell(outcomes, args, zone)
    return int(any(outcome.what == "failed" for outcome in outcomes))


def _changed(scheduler: AsyncIOScheduler, command: str, task: NamedTask) -> Outcome:
    change: Callable[[AsyncIOScheduler, NamedTask], Outcome] = _CHANGES[command]
    try:
        return change(scheduler, task)
    except (UvschedException, LookupError) as error:
        return Outcome("failed", task.store, task.id, str(error))


def _pause(scheduler: AsyncIOScheduler, task: NamedTask) -> Outcome:
    scheduler.pause_task(task.id, task.store)
    return Outcome("paused", task.store, task.id, _goes_on(task))


def _resume(scheduler: AsyncIOScheduler, task: NamedTask) -> Outcome:
    resumed = scheduler.resume_task(task.id, task.store)
    return Outcome("resumed", task.store, task.id, due=None if resumed is None else resumed.next_run_time)


def _delete(scheduler: AsyncIOScheduler, task: NamedTask) -> Outcome:
    scheduler.delete_task(task.id, task.store)
    deleted = Outcome("deleted", task.store, task.id, _goes_on(task))
    if task.declared is not False:
        again = (
            "a start of the application declared it, and the next one adds it again if it still does"
            if task.declared
            else "if the application declares it, its next start adds it again"
        )
        return replace(deleted, note=f"{deleted.note}; {again}" if deleted.note else again)
    return deleted


def _goes_on(task: NamedTask) -> str:
    if task.running is None:
        return "a run that is under way goes on"
    if not task.running:
        return ""
    return "a run under way goes on" if task.running == 1 else f"{task.running} runs under way go on"


_CHANGES = {"pause": _pause, "resume": _resume, "delete": _delete}


def _tell(outcomes: list[Outcome], args: argparse.Namespace, zone: tzinfo) -> None:
    if args.json:
        print(json.dumps({"tasks": [_document(outcome) for outcome in outcomes]}, indent=2))
        return
    for outcome in outcomes:
        if outcome.what == "failed":
            print(f"uvsched {args.command}: {printable(outcome.note)}", file=sys.stderr)
        else:
            print(_line(outcome, zone), flush=True)  # before what is wrong with others, also in a pipe


def _line(outcome: Outcome, zone: tzinfo) -> str:
    parts = [f"{outcome.what} {printable(outcome.id)}"]
    if outcome.what == "resumed":
        parts.append("it is not due again" if outcome.due is None else f"next {moment_text(outcome.due, zone)}")
    if outcome.note:
        parts.append(outcome.note)
    return "; ".join(parts) if outcome.what != "resumed" else ", ".join(parts)


def _document(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = {"id": outcome.id, "store": outcome.store, "outcome": outcome.what}
    if outcome.what == "resumed":
        document["next_run"] = None if outcome.due is None else utc_text(outcome.due)
    document["note"] = outcome.note or None
    return document

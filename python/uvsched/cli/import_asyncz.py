"""uvsched import-asyncz: copies the tasks that asyncz stored, and says what cannot be copied."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .._time import zone_name
from ..exceptions import ConflictIdError
from ..schedulers import AsyncIOScheduler
from .asyncz_stores import Stored, in_memory, stored_tasks
from .asyncz_task import options_of
from .destination import CANNOT_ADD, Operator, opened, why_lost
from .display import printable, table
from .loading import hush, load_object
from .options import CommandError
from .store_commands import migrated
from .target import target_of

_MADE_ID = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a stored task, or of a whole store (`id` is None then).

    Attributes:
        what: "copied", "skipped" or "failed".
        note: its trigger, or why it is not copied.
    """

    what: str
    store: str
    id: str | None
    note: str


def run(args: argparse.Namespace) -> int:
    """Copies the tasks. 0: all that there are, or nothing to copy; 1: some cannot be copied."""
    source = _source(args)
    stored, outcomes = _read(source)
    with _destination(args, source, stored) as (scheduler, taken):
        outcomes += [_copied(scheduler, source, found, taken) for found in stored]
    if args.json:
        print(json.dumps({"dry_run": args.dry_run, "tasks": [asdict(outcome) for outcome in outcomes]}, indent=2))
    else:
        _print(outcomes, args.dry_run)
    return int(any(outcome.what == "failed" for outcome in outcomes))


def _source(args: argparse.Namespace) -> Any:
    """The asyncz scheduler.

    Raises:
        CommandError: it cannot be found, or is none.
    """
    try:
        base = importlib.import_module("asyncz.schedulers.base").BaseScheduler
    except ImportError:
        raise CommandError("asyncz is not installed here; its own code reads what it stored") from None
    found = load_object(args.scheduler, args)
    hush()
    found = getattr(found, "handler", found)
    if isinstance(found, AsyncIOScheduler):
        raise CommandError(f"{args.scheduler} is a scheduler of uvsched; name the one of asyncz, as it was before")
    if not isinstance(found, base):
        raise CommandError(f"{args.scheduler} is not a scheduler of asyncz, but a {type(found).__name__}")
    return found


def _read(source: Any) -> tuple[list[Stored], list[Outcome]]:
    """The stored tasks to copy, and what is not to be copied."""
    tasks, outcomes = [], []
    for alias, store in source.stores.items():
        if in_memory(store):
            outcomes.append(Outcome("skipped", alias, None, "it is in memory: its tasks ended with their process"))
            continue
        try:
            for found in stored_tasks(alias, store, source):
                if found.task is None:
                    outcomes.append(Outcome("failed", alias, found.id, f"asyncz cannot read it: {found.problem}"))
                elif _is_declared(found.task, source):
                    outcomes.append(Outcome("skipped", alias, found.id, "the module adds it itself"))
                else:
                    tasks.append(found)
        except Exception as error:  # the client's
            reason = str(error) or type(error).__name__
            outcomes.append(Outcome("failed", alias, None, f"it cannot be read: {reason}"))
    return tasks, outcomes


def _is_declared(task: Any, source: Any) -> bool:
    """Whether the module adds it when it is imported: under its id, or, without one, as a new task at each start."""
    for pending, *_ in source.pending_tasks:
        if pending.id == task.id:
            return True
        alike = pending.fn_reference == task.fn_reference and str(pending.trigger) == str(task.trigger)
        if alike and _MADE_ID.match(task.id) and _MADE_ID.match(pending.id or ""):
            return True
    return False


@contextlib.contextmanager
def _destination(
    args: argparse.Namespace, source: Any, stored: list[Stored]
) -> Iterator[tuple[AsyncIOScheduler, set[str]]]:
    """The scheduler that takes the tasks, and the ids that a store has already; a dry run leaves it stopped."""
    target = target_of(args.to, args)
    scheduler = target.scheduler
    if scheduler is None:
        executors = [found.task.executor or "default" for found in stored]
        scheduler = Operator(target.stores, executors, zone_name(source.timezone))
    if not args.dry_run:
        if target.scheduler is None:
            for alias, store in target.stores.items():
                migrated(store, alias)  # the application may not have been started yet
        with opened(scheduler):
            yield scheduler, set()
        return
    taken: set[str] = set()
    for alias, store in target.stores.items():
        if migrated(store, alias, show=True)["from"] > 0:
            with target.view(alias) as view:
                taken.update(view.ids())
    yield scheduler, taken


def _copied(scheduler: AsyncIOScheduler, source: Any, found: Stored, taken: set[str]) -> Outcome:
    """Copies a task."""
    store = found.store if found.store in scheduler.stores else "default"
    lost = why_lost(scheduler, store)
    if lost is not None:
        return Outcome("failed", found.store, found.id, lost)
    if found.id in taken:
        return Outcome("skipped", found.store, found.id, "a task with this id is there already")
    try:
        task = scheduler.add_task(**options_of(found.task, source), store=store, on_conflict="raise")
    except ConflictIdError:
        return Outcome("skipped", found.store, found.id, "a task with this id is there already")
    except CANNOT_ADD as error:
        return Outcome("failed", found.store, found.id, str(error))
    return Outcome("copied", found.store, found.id, str(task.trigger))


def _print(outcomes: list[Outcome], dry_run: bool) -> None:
    words = {"copied": "would copy" if dry_run else "copied", "skipped": "skipped", "failed": "cannot copy"}
    if outcomes:
        rows = [
            [words[outcome.what], outcome.store, printable(outcome.id or ""), printable(outcome.note)]
            for outcome in outcomes
        ]
        print("\n".join(table(rows)))
    counts = [f"{words[what]} {sum(outcome.what == what for outcome in outcomes)}" for what in words]
    print(", ".join(counts))

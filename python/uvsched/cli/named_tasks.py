"""The stored tasks that a command names by their ids."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .options import CommandError
from .store_file import open_file
from .target import Target, existing

_MOST_COMPARED = 10_000  # ids that are looked through for one spelt alike
_NAMED = """
SELECT at_start, coalesce(executor, ''), coalesce(fn, ''),
       (SELECT count(*) FROM open WHERE open.n = def.n AND open.state = 'running')
FROM def LEFT JOIN sched USING (n) LEFT JOIN lane ON lane.lane = abs(sched.lane) WHERE def.id = ?
"""


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task, as it was when the command looked.

    Attributes:
        store: alias of its store.
        declared: whether a start of the application declared it.
        running: how many of its runs were under way.
    """

    store: str
    id: str
    declared: bool
    executor: str
    function: str
    running: int


def named_tasks(target: Target, args: argparse.Namespace, ids: Iterable[str]) -> tuple[list[NamedTask], dict[str, str]]:
    """The tasks with these ids; and of each id that no task has, a text that says so and names those spelt alike.

    Raises:
        CommandError: the target has no such file, or several of its stores have a task with an id.
    """
    files = _files(target, args)
    found: dict[str, list[NamedTask]] = {id: [] for id in ids}
    known: list[str] = []
    for alias, path in files.items():
        with open_file(existing(path)) as file:
            file.require_current()
            for id in found:
                for declared, *rest in file.rows(_NAMED, id):
                    found[id].append(NamedTask(alias, id, bool(declared), *rest))
            if not all(found.values()):
                known += file.ids()
    for id, tasks in found.items():
        if len(tasks) > 1:
            stores = " and ".join(repr(task.store) for task in tasks)
            raise CommandError(f"the stores {stores} each have a task {id!r}; --store says which one is meant")
    where = " or ".join(os.path.basename(path) for path in files.values())
    missing = {
        id: f"there is no task {id!r} in {where}{did_you_mean(id, known)}" for id, tasks in found.items() if not tasks
    }
    return [tasks[0] for tasks in found.values() if tasks], missing


def did_you_mean(id: str, known: Sequence[str]) -> str:
    """Names up to three ids that are spelt alike, in brackets; nothing if there are none."""
    near = difflib.get_close_matches(id, known[:_MOST_COMPARED], n=3)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def _files(target: Target, args: argparse.Namespace) -> dict[str, str]:
    """The files to look in, by alias."""
    files = target.files
    if not files:
        raise CommandError(f"{args.target} has no store in a file; only its process can change its tasks")
    if args.store is None:
        return files
    if target.scheduler is None and args.store != "default":
        raise CommandError(f"--store: a file is one store; {args.store!r} is an alias of an application's scheduler")
    if args.store not in files:
        raise CommandError(f"--store: {args.store!r} is not one of the stores in files: {', '.join(map(repr, files))}")
    return {args.store: files[args.store]}

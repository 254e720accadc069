"""The stored tasks that a command names by their ids."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence

from .display import without_secrets
from .options import CommandError
from .store_rows import NamedTask
from .target import Target

_MOST_COMPARED = 10_000  # ids that are looked through for one spelt alike


def named_tasks(target: Target, args: argparse.Namespace, ids: Iterable[str]) -> tuple[list[NamedTask], dict[str, str]]:
    """The tasks with these ids; and of each id that no task has, a text that says so and names those spelt alike.

    Raises:
        CommandError: the target has no such store, or several of its stores have a task with an id.
    """
    found: dict[str, list[NamedTask]] = {id: [] for id in ids}
    known: list[str] = []
    names: list[str] = []
    for alias in _aliases(target, args):
        with target.view(alias) as view:
            names.append(view.name)
            for id, tasks in found.items():
                task = view.named(id)
                if task is not None:
                    tasks.append(task)
            if not all(found.values()):
                known += view.ids()
    for id, tasks in found.items():
        if len(tasks) > 1:
            stores = " and ".join(repr(task.store) for task in tasks)
            raise CommandError(f"the stores {stores} each have a task {id!r}; --store says which one is meant")
    where = " or ".join(names)
    missing = {
        id: f"there is no task {without_secrets(repr(id))} in {where}{did_you_mean(id, known)}"
        for id, tasks in found.items()
        if not tasks
    }
    return [tasks[0] for tasks in found.values() if tasks], missing


def did_you_mean(id: str, known: Sequence[str]) -> str:
    """Names up to three ids that are spelt alike, in brackets; nothing if there are none."""
    near = difflib.get_close_matches(id, known[:_MOST_COMPARED], n=3)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def _aliases(target: Target, args: argparse.Namespace) -> list[str]:
    """The stores to look in."""
    stores = list(target.stores)
    if not stores:
        raise CommandError(f"{args.target} has only stores in memory; only its process can change its tasks")
    if args.store is None:
        return stores
    if target.scheduler is None and args.store != "default":
        raise CommandError(f"--store: one store is named; {args.store!r} is an alias of an application's scheduler")
    if args.store not in stores:
        raise CommandError(
            f"--store: {args.store!r} is not one of the stores that outlive a process: {', '.join(map(repr, stores))}"
        )
    return [args.store]

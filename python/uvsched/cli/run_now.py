"""uvsched run-now: asks for a run of a stored task, which a scheduler of the application makes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass

from ..exceptions import UvschedException
from .destination import opened, scheduler_of_operator
from .display import printable
from .loading import hush
from .named_tasks import NamedTask, named_tasks
from .nodes import nodes_of
from .options import CommandError
from .store_file import StoreFile, open_file
from .target import target_of

_PATIENCE = 3.0  # seconds; a scheduler that may run it takes it in a moment, or with its next beat
_PAUSE = 0.02

_SLOTS = """
SELECT slot FROM history WHERE task_id = ?1 AND kind = 'manual'
UNION ALL SELECT slot FROM open JOIN def USING (n) WHERE def.id = ?1 AND kind = 'manual'
"""
_REQUESTS = """
SELECT slot, state, label, error FROM history WHERE task_id = ?1 AND kind = 'manual'
UNION ALL
SELECT slot, open.state, node.label, NULL FROM open JOIN def USING (n) LEFT JOIN node ON node.id = open.owner
WHERE def.id = ?1 AND kind = 'manual'
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A run that was asked for.

    Attributes:
        state: a state of docs/ledger.md: "ready" and "waiting" if nothing has begun.
        scheduler: the one that has it, or had it; None if none has.
        error: of a run that failed.
        open_by: how many schedulers have the file open; None if that cannot be told here.
    """

    state: str
    scheduler: str | None
    error: str | None
    open_by: int | None

    @property
    def settled(self) -> bool:
        """Whether nothing new is to be expected soon."""
        return self.state != "ready" or self.open_by == 0


def run(args: argparse.Namespace) -> int:
    """Asks for the run. 0: it was asked for; 1: there is no such task, or its row cannot be read."""
    target = target_of(args.target, args)
    hush()
    tasks, missing = named_tasks(target, args, [args.task])
    if missing:
        return _failed(missing[args.task])
    (task,) = tasks
    path = target.files[task.store]
    with open_file(path) as file:
        before = {slot for (slot,) in file.rows(_SLOTS, task.id)}
    scheduler = scheduler_of_operator({task.store: target.stores[task.store]})
    with opened(scheduler):
        try:
            scheduler.run_task(task.id, task.store)
        except (UvschedException, LookupError) as error:
            return _failed(str(error))
    request = _followed(path, task, before)
    if args.json:
        print(json.dumps({"id": task.id, "store": task.store, **asdict(request)}, indent=2))
    else:
        print(f"asked for a run of {printable(task.id)}: {_told(request, task)}")
    return 0


def _failed(why: str) -> int:
    print(f"uvsched run-now: {printable(why)}", file=sys.stderr)
    return 1


def _followed(path: str, task: NamedTask, before: set[int]) -> Request:
    """What has become of the request once a scheduler has it, or none takes it. This process has closed the store."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with open_file(path) as file:
            request = _look(file, task, before)
        if request.settled or time.monotonic() >= deadline:
            return request
        time.sleep(_PAUSE)


def _look(file: StoreFile, task: NamedTask, before: set[int]) -> Request:
    _, open_by = nodes_of(file)
    for slot, state, label, error in file.rows(_REQUESTS, task.id):
        if slot not in before:
            return Request(state, label, None if error is None else error.partition("\n")[0], open_by)
    raise CommandError(f"task {task.id!r} was deleted meanwhile")


def _told(request: Request, task: NamedTask) -> str:
    by = printable(request.scheduler or "a scheduler")
    needs = printable(f"executor {task.executor!r} and function {task.function!r}")
    if request.state == "waiting":
        return "it waits until a run of the task that is under way has ended"
    if request.state == "ready":
        if request.open_by == 0:
            return f"no scheduler has the file open; it waits in the store for one with {needs}"
        return f"no scheduler has taken it so far; it waits in the store for one with {needs}, and room for it"
    if request.state in ("claimed", "running"):
        return f"{by} runs it"
    if request.state == "failed":
        return f"{by} ran it, and it failed: {printable(request.error or '')}"
    return f"{by} ran it" if request.state == "done" else f"it ended as {request.state}"

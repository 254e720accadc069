"""uvsched run-now: asks for a run of a stored task, which a scheduler of the application makes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any

from ..exceptions import UvschedException
from .destination import Operator, opened
from .display import printable
from .named_tasks import named_tasks
from .options import CommandError
from .server_sql import in_brackets
from .store_rows import NamedTask, Request
from .store_view import StoreView
from .target import target_of

_PATIENCE = 3.0  # seconds; a scheduler that may run it takes it in a moment, or with its next beat
_PAUSE = 0.02


def run(args: argparse.Namespace) -> int:
    """Asks for the run. 0: it was asked for; 1: there is no such task, or its row cannot be read."""
    target = target_of(args.target, args)
    tasks, missing = named_tasks(target, args, [args.task])
    if missing:
        return _failed(missing[args.task])
    (task,) = tasks
    with target.view(task.store) as view:
        before = view.asked(task.id)
    operator = Operator({task.store: target.stores[task.store]})
    with opened(operator):
        try:
            operator.run_task(task.id, task.store)
        except (UvschedException, LookupError) as error:
            return _failed(str(error))
    with target.view(task.store) as view:  # this process has closed a file by now
        request = _followed(view, task.id, before)
    if args.json:
        print(json.dumps({"id": task.id, "store": task.store, **asdict(request)}, indent=2))
    else:
        print(f"asked for a run of {printable(task.id)}: {_told(request, task)}")
    return 0


def _failed(why: str) -> int:
    print(f"uvsched run-now: {printable(why)}", file=sys.stderr)
    return 1


def _followed(view: StoreView, id: str, before: AbstractSet[Any]) -> Request:
    """What has become of the request once a scheduler has it, or none takes it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        request = view.request(id, before)
        if request is None:
            raise CommandError(f"task {id!r} was deleted meanwhile")
        if request.settled or time.monotonic() >= deadline:
            return request
        time.sleep(_PAUSE)
        view.renew()


def _told(request: Request, task: NamedTask) -> str:
    by = printable(request.scheduler or "a scheduler")
    needs = printable(f"executor {task.executor!r} and function {task.function!r}")
    if request.state is None:
        return (
            f"it has not ended so far; only the server itself tells whether a scheduler has begun it"
            f"{printable(in_brackets(request.elsewhere))}; if none has, it waits for one with {needs}, and room for it"
        )
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

"""uvsched doctor: what commonly goes wrong with a scheduler, each with its fix. Nothing is started or written."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from .._references import resolve
from .._time import to_zone
from ..exceptions import UvschedException
from ..schedulers import AsyncIOScheduler
from ..schedulers.asyncz_environment import ignored
from ..stores import SQLiteStore
from .loading import hush, load_scheduler
from .options import CommandError
from .store_file import open_file

_EARLIEST = datetime(2024, 1, 1, tzinfo=timezone.utc)  # a clock before this was never set


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: `level` is "ok", "warning" or "error"."""

    level: str
    what: str
    fix: str = ""


def run(args: argparse.Namespace) -> int:
    """Prints what is found. 0: no error; 1: errors."""
    findings = [*_machine()]
    try:
        scheduler = load_scheduler(args.scheduler, args)
    except CommandError as error:
        findings.append(Finding("error", str(error), "name a module that can be imported here, and a scheduler in it"))
    else:
        hush()
        findings += [*_stores(scheduler), *_tasks(scheduler)]
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.level:7}  {finding.what}" + (f"\n         {finding.fix}" if finding.fix else ""))
    return int(any(finding.level == "error" for finding in findings))


def _machine() -> Iterator[Finding]:
    now = datetime.now(timezone.utc)
    if now < _EARLIEST:
        yield Finding("error", f"the clock says {now:%Y-%m-%d %H:%M}", "set the clock, or let NTP set it")
    else:
        yield Finding("ok", f"the clock says {now:%Y-%m-%d %H:%M} UTC")
    try:
        to_zone("Europe/Madrid")
        zone = to_zone("local")
    except ValueError as error:
        yield Finding("error", str(error), "pip install tzdata, or set TZ to a zone that exists")
    else:
        yield Finding("ok", f"the machine's time zone is {zone}")
    versions = sorted({found.version for found in importlib.metadata.distributions(name="uvsched")})
    if len(versions) > 1:
        yield Finding(
            "error", f"several versions of uvsched are installed: {', '.join(versions)}", "uninstall all but one"
        )


def _stores(scheduler: AsyncIOScheduler) -> Iterator[Finding]:
    for what, fix in ignored(alias for alias, store in scheduler.stores.items() if store.durable):
        yield Finding("warning", what, fix)
    for alias, store in scheduler.stores.items():
        if not isinstance(store, SQLiteStore):
            yield Finding("ok", f"store {alias!r}: {store!r}")
            continue
        path = os.path.abspath(store.file)
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            yield Finding("error", f"store {alias!r}: there is no folder {folder}", f"mkdir -p {folder}")
        elif not os.access(folder, os.W_OK):
            yield Finding("error", f"store {alias!r}: {folder} cannot be written", "give the folder to this user")
        elif os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
            yield Finding("error", f"store {alias!r}: {path} cannot be read and written", "give the file to this user")
        elif os.path.exists(path) and (why := store.why_shared()) is not None:
            yield Finding(
                "warning",
                f"store {alias!r}: {why}; tasks that were added at run time do not find their function after a restart",
                "let only this user write it, or give trusted_modules=[…]",
            )
        else:
            yield Finding("ok", f"store {alias!r}: {path}")
        if os.access(path, os.R_OK) and os.path.getsize(path) > 0:
            yield from _stored_tasks(path)


def _stored_tasks(path: str) -> Iterator[Finding]:
    """What is wrong with the tasks that are in a file."""
    try:
        with open_file(path) as file:
            tasks = file.tasks()
    except CommandError as error:
        yield Finding("error", str(error), "put a backup in its place, or give the scheduler a file of its own")
        return
    for task in tasks:
        if task.quarantine is not None:
            yield Finding(
                "error",
                f"task {task.id!r} cannot be read: {task.quarantine}",
                "add it again with replace_existing=True, or repair its row (docs/ledger.md)",
            )
        elif task.function is not None and (task.open or task.state == "active"):
            try:
                resolve(task.function)
            except Exception as error:  # also one that its module raises
                yield Finding(
                    "error",
                    f"task {task.id!r} does not find its function: {error}",
                    "put the function back where it was, or delete the task",
                )


def _tasks(scheduler: AsyncIOScheduler) -> Iterator[Finding]:
    try:
        tasks = scheduler.get_tasks()
    except UvschedException:  # a durable store is not open, and is not opened for this
        return
    if not tasks:
        yield Finding("warning", "the module adds no task", "add tasks where the module is imported")
    for task in tasks:
        if task.problem:
            yield Finding("error", f"task {task.id!r}: {task.problem}")
        elif (
            task.next_run_time is None
            and not task.paused
            and task.trigger is not None
            and task.trigger.alias != "shutdown"
        ):
            yield Finding("warning", f"task {task.id!r} is never due", "look at its trigger: uvsched next")
    if tasks:
        yield Finding("ok", f"{len(tasks)} task(s) are added")
    if "asyncz" in sys.modules and sys.modules["asyncz"] is not sys.modules.get("uvsched"):
        yield Finding("warning", "the program imports asyncz beside uvsched", "change the import, or use --as-asyncz")

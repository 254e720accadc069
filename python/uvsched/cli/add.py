"""uvsched add: adds a task to a store, for the application that runs it."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import tzinfo
from typing import Any

from .._references import resolve
from ..exceptions import ConflictIdError
from ..schedulers import AsyncIOScheduler
from ..tasks import Task
from ..tasks.resources import wants
from ..triggers import BaseTrigger, CronTrigger, DateTrigger, IntervalTrigger
from .destination import CANNOT_ADD, Operator, opened, why_lost
from .display import printable
from .loading import prepare_imports
from .options import CommandError, aware, moment_text, utc_text, zone_of
from .store_commands import migrated
from .target import Target, missing_file, target_of


def run(args: argparse.Namespace) -> int:
    """Adds the task. 0: it is in the store; 1: a task with this id is there already."""
    name, zone = zone_of(args.timezone)
    target = target_of(args.target, args)
    if target.scheduler is None:
        _check_store(target, args)
        prepare_imports(args)
        _check_alone(args.function)
        if args.create:
            migrated(target.store, "default")
        scheduler: AsyncIOScheduler = Operator(target.stores, [args.executor or "default"], name)
    else:
        scheduler = target.scheduler
        if (why := why_lost(scheduler, args.store or "default")) is not None:
            raise CommandError(why)
    with opened(scheduler):
        try:
            _tell(_added(scheduler, args, zone), args, zone)
        except ConflictIdError:
            message = f"task {args.id!r} is there already, with another definition; --replace replaces it"
            print(f"uvsched add: {message}", file=sys.stderr)
            return 1
        except CANNOT_ADD as error:
            raise CommandError(str(error)) from None
    return 0


def _check_alone(function: str) -> None:
    """Refuses a function that cannot be added without the application's scheduler."""
    try:
        wanted = wants(resolve(function))
    except (LookupError, TypeError) as error:
        raise CommandError(str(error)) from None
    for name in wanted.values():
        raise CommandError(
            f"{function} wants the resource {name!r}, which only the application provides: name its scheduler, as "
            "MODULE:NAME, instead of the store"
        )


def _check_store(target: Target, args: argparse.Namespace) -> None:
    if not args.create and (path := missing_file(target.store)) is not None:
        raise CommandError(f"there is no file {path}; --create makes it")
    if args.store not in (None, "default"):
        raise CommandError(f"--store: one store is named; {args.store!r} is an alias of an application's scheduler")


def _added(scheduler: AsyncIOScheduler, args: argparse.Namespace, zone: tzinfo) -> Task:
    return scheduler.add_task(
        args.function,
        _trigger(args, zone),
        id=args.id,
        name=args.name,
        args=_json(args.args, "--args", list),
        kwargs=_json(args.kwargs, "--kwargs", dict),
        store=args.store,
        executor=args.executor,
        on_conflict="replace" if args.replace else "raise",
    )


def _trigger(args: argparse.Namespace, zone: tzinfo) -> BaseTrigger:
    if args.cron is not None:
        return CronTrigger.from_crontab(args.cron, timezone=zone)
    if args.every is not None:
        return IntervalTrigger(seconds=args.every)
    return DateTrigger(run_at=None if args.at is None else aware(args.at, zone))


def _json(text: str | None, option: str, kind: type[Any]) -> Any:
    if text is None:
        return None
    try:
        read = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{option}: {text!r} is not JSON: {error}") from None
    if not isinstance(read, kind):
        raise CommandError(f"{option}: {text!r} is not a JSON {'array' if kind is list else 'object'}")
    return read


def _tell(task: Task, args: argparse.Namespace, zone: tzinfo) -> None:
    due = task.next_run_time
    if args.json:
        document = {
            "id": task.id,
            "store": task.store_alias,
            "function": args.function,
            "trigger": str(task.trigger),
            "next_run": None if due is None else utc_text(due),
        }
        print(json.dumps(document, indent=2))
        return
    when = "it is never due" if due is None else f"next {moment_text(due, zone)}"
    print(f"added {printable(task.id or '')}: {task.trigger}, {when}")

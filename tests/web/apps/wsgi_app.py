"""A WSGI application for test_servers.py, with a scheduler in a thread of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

from uvsched import SQLiteStore
from uvsched.schedulers import BackgroundScheduler

scheduler = BackgroundScheduler(stores={"default": SQLiteStore("tasks.db")}, shutdown_timeout=5)


@scheduler.add_task(trigger="interval", seconds=0.5, id="interval")
def interval() -> None:
    pass


@scheduler.add_task(trigger="cron", second="*", id="cron")
async def cron() -> None:
    pass


@scheduler.add_task(trigger="interval", seconds=0.5, id="thread")
def thread() -> None:
    pass


def remind(text: str) -> str:
    return text


def add_reminders(seconds: str) -> float:
    """Adds one task for now and one for later; when that is due."""
    at = datetime.now(timezone.utc) + timedelta(seconds=float(seconds))
    scheduler.add_task(remind, args=["now"], id="now")
    scheduler.add_task(remind, "date", run_at=at, args=["later"], id="later")
    return at.timestamp()


def runs() -> list[Any]:
    """Task, state and start of each run."""
    rows = scheduler.history(limit=1000)
    return [[run.task_id, run.state, run.started_at and run.started_at.timestamp()] for run in rows]


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """POST /reminders?seconds=N, and GET /runs."""
    asked = parse_qs(environ["QUERY_STRING"])
    answer = add_reminders(asked["seconds"][0]) if environ["PATH_INFO"] == "/reminders" else runs()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]

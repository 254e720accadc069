"""The routes of the application: the page, and its data as JSON.

Databases are read in a thread, so that the event loop is not blocked.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from datetime import datetime, timezone
from typing import Any

from page import HEADERS, PAGE
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from tasks import GREETING, scheduler, storage
from uvsched import Run
from uvsched.tasks import TaskInfo

STARTED = datetime.now(timezone.utc)
LONGEST = 3600
"""The most seconds that the chart shows."""
STATES = ("done", "failed", "cancelled", "lost", "missed", "skipped")


async def index(request: Request) -> Response:
    """``/``: the page."""
    return HTMLResponse(PAGE, headers=HEADERS)


async def tasks(request: Request) -> Response:
    """``/tasks``: the scheduler, and each task with its next and its last run."""
    return JSONResponse(await asyncio.to_thread(describe_all))


async def runs(request: Request) -> Response:
    """``/runs``: the ledger, from new to old, filtered by ``limit``, ``before`` (a ``number``), ``task``, ``state``."""
    query = request.query_params
    limit = number(query.get("limit", "50"), "limit", 1, 500)
    before = number(query["before"], "before", 1, 2**63 - 1) if "before" in query else None
    state = query.get("state")
    if state is not None and state not in STATES:
        raise HTTPException(400, f"state: {state!r} is not one of {', '.join(STATES)}")
    rows = await asyncio.to_thread(scheduler.history, query.get("task"), state=state, before=before, limit=limit)
    return JSONResponse({"runs": [describe_run(row) for row in rows]})


async def samples(request: Request) -> Response:
    """``/samples``: samples later than ``after``, averages later than ``averages_after`` (seconds since 1970)."""
    now = time.time()
    after = moment(request, "after", now - 300)
    averages_after = moment(request, "averages_after", after)
    return JSONResponse(
        {
            "now": now,
            "columns": ["time", "load", "cpu", "memory"],
            "samples": await asyncio.to_thread(storage.samples, max(after, now - LONGEST)),
            "averages": await asyncio.to_thread(storage.averages, max(averages_after, now - LONGEST)),
        }
    )


def describe_all() -> dict[str, Any]:
    """The answer of ``/tasks``. Finished tasks are not listed, but the greeting is always shown."""
    infos = scheduler.get_task_infos()
    if not any(info.id == GREETING for info in infos):
        infos = [*infos, *filter(None, [scheduler.get_task_info(GREETING)])]
    return {
        "now": datetime.now(timezone.utc).isoformat(),
        "host": socket.gethostname(),
        "scheduler": "running" if scheduler.running else "stopped",
        "started": STARTED.isoformat(),
        "samples": storage.count(),
        "tasks": [describe_task(info) for info in sorted(infos, key=lambda info: info.id)],
    }


def describe_task(info: TaskInfo) -> dict[str, Any]:
    """A task, for JSON."""
    last = scheduler.history(info.id, limit=1)
    return {
        "id": info.id,
        "name": info.name,
        "trigger": info.trigger_description,
        "executor": info.executor,
        "store": info.store_alias,
        "state": "finished" if info.finished else info.schedule_state.value,
        "running": info.running,
        "runs": info.runs,
        "next_run": iso(info.next_run_time),
        "last_run": describe_run(last[0]) if last else None,
    }


def describe_run(run: Run) -> dict[str, Any]:
    """A row of the ledger, for JSON. Spans are seconds."""
    late = None if run.started_at is None else (run.started_at - run.scheduled_time).total_seconds()
    return {
        "number": run.number,
        "task": run.task_id,
        "fire": run.fire_id,
        "kind": run.kind,
        "state": run.state,
        "by": run.owner,
        "reason": run.reason,
        "first": iso(run.first_time),
        "last": iso(run.scheduled_time),
        "folded": run.folded,
        "exact": run.exact,
        "attempt": run.attempt,
        "crashes": run.crashes,
        "started": iso(run.started_at),
        "finished": iso(run.finished_at),
        "late": late,
        "took": None if run.duration is None else run.duration.total_seconds(),
        "result": run.result,
        "error": run.error,
    }


def iso(when: datetime | None) -> str | None:
    """A moment as ISO 8601 text in UTC."""
    return None if when is None else when.astimezone(timezone.utc).isoformat()


def moment(request: Request, name: str, default: float) -> float:
    """A parameter as seconds since 1970. Raises HTTPException that names the parameter."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise HTTPException(400, f"{name}: {text!r} is not a number of seconds")
    return seconds


def number(text: str, name: str, least: int, most: int) -> int:
    """``text`` as a whole number within the bounds. Raises HTTPException that names the parameter."""
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise HTTPException(400, f"{name}: {text!r} is not a whole number from {least} to {most}")
    return int(text)

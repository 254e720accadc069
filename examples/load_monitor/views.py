"""What the application answers: the page, and the same things as JSON.

Questions that read a database are asked in a thread, so that the event loop goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime, timezone

from page import HEADERS, PAGE
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from tasks import scheduler, storage

STARTED = datetime.now(timezone.utc)
LONGEST = 3600
"""Seconds that the chart can go back."""
STATES = ("done", "failed", "cancelled", "lost", "missed", "skipped")


async def index(request: Request) -> Response:
    """``/``: the page."""
    return HTMLResponse(PAGE, headers=HEADERS)


async def tasks(request: Request) -> Response:
    """``/tasks``: each task with its next and its last run."""
    return JSONResponse(await asyncio.to_thread(describe_tasks))


async def runs(request: Request) -> Response:
    """``/runs``: the ledger, from new to old. ``limit``, ``before`` (a ``seq``), ``task``, ``state`` choose from it."""
    query = request.query_params
    limit = number(query.get("limit", "50"), "limit", 1, 500)
    before = number(query["before"], "before", 1, 2**63 - 1) if "before" in query else None
    state = query.get("state")
    if state is not None and state not in STATES:
        raise HTTPException(400, f"state: {state!r} is none of {', '.join(STATES)}")
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


def moment(request: Request, name: str, default: float) -> float:
    """A parameter as seconds since 1970, or a refusal that names it."""
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
    """``text`` as a whole number within the bounds, or a refusal that names the parameter."""
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise HTTPException(400, f"{name}: {text!r} is not a whole number from {least} to {most}")
    return int(text)

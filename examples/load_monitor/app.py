"""Load monitor: an ASGI application whose tasks run in uvsched, and a page that shows them.

    python -m uvicorn --app-dir examples/load_monitor app:app

LOAD_MONITOR_DIR is the folder of its two databases (./load_monitor_data): tasks.db is uvsched's, samples.db its own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import logs
import views
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tasks import DATA, declare_greeting, scheduler, storage
from uvsched.events.constants import TASK_EXECUTED

log = logging.getLogger("load_monitor")
logs.set_up()
scheduler.add_listener(logs.tell_of_run, TASK_EXECUTED)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the files and starts the scheduler; at the end stops it and closes the files."""
    DATA.mkdir(parents=True, exist_ok=True)
    with storage:
        declare_greeting()
        async with scheduler:
            log.info("ready: %d tasks and %d samples in %s", len(scheduler.get_tasks()), storage.count(), DATA)
            yield


async def refuse(request: Request, error: Exception) -> Response:
    """The answer to a wrong request, as JSON like all answers."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/", views.index),
        Route("/tasks", views.tasks),
        Route("/runs", views.runs),
        Route("/samples", views.samples),
    ],
    exception_handlers={HTTPException: refuse},
)

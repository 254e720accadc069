"""A Starlette application for test_workers.py: each call of a task is a line of a log of its own."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timezone
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from uvsched import AsyncIOScheduler, SQLiteStore, current_run, lifespan

LOG = Path("calls.log")
GRID = datetime(2026, 1, 1, tzinfo=timezone.utc)

scheduler = AsyncIOScheduler(
    stores={"default": os.environ.get("WORKERS_STORE") or SQLiteStore("tasks.db", lease=2)}, shutdown_timeout=20
)


def log(task: str) -> None:
    with LOG.open("a") as out:
        out.write(f"{task} {current_run().first_time.timestamp():.3f} {os.getpid()}\n")


@scheduler.add_task(trigger="interval", seconds=0.2, start_at=GRID, id="tick", coalesce=False)
async def tick() -> None:
    log("tick")


async def slow(seconds: float) -> None:
    log("slow")
    await asyncio.sleep(seconds)


async def add_slow(request: Request) -> JSONResponse:
    await scheduler.add_task_async(slow, args=[float(request.query_params["seconds"])], id="slow")
    return JSONResponse(os.getpid())


async def runs(request: Request) -> JSONResponse:
    rows = await scheduler.history_async(limit=10_000)
    return JSONResponse([[run.task_id, run.state, run.first_time.timestamp(), run.folded] for run in rows])


async def process(request: Request) -> JSONResponse:
    return JSONResponse(os.getpid())


app = Starlette(
    routes=[
        Route("/slow", add_slow, methods=["POST"]),
        Route("/runs", runs),
        Route("/process", process),
    ],
    lifespan=lifespan(scheduler),
)

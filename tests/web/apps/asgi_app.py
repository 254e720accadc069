"""A Starlette application for test_servers.py: tasks on the loop, by cron and in a thread, and reminders."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from uvsched import AsyncIOExecutor, AsyncIOScheduler, SQLiteStore, ThreadPoolExecutor, lifespan

scheduler = AsyncIOScheduler(
    stores={"default": SQLiteStore("tasks.db")},
    executors={"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(max_workers=2)},
    shutdown_timeout=5,
)


@scheduler.add_task(trigger="interval", seconds=0.5, id="interval")
async def interval() -> None:
    pass


@scheduler.add_task(trigger="cron", second="*", id="cron")
async def cron() -> None:
    pass


@scheduler.add_task(trigger="interval", seconds=0.5, id="thread", executor="threads")
def thread() -> None:
    pass


async def remind(text: str) -> str:
    return text


async def add_reminders(request: Request) -> JSONResponse:
    at = datetime.now(timezone.utc) + timedelta(seconds=float(request.query_params["seconds"]))
    await scheduler.add_task_async(remind, args=["now"], id="now")
    await scheduler.add_task_async(remind, "date", run_at=at, args=["later"], id="later")
    return JSONResponse(at.timestamp())


async def runs(request: Request) -> JSONResponse:
    rows = await scheduler.history_async(limit=1000)
    return JSONResponse([[run.task_id, run.state, run.started_at and run.started_at.timestamp()] for run in rows])


app = Starlette(
    routes=[Route("/reminders", add_reminders, methods=["POST"]), Route("/runs", runs)],
    lifespan=lifespan(scheduler),
)

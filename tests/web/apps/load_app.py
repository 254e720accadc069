"""A FastAPI application that adds reminders, and measures how long its loop stands still."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone

import uvsched
from fastapi import FastAPI

scheduler = uvsched.AsyncIOScheduler(stores={"default": uvsched.SQLiteStore("tasks.db")}, shutdown_timeout=5)
longest = 0.0


async def remind(number: int) -> None:
    print("reminder", number)


def hold_up() -> None:
    """As a commit to a slow disk on the loop's own thread."""
    time.sleep(0.1)


async def beat() -> None:
    global longest
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    beating = asyncio.create_task(beat())
    yield
    beating.cancel()


app = FastAPI(lifespan=uvsched.lifespan(scheduler, lifespan))


@app.post("/reminders/{how}/{number}")
async def add_reminder(how: str, number: int) -> int:
    if how == "added":
        at = datetime.now(timezone.utc) + timedelta(hours=1)
        await scheduler.add_task_async(remind, "date", run_at=at, args=[number], id=f"reminder {number}")
    elif how == "blocking":
        hold_up()
    return number


@app.post("/longest")
async def take_longest() -> float:
    """The heartbeat's longest wait since it was asked, in seconds."""
    global longest
    taken, longest = longest, 0.0
    return taken


@app.get("/count")
async def count() -> int:
    return len(await scheduler.get_tasks_async())

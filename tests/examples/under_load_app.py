"""A FastAPI application for test_under_load.py: requests add reminders, and a heartbeat measures gaps of the loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI
from uvsched import AsyncIOScheduler, SQLiteStore, lifespan

scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")}, shutdown_timeout=5)
longest = 0.0
beats = 0


def remind(text: str) -> None:
    print(text)


async def beat() -> None:
    global longest, beats
    while True:
        begin = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begin - 0.001)
        beats += 1


@contextlib.asynccontextmanager
async def heart(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(beat())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan(scheduler, heart))


@app.post("/reminders/{number}")
async def add_reminder(number: int) -> str:
    task = await scheduler.add_task_async(remind, "interval", days=1, args=[str(number)], id=f"reminder {number}")
    return str(task.id)


@app.get("/heart")
async def heart_now() -> dict[str, float]:
    return {"longest": longest, "beats": beats}


@app.get("/count")
async def count() -> int:
    return len(await scheduler.get_tasks_async())

"""The scheduler and its tasks. Importing this opens nothing; the application's lifespan starts the scheduler."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sampling import Sampler
from storage import Storage
from uvsched import (
    AsyncIOExecutor,
    AsyncIOScheduler,
    CurrentRun,
    DateTrigger,
    IntervalTrigger,
    SQLiteStore,
    ThreadPoolExecutor,
    current_run,
)

DATA = Path(os.environ.get("LOAD_MONITOR_DIR", "load_monitor_data")).absolute()
STORE = os.environ.get("LOAD_MONITOR_STORE")

storage = Storage(DATA / "samples.db")
sampler = Sampler()
scheduler = AsyncIOScheduler(
    stores={"default": STORE or SQLiteStore(DATA / "tasks.db")},
    executors={"default": AsyncIOExecutor(), "pool": ThreadPoolExecutor(max_workers=2)},
)


def this_run() -> CurrentRun:
    """The current run."""
    run = current_run()
    assert run is not None, "a task's function was called by hand"
    return run


@scheduler.add_task(trigger=IntervalTrigger(seconds=1), id="sample", replace_existing=True)
async def sample() -> None:
    """Measures the machine. The run's fire id names the row, so that a run repeated after a crash counts once."""
    await asyncio.to_thread(storage.add, this_run().fire_id, time.time(), sampler.sample())


@scheduler.add_task(trigger=IntervalTrigger(seconds=10), id="roll-up", executor="pool", replace_existing=True)
def roll_up() -> str:
    """Averages the samples. A plain function on a thread of the pool; the ledger keeps its result."""
    made = storage.roll_up(time.time())
    return f"{made} new average{'' if made == 1 else 's'}"


REPORT_EVERY = 5


@scheduler.add_task(trigger=IntervalTrigger(seconds=REPORT_EVERY), id="report", replace_existing=True)
async def report() -> str:
    """An example of work that depends on other machines and sometimes fails: here every third time."""
    due = this_run().scheduled_time
    name = f"report of {due:%H:%M:%S} UTC"
    if int(due.timestamp()) // REPORT_EVERY % 3 == 0:
        raise ConnectionError(f"{name}: its receiver does not answer (each third report ends so)")
    return f"{name} delivered"


GREETING = "greeting"


async def greet() -> str:
    """Runs once, three seconds after each start."""
    return f"Hello from {socket.gethostname()}: the load monitor is up"


def declare_greeting() -> None:
    """Adds the greeting, three seconds from now; it replaces the greeting of the last start."""
    soon = datetime.now(timezone.utc) + timedelta(seconds=3)
    scheduler.add_task(greet, trigger=DateTrigger(run_at=soon), id=GREETING, replace_existing=True)

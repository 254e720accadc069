"""The tasks of the application, as a user of Esmerald writes them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

from uvsched.contrib.esmerald import scheduler
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger

calls: Counter[str] = Counter()
threads: dict[str, str] = {}


def note(name: str) -> None:
    """Counts a call, and keeps the name of the thread it came on."""
    calls[name] += 1
    threads[name] = threading.current_thread().name


@scheduler(trigger=IntervalTrigger(seconds=0.25), id="beat")
async def beat() -> None:
    """A coroutine on the event loop."""
    note("beat")


@scheduler(
    trigger=IntervalTrigger(seconds=0.5), id="crunch", executor="threadpool", extra_args=[3], extra_kwargs={"plus": 4}
)
def crunch(number: int, plus: int) -> int:
    """A plain function on the thread pool, with arguments."""
    note("crunch")
    return number + plus


@scheduler(trigger=IntervalTrigger(seconds=0.5), name="A task that fails")
async def stumble() -> None:
    """Raises each time; its id is derived from its name."""
    note("stumble")
    raise RuntimeError("stumbled, as it does each time")


@scheduler(trigger=DateTrigger(), coalesce=True)
async def hello() -> str:
    """Runs once for each start."""
    note("hello")
    return "hello"


@scheduler(trigger=CronTrigger(second="*"), id="chime")
async def chime() -> None:
    """Runs when a second begins."""
    note("chime")


@scheduler(trigger=IntervalTrigger(seconds=1), id="linger")
async def linger() -> None:
    """Is still at it when the application stops, and is cancelled then."""
    note("linger")
    await asyncio.sleep(600)


@scheduler(trigger=IntervalTrigger(seconds=0.25), id="disabled", is_enabled=False)
async def disabled() -> None:
    """Never runs: it is not added."""
    note("disabled")

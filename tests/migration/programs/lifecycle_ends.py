"""Generators that end when the scheduler stops, in a thread and on a loop, beside a store that others could share."""

import asyncio
import tempfile
import time

from asyncz.events.constants import TASK_ERROR
from asyncz.locks import FileLockProtected
from asyncz.schedulers import AsyncIOScheduler, NativeAsyncIOScheduler
from asyncz.utils import make_async_function, make_function

said = []
folder = tempfile.mkdtemp()
scheduler = AsyncIOScheduler(
    stores={
        "default": {"type": "file", "directory": f"{folder}/tasks", "cleanup_directory": True},
        "memory": {"type": "memory"},
    },
    timezone="UTC",
)


def lifecycle():
    lock = FileLockProtected(f"{folder}/one_{{pgrp}}.lock")
    other = FileLockProtected(f"{folder}/one_{{pgrp}}.lock")
    with lock.protected(False) as mine, other.protected(False) as again:
        said.append(f"set up {mine} {again}")
        scheduler.add_task(make_function(generator.send), args=[False], trigger="shutdown", store="memory")
        while (yield):
            said.append("tick")
        said.append("cleaned up")


def tick():
    generator.send(True)


generator = lifecycle()
generator.send(None)
scheduler.add_listener(lambda event: said.append(f"failed {event.exception!r}"), TASK_ERROR)
scheduler.add_task(tick, trigger="interval", seconds=0.05)
with scheduler:
    while "tick" not in said:
        time.sleep(0.01)
while "cleaned up" not in said:
    time.sleep(0.01)
print(said[0], said[1], said[-1])


async def main():
    ended = asyncio.Event()

    async def on_loop():
        while (yield):
            pass
        print("the other one too")
        ended.set()

    waits = on_loop()
    await waits.asend(None)
    scheduler = NativeAsyncIOScheduler(timezone="UTC")
    scheduler.add_task(make_async_function(waits.asend), args=[False], trigger="shutdown")
    await scheduler.start()
    await scheduler.shutdown()
    await ended.wait()


asyncio.run(main())

"""A generator that works at each run, and cleans up when the scheduler stops."""

import asyncio
import time

from asyncz.schedulers import AsyncIOScheduler
from asyncz.utils import make_async_function, make_function

said = []
scheduler = AsyncIOScheduler(timezone="UTC")


def lifecycle():
    said.append("set up")
    scheduler.add_task(make_function(generator.send), args=[False], trigger="shutdown")
    running = yield
    while running:
        said.append("tick")
        running = yield
    said.append("cleaned up")
    yield


async def twice(number):
    return number * 2


generator = lifecycle()
generator.send(None)
scheduler.add_task(make_function(generator.send), args=[True], trigger="interval", seconds=0.05)
scheduler.start()
while "tick" not in said:
    time.sleep(0.01)
scheduler.shutdown()
while "cleaned up" not in said:
    time.sleep(0.01)
print(said[0], said[1], said[-1], asyncio.run(make_async_function(twice)(4)))

"""A scheduler is paused and resumed; nothing runs in between."""

import asyncio
import logging

from asyncz.schedulers import AsyncIOScheduler

ran = []


async def job():
    ran.append(1)


async def main():
    scheduler = AsyncIOScheduler(timezone="UTC")
    print(scheduler.start(paused=True), scheduler.running, scheduler.state.name)
    scheduler.add_task(job, "interval", seconds=0.05, id="job", mistrigger_grace_time=None)
    await asyncio.sleep(0.3)
    print(len(ran))
    scheduler.resume()
    while not ran:
        await asyncio.sleep(0.01)
    scheduler.pause()
    print(scheduler.state.name)
    scheduler.resume()
    print(scheduler.state.name)
    scheduler.shutdown()


logging.disable(logging.CRITICAL)
asyncio.run(main())

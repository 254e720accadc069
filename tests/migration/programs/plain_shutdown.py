"""A shutdown that nobody awaits, on the loop: what a web server calls when it stops. Functions and coroutines on the
shutdown trigger run."""

import asyncio

from asyncz.schedulers import AsyncIOScheduler

done = []


def function():
    done.append("function")


async def coroutine():
    await asyncio.sleep(0.01)
    done.append("coroutine")


async def server():
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_task(function, "shutdown")
    scheduler.add_task(coroutine, "shutdown")
    scheduler.start()
    scheduler.shutdown()
    while len(done) < 2:
        await asyncio.sleep(0.01)
    print(sorted(done), scheduler.running)


asyncio.run(server())

"""Starts and shutdowns are counted; a scheduler is a context manager, nested too, and an ASGI middleware."""

import asyncio

from asyncz.schedulers import AsyncIOScheduler


def make_app(seen):
    async def app(scope, receive, send):
        seen.append(scope["type"])
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    return app


async def live(app):
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    return sent


async def main():
    async with AsyncIOScheduler() as scheduler, AsyncIOScheduler() as other:
        print(scheduler.running, other.running)
    for handle in (False, True):
        seen = []
        print(handle, await live(AsyncIOScheduler().asgi(make_app(seen), handle_lifespan=handle)), seen)
    seen = []
    print(await live(AsyncIOScheduler().asgi()(make_app(seen))), seen)


outer = AsyncIOScheduler()
with outer:
    with outer, AsyncIOScheduler() as inner:
        print(outer.running, inner.running)
    print(outer.running)
asyncio.run(main())

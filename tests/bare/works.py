"""A program that ends when a task has run."""

ONE_FIRE = """
import asyncio
from uvsched import AsyncIOScheduler
async def main():
    ran = asyncio.Event()
    async with AsyncIOScheduler() as scheduler:
        scheduler.add_task(ran.set, "interval", seconds=0.01)
        await ran.wait()
asyncio.run(main())
"""

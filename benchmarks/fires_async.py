"""Fires per second of 1,000 recurring tasks with a coroutine, AsyncIOExecutor; asyncz and APScheduler beside it."""

from _saturation import main

if __name__ == "__main__":
    main("asyncio", "coroutine, 1,000 tasks")

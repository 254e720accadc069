"""Fires per second of 1,000 recurring tasks with a coroutine, AsyncIOExecutor, and two listeners attached; asyncz and
APScheduler beside it."""

from _saturation import main

if __name__ == "__main__":
    main("asyncio", "coroutine, 1,000 tasks, two listeners", listeners=2)

"""Fires per second of 1,000 recurring tasks with a plain function, DebugExecutor; asyncz and APScheduler beside it."""

from _saturation import main

if __name__ == "__main__":
    main("debug", "plain function, 1,000 tasks")

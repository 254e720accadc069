"""Coroutines, functions in threads, arguments, and what listeners hear of the runs."""

import asyncio
import logging
import threading

from asyncz.events.constants import TASK_ERROR, TASK_EXECUTED
from asyncz.executors import AsyncIOExecutor, ThreadPoolExecutor
from asyncz.schedulers import AsyncIOScheduler

heard = []


def listen(event):
    heard.append((event.task_id, event.code == TASK_EXECUTED, event.return_value, type(event.exception).__name__))


async def coroutine(text, *, more):
    return f"{text} {more}"


def in_thread():
    return threading.current_thread() is not threading.main_thread()


def fail():
    raise ValueError("no")


async def main():
    scheduler = AsyncIOScheduler(
        executors={"default": AsyncIOExecutor(), "threadpool": ThreadPoolExecutor(max_workers=2)}, timezone="UTC"
    )
    scheduler.add_listener(listen, TASK_EXECUTED | TASK_ERROR)
    scheduler.start()
    scheduler.add_task(coroutine, id="coroutine", args=["some"], kwargs={"more": "thing"})
    scheduler.add_task(in_thread, id="thread", executor="threadpool")
    scheduler.add_task(fail, id="fail")
    while len(heard) < 3:
        await asyncio.sleep(0.01)
    print(sorted(heard))
    scheduler.shutdown()


logging.disable(logging.CRITICAL)
asyncio.run(main())

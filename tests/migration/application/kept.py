"""Stores that keep tasks over a restart."""

import tempfile

from asyncz.schedulers import NativeAsyncIOScheduler
from asyncz.stores.base import BaseStore
from asyncz.stores.file import FileStore
from asyncz.stores.redis import RedisStore
from asyncz.stores.sqlalchemy import SQLAlchemyStore

from . import jobs


async def restarted(make):
    """Adds a task, and shows what is there after a restart."""
    scheduler = NativeAsyncIOScheduler(stores={"default": make()}, timezone="UTC")
    await scheduler.start()
    scheduler.add_task(jobs.collect, "cron", id="kept", name="Kept", args=[1], kwargs={"a": 2}, hour=3)
    await scheduler.shutdown()
    scheduler = NativeAsyncIOScheduler(stores={"default": make()}, timezone="UTC")
    await scheduler.start()
    task = scheduler.get_task("kept")
    assert task is not None
    print(task.id, task.name, list(task.args), task.kwargs, task.fn.__name__, task.next_run_time is not None)
    scheduler.delete_task("kept")
    await scheduler.shutdown()
    scheduler = NativeAsyncIOScheduler(stores={"default": make()}, timezone="UTC")
    await scheduler.start()
    print(scheduler.get_tasks())
    await scheduler.shutdown()


async def show() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await restarted(lambda: FileStore(f"{folder}/tasks", suffix=".job", mode=0o750))
        await restarted(lambda: SQLAlchemyStore(f"sqlite:///{folder}/app.db"))
        await restarted(lambda: SQLAlchemyStore(database=f"sqlite:///{folder}/app.db", tablename="jobs"))
    print(isinstance(RedisStore(database=3), BaseStore))

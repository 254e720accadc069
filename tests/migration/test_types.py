"""The names that asyncz's annotations and configurations use."""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uvsched
from uvsched.executors import AsyncIOExecutor, BaseExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.executors.types import ExecutorType
from uvsched.locks import FileLockProtected, LockProtected, NullLockProtected, RLockProtected
from uvsched.schedulers import AsyncIOScheduler, SchedulerInstanceInfo
from uvsched.schedulers.base import ClassicLogging, default_loggers_class
from uvsched.schedulers.datastructures import TaskDefaultStruct
from uvsched.schedulers.types import LoggersType, SchedulerType
from uvsched.stores import MemoryStore, SQLiteStore
from uvsched.stores.types import StoreType
from uvsched.tasks import Task
from uvsched.tasks.types import TaskDefaultsType, TaskType
from uvsched.triggers import CronTrigger, IntervalTrigger
from uvsched.triggers.cron.trigger import CronTrigger as CronTriggerByItsModule
from uvsched.triggers.types import TriggerType
from uvsched.utils import make_async_function, make_function


def job() -> None: ...


def test_types_hold_for_isinstance() -> None:
    scheduler: SchedulerType = AsyncIOScheduler()
    assert isinstance(scheduler, SchedulerType)
    executor: ExecutorType = AsyncIOExecutor()
    for kind in (executor, ThreadPoolExecutor(), DebugExecutor()):
        assert isinstance(kind, ExecutorType)
        assert isinstance(kind, BaseExecutor)
    store: StoreType = MemoryStore()
    assert isinstance(store, StoreType)
    assert isinstance(SQLiteStore("x.db"), StoreType)
    task: TaskType = AsyncIOScheduler().add_task(job, "interval", hours=1)
    assert isinstance(task, TaskType)
    assert isinstance(IntervalTrigger(hours=1), TriggerType)
    defaults: TaskDefaultsType = TaskDefaultStruct()
    assert isinstance(defaults, TaskDefaultsType)
    for wanted in (SchedulerType, ExecutorType, StoreType, TaskType, TriggerType, TaskDefaultsType, LoggersType):
        assert not isinstance(3, wanted)


def test_a_deleted_task_is_still_a_task() -> None:
    scheduler = AsyncIOScheduler()
    task = scheduler.add_task(job, "interval", hours=1, id="x")
    task.delete()
    assert isinstance(task, TaskType)


def test_the_short_name_and_the_module_of_the_cron_trigger() -> None:
    assert uvsched.Asyncz is AsyncIOScheduler
    assert CronTriggerByItsModule is CronTrigger


def test_task_defaults_as_an_object() -> None:
    scheduler = AsyncIOScheduler(task_defaults=TaskDefaultStruct(mistrigger_grace_time=5, max_instances=3))
    task: Task = scheduler.add_task(job, "interval", hours=1)
    assert (task.mistrigger_grace_time, task.max_instances, task.coalesce) == (5, 3, True)
    assert TaskDefaultStruct().model_dump(exclude_none=True) == {"coalesce": True, "max_instances": 1}
    assert TaskDefaultStruct(max_catch_up=7).model_dump()["max_catch_up"] == 7
    with pytest.raises(TypeError, match=r"'max_instance' \(did you mean 'max_instances'\?\)"):
        TaskDefaultStruct(max_instance=3)


@dataclasses.dataclass
class Defaults:
    coalesce: bool = False
    max_instances: int = 3


class Model:
    """As a model of pydantic is."""

    def model_dump(self, *, exclude_none: bool) -> dict[str, Any]:
        return {"coalesce": False, "max_instances": 3}


@pytest.mark.parametrize("defaults", [Defaults(), Model()])
def test_task_defaults_as_an_object_of_the_programs_own(defaults: Any) -> None:
    task = AsyncIOScheduler(task_defaults=defaults).add_task(job, "interval", hours=1)
    assert (task.max_instances, task.coalesce) == (3, False)


def test_loggers_are_the_standard_ones() -> None:
    scheduler = AsyncIOScheduler()
    assert scheduler.logger is logging.getLogger("uvsched")
    assert scheduler.loggers["asyncz.schedulers"] is logging.getLogger("uvsched.schedulers")
    assert isinstance(scheduler.loggers, LoggersType)
    assert scheduler.loggers_class is ClassicLogging is default_loggers_class

    class Own(ClassicLogging): ...

    assert AsyncIOScheduler(loggers_class=Own).loggers_class is Own


def test_one_instance_at_a_time() -> None:
    scheduler = AsyncIOScheduler(identity="me")
    scheduler.add_task(job, "interval", hours=1)
    (info,) = scheduler.get_scheduler_instance_infos()
    assert isinstance(info, SchedulerInstanceInfo)
    assert (info.identity, info.scope, info.active, info.stale, info.task_count) == ("me", "local", False, False, 1)


def test_locks_of_asyncz(tmp_path: Path) -> None:
    path = str(tmp_path / "x_{pgrp}_{ppid}.lock")
    for lock in (NullLockProtected(), LockProtected(), RLockProtected(), FileLockProtected(path)):
        with lock.protected() as taken:
            assert taken
        lock.shutdown()
    for lock in (LockProtected(), FileLockProtected(path)):
        with lock.protected(), lock.protected() as again:
            assert not again
        with lock.protected() as taken:
            assert taken
    assert [file.name for file in tmp_path.iterdir()] == [f"x_{os.getpgrp()}_{os.getppid()}.lock"]


def test_a_lock_in_a_file_holds_between_processes(tmp_path: Path) -> None:
    program = "import sys, uvsched.locks as l\nwith l.FileLockProtected(sys.argv[1]).protected() as taken: print(taken)"
    command = [sys.executable, "-c", program, str(tmp_path / "x.lock")]
    lock = FileLockProtected(str(tmp_path / "x.lock"))
    with lock.protected():
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    with lock.protected(blocking=True) as taken:
        assert taken
    lock.shutdown()
    lock.shutdown()
    assert list(tmp_path.iterdir()) == []


def test_functions_around_functions() -> None:
    def generator() -> Any:
        yield 1

    class Awaitable:
        def __await__(self) -> Any:
            return (yield from ())

    scheduler = AsyncIOScheduler()
    with pytest.raises(TypeError, match="is a generator function"):
        scheduler.add_task(generator, "interval", hours=1)
    task = scheduler.add_task(make_function(generator), "interval", hours=1)
    assert task.fn is not None
    assert list(task.fn()) == [1]
    assert scheduler.add_task(make_async_function(Awaitable), "interval", hours=1).fn is not None


def test_the_defaults_of_a_scheduler_have_attributes() -> None:
    configuration = {"asyncz.task_defaults.coalesce": "false", "asyncz.task_defaults.max_instances": "3"}
    defaults = AsyncIOScheduler(configuration, task_defaults={"mistrigger_grace_time": "2.5"}).task_defaults
    assert (defaults.coalesce, defaults.max_instances, defaults.mistrigger_grace_time) == (True, 1, 2.5)
    defaults = AsyncIOScheduler(configuration).task_defaults
    assert (defaults.coalesce, defaults["max_instances"], defaults.mistrigger_grace_time) == (False, 3, None)
    assert AsyncIOScheduler().task_defaults.model_dump() == TaskDefaultStruct().model_dump()

"""The names of its annotations, states and errors."""

import asyncz
from asyncz.enums import PluginInstance, SchedulerState, TaskScheduleState
from asyncz.exceptions import (
    AsynczException,
    AsynczLookupError,
    BaseLookupError,
    ConflictError,
    ConflictIdError,
    MaximumInstancesError,
    SchedulerAlreadyRunningError,
    SchedulerLookupError,
    SchedulerNotRunningError,
    TaskLookupError,
)
from asyncz.schedulers import AsyncIOScheduler, NativeAsyncIOScheduler, SchedulerInfo, SchedulerInstanceInfo
from asyncz.schedulers.asyncio import AsyncIOScheduler as AsyncIOSchedulerByModule
from asyncz.schedulers.asyncio import NativeAsyncIOScheduler as NativeAsyncIOSchedulerByModule
from asyncz.schedulers.base import BaseScheduler, ClassicLogging, default_loggers_class
from asyncz.schedulers.datastructures import TaskDefaultStruct
from asyncz.schedulers.inspection import SchedulerInfo as SchedulerInfoByModule
from asyncz.schedulers.inspection import SchedulerInstanceInfo as SchedulerInstanceInfoByModule
from asyncz.schedulers.types import LoggersType, SchedulerType
from asyncz.tasks import Task, TaskInfo, TaskRunPreview
from asyncz.tasks.base import Task as TaskByModule
from asyncz.tasks.inspection import TaskInfo as TaskInfoByModule
from asyncz.tasks.inspection import TaskRunPreview as TaskRunPreviewByModule
from asyncz.tasks.types import TaskDefaultsType, TaskType
from asyncz.typing import Undefined, UndefinedType, undefined


def show() -> None:
    assert AsyncIOScheduler is AsyncIOSchedulerByModule
    assert NativeAsyncIOScheduler is NativeAsyncIOSchedulerByModule
    assert SchedulerInfo is SchedulerInfoByModule
    assert SchedulerInstanceInfo is SchedulerInstanceInfoByModule
    assert Task is TaskByModule
    assert TaskInfo is TaskInfoByModule
    assert TaskRunPreview is TaskRunPreviewByModule
    scheduler = AsyncIOScheduler()
    print(isinstance(scheduler, SchedulerType), isinstance(scheduler, BaseScheduler))
    print(issubclass(NativeAsyncIOScheduler, AsyncIOScheduler), callable(asyncz.Asyncz))
    print([kind.name for kind in SchedulerState][:3], [state.value for state in TaskScheduleState])
    print(sorted(instance.value for instance in PluginInstance))
    defaults = TaskDefaultStruct(mistrigger_grace_time=3, coalesce=False, max_instances=2)
    print(
        isinstance(defaults, TaskDefaultsType),
        defaults.model_dump() == {"mistrigger_grace_time": 3, "coalesce": False, "max_instances": 2},
    )
    task = Task(fn=show, id="apart")
    print(isinstance(task, TaskType), isinstance(undefined, UndefinedType | Undefined))
    loggers = default_loggers_class()
    print(isinstance(loggers, LoggersType), loggers["application"].name, ClassicLogging()["application"].name)
    for error, bases in (
        (TaskLookupError("x"), (BaseLookupError, LookupError)),
        (AsynczLookupError("x"), (BaseLookupError, LookupError)),
        (SchedulerLookupError("x"), (BaseLookupError, LookupError)),
        (ConflictIdError("x"), (KeyError,)),
        (ConflictError("x"), (KeyError,)),
        (MaximumInstancesError("x", 3), (AsynczException,)),
        (SchedulerAlreadyRunningError(), (AsynczException,)),
        (SchedulerNotRunningError(), (AsynczException,)),
    ):
        print(isinstance(error, bases))

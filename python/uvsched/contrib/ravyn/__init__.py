"""uvsched in a Ravyn application: import from here what you imported from ``ravyn.contrib.schedulers``.

::

    from uvsched.contrib.ravyn import AsynczConfig, scheduler

    @scheduler(trigger=IntervalTrigger(minutes=5))
    async def collect() -> None: ...

    app = Ravyn(scheduler_config=AsynczConfig(tasks={"collect": "myapp.tasks"}), enable_scheduler=True)

The module imports without Ravyn too, so that tasks and their configuration can be tested apart from the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import config, task
from ..framework import bind

__all__ = ["AsynczConfig", "ImproperlyConfigured", "SchedulerConfig", "Task", "scheduler"]

_FRAMEWORK = bind("ravyn")

if TYPE_CHECKING:
    FrameworkConfig = object  # type checkers see no Ravyn: which one is installed differs from place to place
    ImproperlyConfigured = ValueError
else:
    FrameworkConfig = _FRAMEWORK.base
    ImproperlyConfigured = _FRAMEWORK.error


class SchedulerConfig(config.SchedulerConfig, FrameworkConfig):
    """Base of scheduler configurations, a subclass of Ravyn's class of that name, so that ``isinstance`` checks
    there hold. See `uvsched.contrib.config.SchedulerConfig`."""


class AsynczConfig(config.AsynczConfig, SchedulerConfig):
    """A scheduler and its tasks as Ravyn's ``scheduler_config``. See `uvsched.contrib.config.AsynczConfig`."""

    framework = _FRAMEWORK


class Task(task.Task):
    """A function with its schedule. See `uvsched.contrib.task.Task`."""

    framework = _FRAMEWORK


scheduler = Task.decorator

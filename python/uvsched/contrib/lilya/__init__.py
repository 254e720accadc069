"""uvsched in a Lilya application: import from here what you imported from ``lilya.contrib.schedulers``.

::

    from uvsched.contrib.lilya import AsynczConfig, scheduler

    @scheduler(trigger=IntervalTrigger(minutes=5))
    async def collect() -> None: ...

    config = AsynczConfig(tasks={"collect": "myapp.tasks"})
    app = Lilya(routes=[...], on_startup=[config.start], on_shutdown=[config.stop])

The module imports without Lilya too, so that tasks and their configuration can be tested apart from the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import config, task
from ..framework import bind

__all__ = ["AsynczConfig", "ImproperlyConfigured", "SchedulerConfig", "Task", "scheduler"]

_FRAMEWORK = bind("lilya")

if TYPE_CHECKING:
    FrameworkConfig = object  # type checkers see no Lilya: which one is installed differs from place to place
    ImproperlyConfigured = ValueError
else:
    FrameworkConfig = _FRAMEWORK.base
    ImproperlyConfigured = _FRAMEWORK.error


class SchedulerConfig(config.SchedulerConfig, FrameworkConfig):
    """Base of scheduler configurations, a subclass of Lilya's class of that name, so that ``isinstance`` checks
    there hold. See `uvsched.contrib.config.SchedulerConfig`."""


class AsynczConfig(config.AsynczConfig, SchedulerConfig):
    """A scheduler and its tasks as Lilya's scheduler. See `uvsched.contrib.config.AsynczConfig`."""

    framework = _FRAMEWORK


class Task(task.Task):
    """A function with its schedule. See `uvsched.contrib.task.Task`."""

    framework = _FRAMEWORK


scheduler = Task.decorator

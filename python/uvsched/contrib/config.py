"""AsynczConfig: a scheduler and its tasks, in the shape that frameworks expect. SchedulerConfig: that shape."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, ClassVar

from .._names import unknown_argument
from ..schedulers import AsyncIOScheduler
from ..schedulers.configuration import SCHEDULER_OPTIONS
from .framework import Framework

__all__ = ["AsynczConfig", "SchedulerConfig"]

_OWN_OPTIONS = {"configurations", "scheduler_class", "shutdown_timeout", "tasks"}


class SchedulerConfig:
    """Base of scheduler configurations, for your own ones too: implement ``start`` and ``shutdown``.

    The framework may call both members more than once (Esmerald, with ``enable_scheduler`` and a lifespan that starts
    the scheduler too: twice each), or ``start`` without any ``shutdown`` (if a lifespan raises).

    Attributes:
        options: the keyword arguments that the subclass did not name.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.options: dict[str, Any] = kwargs

    async def start(self, **kwargs: Any) -> None:
        """Called on the event loop when the application starts."""
        raise NotImplementedError(f"{type(self).__name__} must implement: async def start(self, **kwargs)")

    async def shutdown(self, **kwargs: Any) -> None:
        """Called on the event loop when the application stops."""
        raise NotImplementedError(f"{type(self).__name__} must implement: async def shutdown(self, **kwargs)")

    async def stop(self, **kwargs: Any) -> None:
        """Another name of `shutdown`, which some frameworks call."""
        await self.shutdown(**kwargs)


class AsynczConfig(SchedulerConfig):
    """Makes a scheduler from its arguments and adds the named tasks to it. Opens nothing before ``start``.

    Args:
        scheduler_class: the class of the scheduler; called with ``timezone``, ``global_config`` (if there are
            configurations) and the remaining keyword arguments.
        tasks: name → module: each is a ``Task`` that the decorator left under that name in that module.
        timezone: a zone or its name; the ``timezone`` of the framework's settings unless given.
        configurations: the scheduler's configuration as one dictionary, flat or nested.
        shutdown_timeout: seconds that runs under way have to end at shutdown, before coroutines are cancelled; None: as
            long as they take. A function in a thread can't be cancelled: the process ends after it.
        **kwargs: other arguments of the scheduler: ``stores``, ``executors``, ``task_defaults``, …

    Attributes:
        handler: the scheduler.

    Raises:
        ImproperlyConfigured, the framework's: an argument is wrong, or a task cannot be found or added; the text says
        which and why.
    """

    framework: ClassVar[Framework] = Framework()

    def __init__(
        self,
        scheduler_class: Any = AsyncIOScheduler,
        tasks: Mapping[str, str] | None = None,
        timezone: tzinfo | str | None = None,
        configurations: Mapping[str, Any] | None = None,
        *,
        shutdown_timeout: float | None = 0.25,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        unknown = [name for name in kwargs if name not in SCHEDULER_OPTIONS]
        if scheduler_class is AsyncIOScheduler and unknown:
            error = unknown_argument("AsynczConfig", unknown, SCHEDULER_OPTIONS | _OWN_OPTIONS)
            raise self.framework.error(f"the scheduler cannot be made: {error}")
        self.shutdown_timeout = shutdown_timeout
        self.scheduler_class = scheduler_class
        self.tasks = _checked_tasks(tasks, self.framework.error)
        self.timezone = timezone
        self.configurations = configurations
        if not self.tasks:
            warnings.warn(
                "AsynczConfig has no tasks: its scheduler will have nothing to run; give it tasks={name: module}",
                UserWarning,
                stacklevel=2,
            )
        self.handler: Any = self.get_scheduler(
            scheduler=scheduler_class, timezone=timezone, configurations=configurations, **self.options
        )
        self.register_tasks(self.tasks)

    @property
    def scheduler(self) -> Any:
        """The scheduler, as `handler`."""
        return self.handler

    def register_tasks(self, tasks: Mapping[str, str]) -> None:
        """Adds the tasks that are enabled to the scheduler.

        Raises:
            ImproperlyConfigured, the framework's: one cannot be found or added.
        """
        for name, module in tasks.items():
            task = _find_task(name, module, self.framework.error)
            if task.is_enabled:
                task.add_task(self.handler)

    def get_scheduler(
        self,
        scheduler: Any,
        timezone: tzinfo | str | None = None,
        configurations: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Makes the scheduler; override it to make one of your own.

        Raises:
            ImproperlyConfigured, the framework's: the scheduler refused an argument.
        """
        zone = timezone or self.framework.timezone()
        if zone:
            options["timezone"] = zone
        if configurations:
            options["global_config"] = configurations
        try:
            return scheduler(**options)
        except (LookupError, TypeError, ValueError) as error:
            raise self.framework.error(f"the scheduler cannot be made: {error}") from error

    async def start(self, **kwargs: Any) -> None:
        """Starts the scheduler on the running event loop. Starts are counted: each wants a shutdown."""
        started = self.handler.start(**kwargs)
        if inspect.isawaitable(started):
            await started

    async def shutdown(self, **kwargs: Any) -> None:
        """Shuts the scheduler down and returns when it has stopped; if it was started several times, the last shutdown
        stops it.

        Args:
            **kwargs: the arguments of the scheduler's ``shutdown_async``: ``wait``, and ``timeout`` in place of
                ``shutdown_timeout``. A scheduler without it is shut down by ``shutdown``.
        """
        shutdown_async = getattr(self.handler, "shutdown_async", None)
        if shutdown_async is not None:
            await shutdown_async(**{"timeout": self.shutdown_timeout, **kwargs})
            return
        stopped = self.handler.shutdown(**kwargs)
        if inspect.isawaitable(stopped):
            await stopped


def _checked_tasks(tasks: Mapping[str, str] | None, refused: type[Exception]) -> dict[str, str]:
    """``tasks`` as a dictionary of strings; raises `refused`, which shows the member at fault."""
    if tasks is None:
        return {}
    if not isinstance(tasks, Mapping):
        raise refused(f"tasks must be a dict of name: module, got {tasks!r}")
    for name, module in tasks.items():
        if not isinstance(name, str) or not isinstance(module, str):
            raise refused(f"tasks must be a dict of strings, got {name!r}: {module!r}")
    return dict(tasks)


def _find_task(name: str, module: str, refused: type[Exception]) -> Any:
    """The Task called ``name`` in ``module``, which is imported; raises `refused` if there is none. What the module
    itself raises comes through."""
    where = f"tasks: {name!r} in {module!r}"
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise refused(f"{where}: {error}") from error
    found = getattr(imported, name, None)
    if found is None:
        raise refused(f"{where}: the module has no such name")
    if not callable(getattr(found, "add_task", None)) or not hasattr(found, "is_enabled"):
        raise refused(f"{where}: expected a Task (decorate it with @scheduler), got {found!r}")
    return found

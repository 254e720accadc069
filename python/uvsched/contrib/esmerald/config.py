"""AsynczConfig: a uvsched scheduler and its tasks, in the shape Esmerald's ``scheduler_config`` expects."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from uvsched.contrib.esmerald.base import ImproperlyConfigured, SchedulerConfig, framework_timezone
from uvsched.schedulers import AsyncIOScheduler

__all__ = ["AsynczConfig"]


class AsynczConfig(SchedulerConfig):
    """Makes a scheduler from its arguments and adds the named tasks to it. Opens nothing before ``start``.

    Args:
        scheduler_class: what to make; called with ``timezone``, ``global_config`` (where there are configurations) and
            the remaining keyword arguments.
        tasks: name → module: each is a ``Task`` that the decorator left under that name in that module.
        timezone: a zone or its name; Esmerald's ``settings.timezone`` unless given.
        configurations: the scheduler's configuration as one dictionary, flat or nested.
        shutdown_timeout: seconds that runs under way have to end at shutdown, before coroutines are cancelled; None: as
            long as they take. A function in a thread can't be cancelled: the process ends after it.
        **kwargs: whatever else the scheduler takes: ``stores``, ``executors``, ``task_defaults``, …

    Attributes:
        handler: the scheduler.

    Raises:
        ImproperlyConfigured: an argument is wrong, or a task cannot be found or added; the text says which and why.
    """

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
        self.shutdown_timeout = shutdown_timeout
        self.scheduler_class = scheduler_class
        self.tasks = checked_tasks(tasks)
        self.timezone = timezone
        self.configurations = configurations
        if not self.tasks:
            warnings.warn(
                "AsynczConfig has no tasks: its scheduler will have nothing to run", UserWarning, stacklevel=2
            )
        self.handler: Any = self.get_scheduler(
            scheduler=scheduler_class, timezone=timezone, configurations=configurations, **self.options
        )
        self.register_tasks(self.tasks)

    def register_tasks(self, tasks: Mapping[str, str]) -> None:
        """Adds the tasks that are enabled to the scheduler.

        Raises:
            ImproperlyConfigured: one cannot be found or added.
        """
        for name, module in tasks.items():
            task = find_task(name, module)
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
            ImproperlyConfigured: the scheduler refused an argument.
        """
        zone = timezone or framework_timezone()
        if zone:
            options["timezone"] = zone
        if configurations:
            options["global_config"] = configurations
        try:
            return scheduler(**options)
        except (LookupError, TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"the scheduler cannot be made: {error}") from error

    async def start(self, **kwargs: Any) -> None:
        """Starts the scheduler on the running event loop. Starts are counted: each wants a shutdown."""
        started = self.handler.start(**kwargs)
        if inspect.isawaitable(started):
            await started

    async def shutdown(self, **kwargs: Any) -> None:
        """Shuts the scheduler down and returns when it has stopped; of several starts, the last shutdown does it.

        Args:
            **kwargs: what the scheduler's ``shutdown_async`` takes: ``wait``, and ``timeout`` in place of
                ``shutdown_timeout``. A scheduler without it is shut down by ``shutdown``.
        """
        shutdown_async = getattr(self.handler, "shutdown_async", None)
        if shutdown_async is not None:
            await shutdown_async(**{"timeout": self.shutdown_timeout, **kwargs})
            return
        stopped = self.handler.shutdown(**kwargs)
        if inspect.isawaitable(stopped):
            await stopped


def checked_tasks(tasks: Mapping[str, str] | None) -> dict[str, str]:
    """``tasks`` as a dictionary of strings, or ImproperlyConfigured that shows the member at fault."""
    if tasks is None:
        return {}
    if not isinstance(tasks, Mapping):
        raise ImproperlyConfigured(f"tasks must be a dict of name: module, got {tasks!r}")
    for name, module in tasks.items():
        if not isinstance(name, str) or not isinstance(module, str):
            raise ImproperlyConfigured(f"tasks must be a dict of strings, got {name!r}: {module!r}")
    return dict(tasks)


def find_task(name: str, module: str) -> Any:
    """The Task called ``name`` in ``module``, which is imported. What the module itself raises comes through."""
    where = f"tasks: {name!r} in {module!r}"
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(f"{where}: {error}") from error
    found = getattr(imported, name, None)
    if found is None:
        raise ImproperlyConfigured(f"{where}: the module has no such name")
    if not callable(getattr(found, "add_task", None)) or not hasattr(found, "is_enabled"):
        raise ImproperlyConfigured(f"{where}: expected a Task (decorate it with @scheduler), got {found!r}")
    return found

"""EngineOwner: the engine's handle and what it is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from .. import _core
from ..exceptions import SchedulerAlreadyRunningError, SchedulerForkedError
from ..executors import BaseExecutor
from ..executors.factory import create_executor
from ..stores import BaseStore
from ..stores.factory import create_store
from . import processes
from .configuration import Configuration
from .custom_triggers import CustomTriggers
from .declarations import Declarations


class EngineOwner:
    """Owns the engine's handle, the configuration it is made from and the declarations it is made with.

    A handle belongs to the process that made it: in a forked child the next use makes a new one, from the same
    configuration and declarations.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._stores = configuration.stores
        self._executors = configuration.executors
        self._timezone = configuration.timezone
        self._declarations = Declarations()
        self._functions: dict[str, Callable[..., Any]] = {}
        self._custom_triggers = CustomTriggers()
        self._trigger_names: set[str] = set()
        self._lock = threading.RLock()
        self._engine: _core.Engine | None = None
        self._starts = 0
        self._started_once = False
        self._forked = False
        self._make_engine()  # what the engine refuses is refused here
        processes.watch(self)

    def _make_engine(self) -> _core.Engine:
        with self._lock:
            if self._engine is None:
                configuration = self._configuration
                durable = [alias for alias, store in self._stores.items() if store.durable]
                engine = _core.Engine(configuration.engine_json(), configuration.manual_clock, self._timezone, durable)
                self._declarations.replay(engine)
                self._engine = engine
            return self._engine

    def _usable(self) -> _core.Engine:
        """The engine's handle.

        Raises:
            SchedulerForkedError: it ran when this process was forked off, and has not been started here.
        """
        if self._forked:
            raise SchedulerForkedError
        return self._engine or self._make_engine()

    def _after_fork(self) -> None:
        """In the child of a fork: the handle is the parent's, and so are all threads and the loop."""
        processes.keep(self._engine)
        self._lock = threading.RLock()
        self._forked = self._starts > 0
        self._engine = None
        self._starts = 0
        self._started_once = False
        self._functions = self._declarations.functions
        self._trigger_names = self._declarations.triggers

    def _consumers(self) -> list[tuple[str, BaseExecutor]]:
        """What takes from the engine's queues, by alias: the executors, and who asks custom triggers."""
        return [*self._executors.items(), (_core.TRIGGER_QUEUE, self._custom_triggers)]

    def _at_exit(self) -> None:
        """When the interpreter exits, before it waits for threads."""

    def _at_end(self) -> None:
        """When the interpreter exits and all threads have ended: results may still have to be stored."""

    # ---- Configuration ----

    @property
    def timezone(self) -> tzinfo:
        """The zone of naive times, and of the datetimes that are given back."""
        return self._timezone

    @property
    def identity(self) -> str:
        """The name of this scheduler in the ledger; "" when host and process id stand for it."""
        return self._configuration.identity

    @property
    def stores(self) -> Mapping[str, BaseStore]:
        """alias → store."""
        return dict(self._stores)

    @property
    def executors(self) -> Mapping[str, BaseExecutor]:
        """alias → executor."""
        return dict(self._executors)

    @property
    def task_defaults(self) -> Mapping[str, Any]:
        """What tasks get that do not say otherwise."""
        return dict(self._configuration.task_defaults)

    @property
    def lock_path(self) -> str:
        """As given; it has no effect, because claims are atomic in the store."""
        return self._configuration.lock_path

    def add_executor(self, executor: BaseExecutor | str, alias: str = "default", **executor_options: Any) -> None:
        """Adds an executor under a free alias, or under "default" when none was given for it.

        Raises:
            SchedulerAlreadyRunningError: the scheduler has been started before. ValueError: the alias is taken.
        """
        self._add_part("executor", self._executors, create_executor(executor, executor_options, "executor"), alias)

    def add_store(self, store: BaseStore | str, alias: str = "default", **store_options: Any) -> None:
        """Adds a store under a free alias, or under "default" when none was given for it.

        Raises:
            SchedulerAlreadyRunningError: the scheduler has been started before. ValueError: the alias is taken.
        """
        self._add_part("store", self._stores, create_store(store, store_options, "store"), alias)

    def _add_part(self, what: str, parts: dict[str, Any], part: Any, alias: str) -> None:
        defaulted = self._configuration.defaulted
        with self._lock:
            if self._started_once:
                raise SchedulerAlreadyRunningError(
                    detail=f"{what} {alias!r} can only be added before the first start()"
                )
            if alias in parts and (what, alias) not in defaulted:
                raise ValueError(f"alias: there is {what} {alias!r} already")
            old, engine = dict(parts), self._engine
            parts[alias] = part
            self._engine = None
            try:
                self._make_engine()
            except BaseException:
                parts.clear()
                parts.update(old)
                self._engine = engine
                raise
            defaulted.discard((what, alias))

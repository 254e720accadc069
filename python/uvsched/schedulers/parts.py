"""Parts: stores and executors come and go."""

from __future__ import annotations

import json
from typing import Any

from .._parts import plain
from ..events.constants import EXECUTOR_ADDED, EXECUTOR_REMOVED, STORE_ADDED, STORE_REMOVED
from ..executors import BaseExecutor
from ..stores import BaseStore
from .aliases import found
from .announcements import Announcements
from .configuration import Configuration
from .declarations import Declarations
from .driver import Driver
from .engine_handle import EngineHandle
from .event_feed import EventFeed


class Parts:
    """Adds and removes the parts of a scheduler. Until its first start the engine is made anew with them; afterwards it
    takes them as it is. Thread-safe."""

    def __init__(
        self,
        configuration: Configuration,
        handle: EngineHandle,
        declarations: Declarations,
        feed: EventFeed,
        announcements: Announcements,
        driver: Driver,
    ) -> None:
        self._configuration = configuration
        self._handle = handle
        self._declarations = declarations
        self._feed = feed
        self._announcements = announcements
        self._driver = driver

    def add_executor(self, executor: BaseExecutor, alias: str, owner: Any) -> None:
        """See BaseScheduler.add_executor.

        Args:
            owner: the scheduler.
        """
        executors = self._configuration.executors
        self._configuration.check_executor(executor, alias)
        with self._handle.held():
            if self._declarations.open:
                self._handle.add_part("executor", executors, executor, alias)
            else:
                _check_free("executor", alias, executors)
                engine = self._handle.usable()
                executor.belongs_to(owner)
                engine.add_queue(alias)
                try:
                    self._driver.attach(alias, executor)
                except BaseException:
                    engine.remove_queue(alias)
                    raise
                executors[alias] = executor
        self._announcements.part(EXECUTOR_ADDED, alias)

    def remove_executor(self, alias: str, shutdown: bool) -> None:
        """See BaseScheduler.remove_executor."""
        executors = self._configuration.executors
        with self._handle.held():
            if self._declarations.open:
                self._handle.remove_part("executor", executors, alias)
            else:
                executor = found("executor", alias, executors)
                self._handle.usable().remove_queue(alias)
                del executors[alias]
                self._declarations.removed_users(alias)
                if shutdown:
                    self._driver.detach(executor)
        self._announcements.part(EXECUTOR_REMOVED, alias)

    def add_store(self, store: BaseStore, alias: str) -> None:
        """See BaseScheduler.add_store."""
        stores = self._configuration.stores
        with self._handle.held():
            if self._declarations.open:
                self._handle.add_part("store", stores, store, alias)
            else:
                _check_free("store", alias, stores)
                settings = json.dumps(plain(store.settings(), f"stores.{alias}"))
                store.prepare()
                self._handle.usable().add_store(alias, settings, store.durable)
                stores[alias] = store
                self._feed.subscribe()
        self._announcements.part(STORE_ADDED, alias)

    def remove_store(self, alias: str) -> None:
        """See BaseScheduler.remove_store."""
        stores = self._configuration.stores
        with self._handle.held():
            if self._declarations.open:
                self._handle.remove_part("store", stores, alias)
            else:
                found("store", alias, stores)
                self._handle.usable().remove_store(alias)
                del stores[alias]
                self._declarations.removed_all(alias)
                self._announcements.all_removed(alias)
        self._announcements.part(STORE_REMOVED, alias)


def _check_free(what: str, alias: str, parts: dict[str, Any]) -> None:
    if alias in parts:
        raise ValueError(f"alias: {what} {alias!r} exists already")

"""EngineHandle: the engine of a scheduler, and the process that it belongs to."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from .. import _core
from .. import _errors as _errors  # for the extension, which may raise errors when no descriptor is left to import it
from ..exceptions import SchedulerAlreadyRunningError, SchedulerForkedError, UnsupportedError
from . import loop_calls, processes
from .aliases import found
from .configuration import Changes, Configuration
from .declarations import Declarations

_numbers = itertools.count(1)


class EngineHandle:
    """Owns the engine, which it makes of a configuration and of what was declared. Thread-safe.

    An engine belongs to the process that made it: in a forked child the next use makes a new one.

    Args:
        visits: the engine is a visitor of its stores.

    Attributes:
        identity: the name in the ledger: the one that was given, else kind, host, process id and a number of its own.
        forked: whether the scheduler ran when this process was forked off, and has not been started here.

    Raises:
        TypeError, ValueError, LookupError: the engine refuses the configuration.
    """

    def __init__(self, kind: str, configuration: Configuration, declarations: Declarations, visits: bool) -> None:
        self._kind = kind
        self._visits = visits
        self._number = next(_numbers)
        self._configuration = configuration
        self._declarations = declarations
        self._lock = threading.RLock()
        self.identity = self._name()
        self.forked = False
        self._engine: _core.Engine | None = None
        self._make()

    def held(self) -> AbstractContextManager[None]:
        """Holds its lock: while the scheduler is started, while a start is taken back, and while the engine is made or
        exchanged. Its holder may wait for a loop."""
        return loop_calls.held(self._lock)

    def usable(self) -> _core.Engine:
        """The engine.

        Raises:
            SchedulerForkedError: the scheduler runs in the parent process.
        """
        if self.forked:
            raise SchedulerForkedError
        return self._engine or self._make()

    @property
    def made(self) -> _core.Engine | None:
        """The engine, if this process has made it."""
        return self._engine

    def _make(self) -> _core.Engine:
        with self.held():
            if self._engine is None:
                configuration = self._configuration
                durable = {alias: store.durable for alias, store in configuration.stores.items()}
                engine = _core.Engine(
                    configuration.engine_json(self._name()),
                    configuration.manual_clock,
                    configuration.timezone,
                    [alias for alias, lasts in durable.items() if lasts],
                    configuration.own_threads,
                    self._visits,
                )
                self._declarations.replay(engine, durable)
                self._engine = engine
            return self._engine

    def advance(self, micros: int) -> None:
        """Moves the manual clock forward.

        Raises:
            UnsupportedError: there is none.
        """
        if self._configuration.manual_clock is None:
            raise UnsupportedError(
                detail="advance: the scheduler uses the system's clock; one that was given manual_clock=, a datetime, "
                "has a clock that moves"
            )
        self.usable().advance(micros)

    def add_part(self, what: str, parts: dict[str, Any], part: Any, alias: str) -> None:
        """Adds a store or an executor (`what`) to those of the configuration (`parts`), before the first start.

        Raises:
            ValueError: the alias is taken.
        """
        defaulted = self._configuration.defaulted

        def add() -> None:
            if alias in parts and (what, alias) not in defaulted:
                raise ValueError(f"alias: {what} {alias!r} exists already")
            parts[alias] = part
            defaulted.discard((what, alias))

        self._exchange(add, f"{what} {alias!r} can only be added before the first start()")

    def remove_part(self, what: str, parts: dict[str, Any], alias: str) -> None:
        """Removes a store or an executor (`what`) from those of the configuration (`parts`), before the first start.

        Raises:
            LookupError: there is no such part. ValueError: a task that was added needs it, or the engine does.
        """

        def remove() -> None:
            found(what, alias, parts)
            users = self._declarations.users(alias)
            if users:
                raise ValueError(f"alias: {what} {alias!r} is used by {len(users)} task(s), such as {users[0]!r}")
            del parts[alias]

        self._exchange(remove, f"{what} {alias!r} can only be removed before the first start()")

    def configure(self, changes: Changes) -> None:
        """Changes the configuration.

        Raises:
            SchedulerAlreadyRunningError: the scheduler has been started before. TypeError, ValueError, LookupError: the
            engine refuses the configuration.
        """
        self._exchange(
            lambda: changes.apply(self._configuration), "the scheduler can only be configured before the first start()"
        )
        self.identity = self._name()

    def _exchange(self, change: Callable[[], None], refusal: str) -> None:
        """Changes the configuration: another engine takes the place of this one, with all that was declared. On failure
        all is as it was."""
        configuration = self._configuration
        with self.held():
            if not self._declarations.open:
                raise SchedulerAlreadyRunningError(detail=refusal)
            engine = self._engine
            old, declared = configuration.copied(), self._declarations.copied()
            self._engine = None
            try:
                change()
                self._make()
            except BaseException:
                configuration.restore(old)
                self._declarations.restore(declared)
                self._engine = engine
                raise

    def after_fork(self, ran: bool) -> None:
        """In the child of a fork: engine and lock are the parent's.

        Args:
            ran: whether the scheduler ran in the parent.
        """
        processes.keep(self._engine)
        self._lock = threading.RLock()
        self.identity = self._name()
        self.forked = ran
        self._engine = None

    def _name(self) -> str:
        """The name in the ledger."""
        given = self._configuration.identity
        return given or f"{self._kind}-{os.uname().nodename}-{os.getpid()}-{self._number}"

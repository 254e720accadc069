"""Declarations: the tasks and functions that were added before start, to be told to an engine that is made anew."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .._core import Engine

Key = tuple[str, str]
"""A task: alias of its store, and id."""


class Added(NamedTuple):
    """A task that was added by Engine.add_task(*call).

    Attributes:
        durable: whether the call is made for a store that outlives the process.
        request: what was asked for: function, trigger and options.
    """

    call: tuple[Any, ...]
    durable: bool
    request: tuple[Any, ...]


class Declarations:
    """The calls that declared tasks and functions, in order. They are noted while it is open: adding to a running
    scheduler declares nothing. Guarded by the engine handle's lock, or the GIL for single steps.

    Attributes:
        open: whether the scheduler has not been started yet in this process.
        teller: the method that adds a task to an engine, as it was asked for, and declares it. Gives its key.
    """

    def __init__(self) -> None:
        self.open = True
        self.teller: weakref.WeakMethod[Callable[..., tuple[Key, int]]] | None = None
        self._functions: dict[str, Callable[..., Any]] = {}
        self._triggers: set[str] = set()
        self._added: dict[Key, Added] = {}
        self._changes: dict[Key, list[tuple[str, tuple[Any, ...]]]] = {}
        self._renamed: dict[Key, Key] = {}

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that were registered, by name."""
        return dict(self._functions)

    @property
    def triggers(self) -> set[str]:
        """The classes of custom triggers that were registered, by name."""
        return set(self._triggers)

    @property
    def names(self) -> list[str]:
        """The functions of the tasks that were added, without their modules."""
        return [added.call[0].rpartition(":")[2] for added in self._added.values()]

    def users(self, alias: str) -> list[str]:
        """The ids of the tasks that were added with this store or executor."""
        return [id for (_, id), added in self._added.items() if alias in added.call[6:8]]

    def key(self, key: Key) -> Key:
        """What has become of the key of a task that was given no id: it gets another one in a store of another sort."""
        while key in self._renamed:
            key = self._renamed[key]
        return key

    def reference(self, key: Key) -> str | None:
        """The name of a task's function as it was declared; None for a task that was not."""
        added = self._added.get(key)
        return None if added is None else added.call[0]

    def next_run_time(self, key: Key) -> int | None:
        """The first run that a declared task was given explicitly; None: its trigger decides."""
        added = self._added.get(key)
        options = [] if added is None else [added.call[8]]
        options += [change[-1] for method, change in self._changes.get(key, ()) if method == "update_task"]
        given = [option["next_run_time"] for option in options if option and "next_run_time" in option]
        return given[-1] if given else None

    def function(self, name: str, fn: Callable[..., Any]) -> None:
        """A function was registered."""
        if self.open:
            self._functions[name] = fn

    def trigger(self, name: str) -> None:
        """A class of custom triggers was registered."""
        if self.open:
            self._triggers.add(name)

    def added(self, key: Key, added: Added) -> None:
        """A task was added."""
        if self.open:
            self._added[key] = added
            if self._changes:
                self._changes.pop(key, None)

    def changed(self, key: Key, method: str, call: tuple[Any, ...]) -> None:
        """A declared task was changed by an engine's method."""
        if self.open and key in self._added:
            self._changes.setdefault(key, []).append((method, call))

    def removed(self, key: Key) -> None:
        """A task was deleted, now or while the scheduler ran."""
        self._added.pop(key, None)
        self._changes.pop(key, None)

    def removed_all(self, store: str | None) -> None:
        """All tasks of a store (None: of all stores) were deleted."""
        for key in [key for key in self._added if store is None or key[0] == store]:
            self.removed(key)

    def removed_users(self, executor: str) -> None:
        """An executor was removed: the engine of a forked child, which has not got it, is told nothing of its tasks."""
        for key in [key for key, added in self._added.items() if added.call[7] == executor]:
            self.removed(key)

    def replay(self, engine: Engine, durable: Mapping[str, bool]) -> None:
        """Declares all of it to a new engine. Where a store outlives the process and the one of its alias did not, or
        the other way round, its tasks are added again.

        Args:
            durable: the engine's stores, by alias.

        Raises:
            TypeError, ValueError: a task cannot be in the store of its alias.
        """
        for name, fn in self._functions.items():
            engine.register(name, fn)
        for name in sorted(self._triggers):
            engine.register_trigger(name)
        for key, added in list(self._added.items()):
            changes = self._changes.get(key, ())
            if durable.get(key[0], added.durable) == added.durable:
                engine.add_task(*added.call)
                for method, arguments in changes:
                    getattr(engine, method)(*arguments)
                continue
            if changes:
                raise ValueError(
                    f"store {key[0]!r}: task {key[1]!r} was changed after it was added to a store of another sort; add "
                    "the store before the task"
                )
            teller = None if self.teller is None else self.teller()
            assert teller is not None, "who added the task is there"
            del self._added[key]
            told, _ = teller(engine, *added.request)
            self._renamed.pop(told, None)
            if told != key:
                self._renamed[key] = told

    def copied(self) -> list[dict[Any, Any]]:
        """What replay() may change."""
        return [dict(self._functions), dict(self._added), dict(self._renamed)]

    def restore(self, copies: list[dict[Any, Any]]) -> None:
        """Takes back what replay() changed."""
        self._functions, self._added, self._renamed = copies

"""Declarations: what was added before start, so that an engine can be made anew (in a forked child, or for another
store)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._core import Engine

Key = tuple[str, str]
"""A task: alias of its store, and id."""


class Declarations:
    """The calls that declared tasks and functions, in order. Guarded by the scheduler's lock, or the GIL for single
    steps."""

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = {}
        self._triggers: set[str] = set()
        self._added: dict[Key, tuple[Any, ...]] = {}
        self._changes: dict[Key, list[tuple[str, tuple[Any, ...]]]] = {}

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that were registered, by name."""
        return dict(self._functions)

    @property
    def triggers(self) -> set[str]:
        """The classes of custom triggers that were registered, by name."""
        return set(self._triggers)

    def function(self, name: str, fn: Callable[..., Any]) -> None:
        """A function was registered."""
        self._functions[name] = fn

    def trigger(self, name: str) -> None:
        """A class of custom triggers was registered."""
        self._triggers.add(name)

    def added(self, key: Key, call: tuple[Any, ...]) -> None:
        """A task was added by Engine.add(*call)."""
        self._added[key] = call
        if self._changes:
            self._changes.pop(key, None)

    def changed(self, key: Key, method: str, call: tuple[Any, ...]) -> None:
        """A declared task was changed by an engine's method."""
        if key in self._added:
            self._changes.setdefault(key, []).append((method, call))

    def removed(self, key: Key) -> None:
        """A task was deleted."""
        self._added.pop(key, None)
        self._changes.pop(key, None)

    def removed_all(self, store: str | None) -> None:
        """All tasks of a store (None: of all stores) were deleted."""
        for key in [key for key in self._added if store is None or key[0] == store]:
            self.removed(key)

    def replay(self, engine: Engine) -> None:
        """Declares all of it to a new engine."""
        for name, fn in self._functions.items():
            engine.register(name, fn)
        for name in sorted(self._triggers):
            engine.register_trigger(name)
        for key, call in self._added.items():
            engine.add(*call)
            for method, arguments in self._changes.get(key, ()):
                getattr(engine, method)(*arguments)

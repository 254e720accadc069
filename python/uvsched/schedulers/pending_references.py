"""PendingReferences: names of functions that could not be checked while their modules were being executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._references import check_reference
from .declarations import Key


class PendingReferences:
    """The names that start() has to check. Guarded by the GIL."""

    def __init__(self) -> None:
        self._pending: dict[Key, tuple[Callable[..., Any], str]] = {}

    def add(self, key: Key, fn: Callable[..., Any], reference: str) -> None:
        """A task's function is to be found by this name, which is not bound yet."""
        self._pending[key] = (fn, reference)

    def removed(self, key: Key) -> None:
        """A task was deleted."""
        self._pending.pop(key, None)

    def removed_all(self, store: str | None) -> None:
        """All tasks of a store (None: of all stores) were deleted."""
        self._pending = {key: value for key, value in self._pending.items() if store not in (None, key[0])}

    def check(self) -> None:
        """Checks them.

        Raises:
            ValueError: a name does not lead to its function; naming the task.
        """
        for (_, task_id), (fn, reference) in self._pending.items():
            check_reference(fn, reference, f"task {task_id!r}")
        self._pending.clear()


def leads_back(given: Callable[..., Any] | str, fn: Callable[..., Any], reference: str) -> bool:
    """Checks that other processes find a function by its name. False if only start() can tell.

    Raises:
        ValueError: they do not; the text says why, and what to do.
    """
    return isinstance(given, str) or check_reference(fn, reference)

"""Finds stores and executors by alias, and tasks by id or Task object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from .._names import near_name
from ..exceptions import UvschedLookupError
from ..tasks import Task

T = TypeVar("T")


def found(what: str, alias: str, parts: Mapping[str, T]) -> T:
    """The store or executor (`what`) of this alias.

    Raises:
        UvschedLookupError: there is none.
    """
    part = parts.get(alias)
    if part is None:
        raise unknown_alias(what, alias, parts)
    return part


def unknown_alias(what: str, alias: str, known: Iterable[str]) -> UvschedLookupError:
    """The error for an alias of a store or an executor that the scheduler does not have."""
    names = sorted(known)
    near = near_name(alias, names)
    meant = f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"
    return UvschedLookupError(f"{what}: there is no {what} {alias!r} ({meant})")


def check_store(alias: str | None, stores: Mapping[str, Any]) -> None:
    """Raises UvschedLookupError for the alias of a store that the scheduler does not have; None means all stores."""
    if alias is not None and alias not in stores:
        raise unknown_alias("store", alias, stores)


def key_of(task: Task | str, store: str | None, stores: Mapping[str, Any]) -> tuple[str, str | None]:
    """Id and store of a task; its store is None where any may have it.

    Raises:
        TypeError: it is neither a task nor an id. UvschedLookupError: there is no such store.
    """
    if isinstance(task, Task):
        return task.id, store or task.store_alias
    if not isinstance(task, str):
        raise TypeError(f"task_id: expected a task or its id, not {type(task).__name__}")
    check_store(store, stores)
    return task, store

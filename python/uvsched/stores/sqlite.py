"""SQLiteStore: tasks and the ledger of their runs in a SQLite file."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, ClassVar

from .._time import span_to_micros
from .base import BaseStore


class SQLiteStore(BaseStore):
    """Keeps tasks and the ledger of their runs in a SQLite file, which survives kill -9 and power loss.

    One process at a time uses the file; it is made with mode 0600 when it is not there. Functions are stored by
    reference (`module:qualname`), arguments as JSON.

    Args:
        path: the file. Relative: to the working directory at the moment of the scheduler's start.
        retention_age: how long ended runs are kept, as timedelta or seconds. None: the engine's default; 0: for ever.
        retention_per_task: how many ended runs are kept of each task. None: the engine's default; 0: all.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("path", "retention_age", "retention_per_task")

    alias: ClassVar[str] = "sqlite"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
    ) -> None:
        text = os.fspath(path)
        if not isinstance(text, str):
            raise TypeError(f"path: expected text or a path, not {type(text).__name__}")
        if not text:
            raise ValueError("path: it is empty")
        self.path = text
        self.retention_age = None if retention_age is None else span_to_micros(retention_age, "retention_age")
        self.retention_per_task = retention_per_task

    def settings(self) -> dict[str, Any]:
        members: dict[str, Any] = {"type": "sqlite", "path": self.path}
        if self.retention_age is not None:
            members["retention_age"] = self.retention_age / 1_000_000
        if self.retention_per_task is not None:
            members["retention_per_task"] = self.retention_per_task
        return members

    def __repr__(self) -> str:
        return f"SQLiteStore({self.path!r})"

"""SQLiteStore: tasks and the ledger of their runs in a SQLite file."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any, ClassVar, Literal

from .. import _core
from .._names import with_hints
from .._text import utf8
from .._time import span_to_micros
from .base import BaseStore
from .privacy import why_shared


class SQLiteStore(BaseStore):
    """Keeps tasks and the ledger of their runs in a SQLite file, which survives kill -9 and power loss.

    If only the process's user can write the file (it and the folders above it belong to that user or to root, and are
    writable by nobody else, or sticky like /tmp), a stored task's function is imported by its name when this process
    has not added it; see `trusted_modules` of the scheduler.

    Several processes may share the file: each due time runs in one of them, and what a killed process had claimed, the
    others run. If the file does not exist, it is made with mode 0600. Functions are stored by
    reference (`module:qualname`), arguments as JSON.

    While the file is open, the store checks its names before each commit. If the file was removed or replaced, nothing
    more is written and no run starts; a STORE_ERROR event says so, and `on_file_lost` chooses what follows.

    Args:
        path: the file. A relative path starts at the working directory at the moment of the scheduler's start.
        retention_age: how long ended runs are kept, as timedelta or seconds. None: the engine's default; 0: for ever.
        retention_per_task: how many ended runs are kept for each task. None: the engine's default; 0: all.
        synchronous: "full": each commit is synced to the disk. "normal": the last seconds may be lost in a power cut.
        lease: how long a process may be silent (stopped, or hung as a whole) before the others take over its runs, as
            timedelta or seconds, 1 to 600. The first process to open the file sets it for all.
        on_file_lost: "stop": the scheduler stops, as after shutdown(), and may be started again. "reopen": the store
            opens the file that is now at the path, or makes a new one, with the tasks that were added before start();
            tasks that were added later, and the ledger, are gone with the file.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("lease", "on_file_lost", "path", "retention_age", "retention_per_task", "synchronous")

    alias: ClassVar[str] = "sqlite"

    @with_hints
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
        synchronous: Literal["full", "normal"] = "full",
        lease: timedelta | float = 10,
        on_file_lost: Literal["stop", "reopen"] = "stop",
    ) -> None:
        text = os.fspath(path)
        if not isinstance(text, str):
            raise TypeError(f"path: expected a string or a path, not {type(text).__name__}")
        if not text:
            raise ValueError("path: it is empty")
        if "://" in text and not text.startswith("sqlite:///"):
            # Not repeated: it may hold a password.
            raise ValueError("path: this is a URL, not a file; write a path, or sqlite:////PATH for an absolute one")
        if synchronous not in ("full", "normal"):
            raise ValueError(f"synchronous: {synchronous!r} is neither 'full' nor 'normal'")
        if on_file_lost not in ("stop", "reopen"):
            raise ValueError(f"on_file_lost: {on_file_lost!r} is neither 'stop' nor 'reopen'")
        self.path = utf8(text, "path")
        self.retention_age = None if retention_age is None else span_to_micros(retention_age, "retention_age")
        self.retention_per_task = retention_per_task
        self.synchronous = synchronous
        self.lease = span_to_micros(lease, "lease")
        if not 1_000_000 <= self.lease <= 600_000_000:
            raise ValueError(f"lease: {lease!r} is not between 1 and 600 seconds")
        self.on_file_lost = on_file_lost

    @property
    def declares_again(self) -> bool:
        return self.on_file_lost == "reopen"

    @property
    def file(self) -> str:
        """The path of the file, as the engine reads `path`, which may be a URL.

        Raises:
            ValueError: it is not the path of a file.
        """
        read = json.loads(_core.read_configuration(json.dumps({"stores": {"default": self.settings()}})))
        return str(read["stores"]["default"]["path"])

    def why_shared(self) -> str | None:
        return why_shared(self.file)

    def settings(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "type": "sqlite",
            "path": self.path,
            "synchronous": self.synchronous,
            "lease": self.lease / 1_000_000,
            "on_file_lost": self.on_file_lost,
        }
        if self.retention_age is not None:
            members["retention_age"] = self.retention_age / 1_000_000
        if self.retention_per_task is not None:
            members["retention_per_task"] = self.retention_per_task
        return members

    def __repr__(self) -> str:
        return f"SQLiteStore({self.path!r})"

"""The rows of a store's file, by SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from .options import CommandError

_SCHEMA = 3  # of files whose tables are those of this version


class FileRows:
    """An open file, which has this path."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.place = path
        self._connection = connection

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds."""
        return self._connection.execute(query, values)

    @property
    def current(self) -> bool:
        """Whether its tables are those of this version."""
        return bool(next(self.rows("SELECT schema FROM meta"))[0] >= _SCHEMA)

    def require_current(self) -> None:
        """For what the tables of earlier versions do not tell.

        Raises:
            CommandError: its tables are those of one.
        """
        if not self.current:
            raise CommandError(
                f"{self.place}: an earlier version of uvsched wrote the file; the next start of a scheduler brings it "
                "up to date"
            )

    def renew(self) -> None:
        """Looks at what the file is now; until then it is as it was at one moment."""
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN")

"""PostgreSQLStore: tasks and the ledger of their runs on a PostgreSQL server."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from .._text import utf8
from .._time import span_to_micros
from .base import BaseStore

# What is behind the last "@" of a password, or in an option, is not taken for a host: then there is no match.
_PLACE = re.compile(r"postgres(?:ql)?://(?:[^?]*@)?([^?@]*)(?:\?[^@]*)?\Z")


class PostgreSQLStore(BaseStore):
    """Keeps tasks and the ledger of their runs on a PostgreSQL server, 13 or newer, for processes on any number of
    machines.

    Each due time runs in one of the processes that share the store, by the server's clock. What a killed process had
    claimed, the others run when its lease is over. A stored task's function is called only if this process has added it
    or its module is among the scheduler's `trusted_modules`: others may write to the server. So a task that is added
    while the scheduler runs is refused if its function is neither trusted nor that of a task which was added before
    start().

    The tables are in a schema of their own, which is made when the store is first opened. A process takes two
    connections.

    Args:
        url: "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"; any part may be missing, and be given as `parameters` or
            by libpq's environment variables (PGHOST, PGPASSWORD and so on). In a user or a password, write all but
            letters and digits as %XX.
        schema: the schema with the tables.
        lease: how long a process may be silent before the others take over its runs, as timedelta or seconds, 1 to 600.
            The first process to open the store sets it for all.
        on_store_lost: "stop": the scheduler stops if the tables are gone, or are those of another store. "reopen": the
            store is opened anew, with the tasks that were added before start().
        retention_age: how long ended runs are kept, as timedelta or seconds. None: the engine's default; 0: for ever.
        retention_per_task: how many ended runs are kept for each task. None: the engine's default; 0: all.
        parameters: "user", "password", "host", "port", "database", and every other parameter of libpq ("sslmode",
            "sslrootcert", "target_session_attrs" and so on). The scheduler that gets the store refuses unknown ones.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_parameters", "_url", "lease", "on_store_lost", "retention_age", "retention_per_task", "schema")

    alias: ClassVar[str] = "postgresql"
    networked: ClassVar[bool] = True

    def __init__(
        self,
        url: str | None = None,
        *,
        schema: str = "uvsched",
        lease: timedelta | float = 10,
        on_store_lost: Literal["stop", "reopen"] = "stop",
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
        **parameters: str | int,
    ) -> None:
        if url is not None and not isinstance(url, str):
            raise TypeError(f"url: expected a string, not {type(url).__name__}")
        if url is not None and not url.startswith(("postgresql:", "postgres:")):
            # Not repeated: it may hold a password.
            raise ValueError("url: not a URL of this store; write postgresql://HOST/DATABASE")
        if on_store_lost not in ("stop", "reopen"):
            raise ValueError(f"on_store_lost: {on_store_lost!r} is neither 'stop' nor 'reopen'")
        self._url = None if url is None else utf8(url, "url")
        self._parameters = {name: _parameter(name, value) for name, value in parameters.items()}
        self.schema = utf8(schema, "schema")
        self.lease = span_to_micros(lease, "lease")
        if not 1_000_000 <= self.lease <= 600_000_000:
            raise ValueError(f"lease: {lease!r} is not between 1 and 600 seconds")
        self.on_store_lost = on_store_lost
        self.retention_age = None if retention_age is None else span_to_micros(retention_age, "retention_age")
        self.retention_per_task = retention_per_task

    @property
    def place(self) -> str:
        return f"{self._server}?schema={quote(self.schema, safe='')}"

    @property
    def _server(self) -> str:
        """The URL of the database, without user, password and options."""
        found = _PLACE.match(self._url or "")
        if found is not None:
            return f"postgresql://{found[1]}"
        given = self._parameters.get
        port = f":{given('port')}" if given("port") else ""
        return f"postgresql://{given('host', '')}{port}/{given('database', '')}"

    @property
    def declares_again(self) -> bool:
        return self.on_store_lost == "reopen"

    def settings(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "type": "postgresql",
            "schema": self.schema,
            "lease": self.lease / 1_000_000,
            "on_store_lost": self.on_store_lost,
            **self._parameters,
        }
        if self._url is not None:
            members["url"] = self._url
        if self.retention_age is not None:
            members["retention_age"] = self.retention_age / 1_000_000
        if self.retention_per_task is not None:
            members["retention_per_task"] = self.retention_per_task
        return members

    def __repr__(self) -> str:
        """Without user, password and options."""
        return f"PostgreSQLStore({self._server!r}, schema={self.schema!r})"


def _parameter(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"{name}: expected a string, not {type(value).__name__}")
    return utf8(str(value), name)

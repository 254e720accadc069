"""RedisStore: tasks and the ledger of their runs on a Redis server."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar, Literal

from .._names import with_hints
from .._text import utf8
from .._time import span_to_micros
from .asyncz_options import warn_of_pickle_protocol
from .base import BaseStore

_PLACE = re.compile(r"redis://(?:.*@)?([^?@]*)", re.DOTALL)


class RedisStore(BaseStore):
    """Keeps tasks and the ledger of their runs on a Redis server, 6.2 or newer, for processes on any number of hosts.

    Each due time runs in one of the processes that share the store, by the server's clock. What a killed process had
    claimed, the others run when its lease is over. A stored task's function is called only if this process has added it
    or its module is among the scheduler's `trusted_modules`: others may write to the server.

    What is kept when the server or its machine ends, its settings say: set `appendonly yes`, and `appendfsync always`
    if there are tasks with on_crash="mark_lost". A process takes three connections.

    Args:
        database: the number of the database; or a client of redis-py (`redis.Redis`, `redis.asyncio.Redis`), whose
            address and credentials are used. The client itself is not.
        tasks_key: what tells stores on one server apart, as in asyncz; the default is the prefix "uvsched".
        run_times_key: for asyncz's sake.
        pickle_protocol: accepted for asyncz's sake; nothing is pickled.
        url: "redis://USER:PASSWORD@HOST:PORT/DATABASE"; any part may be missing, or be given beside it. In a user or a
            password, write all but letters and digits as %XX.
        host, port: "localhost" and 6379 if not given.
        username, password: the server's; a password alone is that of its user "default".
        socket: the path of the server's socket, in the place of host and port.
        prefix: all keys begin with it, in braces: they are on one server of a cluster.
        lease: how long a process may be silent before the others take over its runs, as timedelta or seconds, 1 to 600.
            The first process to open the store sets it for all.
        on_store_lost: "stop": the scheduler stops if the keys are gone, or are those of another store. "reopen": the
            store is opened anew, with the tasks that were added before start().
        retention_age: how long ended runs are kept, as timedelta or seconds. None: the engine's default; 0: for ever.
        retention_per_task: about how many ended runs are kept for each task. None: the engine's default; 0: all.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_parameters", "lease", "on_store_lost", "retention_age", "retention_per_task")

    alias: ClassVar[str] = "redis"
    networked: ClassVar[bool] = True

    @with_hints
    def __init__(
        self,
        database: Any = 0,
        tasks_key: str = "asyncz.tasks",
        run_times_key: str = "asyncz.run_times",
        pickle_protocol: int | None = 5,
        *,
        url: str | None = None,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        socket: str | None = None,
        prefix: str | None = None,
        lease: timedelta | float = 10,
        on_store_lost: Literal["stop", "reopen"] = "stop",
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
    ) -> None:
        warn_of_pickle_protocol(pickle_protocol, stacklevel=3)  # of with_hints
        given: dict[str, Any] = {
            "url": url,
            "host": host,
            "username": username,
            "password": password,
            "socket": socket,
            "prefix": prefix,
            "tasks_key": None if tasks_key == "asyncz.tasks" else tasks_key,
            "run_times_key": None if run_times_key == "asyncz.run_times" else run_times_key,
        }
        for name, value in given.items():
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name}: expected a string, not {type(value).__name__}")
        if url is not None and not url.startswith("redis:"):
            # Not repeated: it may hold a password.
            more = "; TLS is not supported, use a tunnel" if url.startswith("rediss:") else ""
            raise ValueError(f"url: not a URL of this store; write redis://HOST:PORT/DATABASE{more}")
        parameters: dict[str, Any] = {name: utf8(value, name) for name, value in given.items() if value is not None}
        for name, number in (("port", port), ("database", database)):
            if number is None or (name == "database" and number == 0):
                continue
            if name == "database" and not isinstance(number, (int, str)):
                parameters.update(_address_of(number))
                continue
            if isinstance(number, bool) or not isinstance(number, int):
                raise TypeError(f"{name}: expected a whole number, not {type(number).__name__}")
            parameters[name] = number
        if on_store_lost not in ("stop", "reopen"):
            raise ValueError(f"on_store_lost: {on_store_lost!r} is neither 'stop' nor 'reopen'")
        self._parameters = parameters
        self.lease = span_to_micros(lease, "lease")
        if not 1_000_000 <= self.lease <= 600_000_000:
            raise ValueError(f"lease: {lease!r} is not between 1 and 600 seconds")
        self.on_store_lost = on_store_lost
        self.retention_age = None if retention_age is None else span_to_micros(retention_age, "retention_age")
        self.retention_per_task = retention_per_task

    @property
    def declares_again(self) -> bool:
        return self.on_store_lost == "reopen"

    def settings(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "type": "redis",
            "lease": self.lease / 1_000_000,
            "on_store_lost": self.on_store_lost,
            **self._parameters,
        }
        if self.retention_age is not None:
            members["retention_age"] = self.retention_age / 1_000_000
        if self.retention_per_task is not None:
            members["retention_per_task"] = self.retention_per_task
        return members

    def __repr__(self) -> str:
        """Without user, password and options."""
        found = _PLACE.match(self._parameters.get("url", ""))
        if found:
            return f"RedisStore(url='redis://{found[1]}')"
        place = {
            name: self._parameters[name] for name in ("host", "port", "socket", "database") if name in self._parameters
        }
        return f"RedisStore({', '.join(f'{name}={value!r}' for name, value in place.items())})"


def _address_of(client: Any) -> dict[str, Any]:
    """Where a client of redis-py connects to, and as whom."""
    pool = getattr(client, "connection_pool", None)
    how = getattr(pool, "connection_kwargs", None)
    if not isinstance(how, dict):
        raise TypeError(
            f"database: expected a number or a redis.Redis, not {type(client).__name__}; give url=, or host=, port=, "
            "username= and password="
        )
    kind = getattr(pool, "connection_class", type(None)).__name__
    if "SSL" in kind:
        raise ValueError(
            "database: the client connects by TLS, which is not supported; use a tunnel, and give its url="
        )
    if kind not in ("Connection", "UnixDomainSocketConnection") or how.get("credential_provider") is not None:
        raise ValueError(
            "database: the client asks somebody else for its address or its credentials; give url=, or host=, port=, "
            "username= and password="
        )
    where = {"socket": how["path"]} if "path" in how else {"host": how.get("host"), "port": how.get("port")}
    found = {**where, "username": how.get("username"), "password": how.get("password"), "database": how.get("db")}
    return {name: value for name, value in found.items() if value is not None}

"""MongoDBStore: tasks and the ledger of their runs on a MongoDB server or replica set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from .._names import with_hints
from .._text import utf8
from .._time import span_to_micros
from .base import BaseStore

_PLACE = re.compile(r"mongodb://(?:.*@)?([^?@]*)", re.DOTALL)

# What a client of pymongo says of how it connects, and how a URL says so.
_OF_CLIENT = {"replicaset": "replicaSet", "authmechanism": "authMechanism", "authsource": "authSource"}


class MongoDBStore(BaseStore):
    """Keeps tasks and the ledger of their runs in MongoDB, 4.2 or newer, for processes on any number of hosts.

    Each due time runs in one of the processes that share the store, by the server's clock. What a killed process had
    claimed, the others run when its lease is over. A stored task's function is called only if this process has added it
    or its module is among the scheduler's `trusted_modules`: others may write to the server.

    All is written with the write concern "majority". Each task is written for itself: of many that are added at once, a
    failure may leave some. A process takes two connections.

    Args:
        database: the name of the database.
        collection: the collection of the tasks; the names of the others begin with it. It must not be one in which
            asyncz or another program keeps documents.
        client: a client of pymongo (`pymongo.MongoClient`, `AsyncMongoClient`), whose address and credentials are used.
            The client itself is not.
        pickle_protocol: for asyncz's sake; nothing is pickled.
        url: "mongodb://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?replicaSet=NAME&tls=true"; any part may be missing,
            or be given beside it. In a user or a password, write all but letters and digits as %XX.
        host, port: "localhost" and 27017 if not given.
        username, password: the server's.
        lease: how long a process may be silent before the others take over its runs, as timedelta or seconds, 1 to 600.
            The first process to open the store sets it for all.
        on_store_lost: "stop": the scheduler stops if the collections are gone, or are those of another store. "reopen":
            the store is opened anew, with the tasks that were added before start().
        retention_age: how long ended runs are kept, as timedelta or seconds. None: the engine's default; 0: for ever.
        retention_per_task: about how many ended runs are kept for each task. None: the engine's default; 0: all.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_parameters", "lease", "on_store_lost", "retention_age", "retention_per_task")

    alias: ClassVar[str] = "mongodb"
    networked: ClassVar[bool] = True

    @with_hints
    def __init__(
        self,
        database: str = "asyncz",
        collection: str = "tasks",
        client: Any = None,
        pickle_protocol: int | None = 5,
        *,
        url: str | None = None,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        lease: timedelta | float = 10,
        on_store_lost: Literal["stop", "reopen"] = "stop",
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
    ) -> None:
        del pickle_protocol
        given: dict[str, Any] = {
            "url": url,
            "host": host,
            "username": username,
            "password": password,
            "collection": collection,
            "database": None if database == "asyncz" and _names_database(url) else database,
        }
        for name, value in given.items():
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name}: expected a string, not {type(value).__name__}")
        if url is not None and not url.startswith("mongodb:"):
            # Not repeated: it may hold a password.
            more = "; write the hosts, not mongodb+srv" if url.startswith("mongodb+srv:") else ""
            raise ValueError(f"url: not a URL of this store; write mongodb://HOST:PORT/DATABASE{more}")
        parameters: dict[str, Any] = {name: utf8(value, name) for name, value in given.items() if value is not None}
        if port is not None:
            if isinstance(port, bool) or not isinstance(port, int):
                raise TypeError(f"port: expected a whole number, not {type(port).__name__}")
            parameters["port"] = port
        if client is not None:
            if url is not None or host is not None:
                raise ValueError("client: given together with url or host; give only one of them")
            parameters.update(_address_of(client))
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
            "type": "mongodb",
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
        place: dict[str, Any] = {
            name: self._parameters[name]
            for name in ("host", "port", "database", "collection")
            if name in self._parameters
        }
        found = _PLACE.match(self._parameters.get("url", ""))
        if found:
            place = {"url": f"mongodb://{found[1]}", **place}
        return f"MongoDBStore({', '.join(f'{name}={value!r}' for name, value in place.items())})"


def _names_database(url: Any) -> bool:
    found = _PLACE.match(url) if isinstance(url, str) else None
    return bool(found and found[1].partition("/")[2])


def _address_of(client: Any) -> dict[str, Any]:
    """Where a client of pymongo connects to, and as whom."""
    how = getattr(client, "options", None)
    seeds = getattr(getattr(client, "_topology_settings", None), "seeds", None)
    if how is None or not seeds:
        raise TypeError(
            f"client: expected a pymongo.MongoClient, not {type(client).__name__}; give url=, or host=, port=, "
            "username= and password="
        )
    hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in sorted(seeds))
    found: dict[str, Any] = {"url": f"mongodb://{hosts}"}
    given: Mapping[str, Any] = getattr(how, "_options", {})
    if any(name.lower().startswith("tls") and name.lower() != "tls" for name in given) or getattr(
        how, "auto_encryption_opts", None
    ):
        raise ValueError("client: it connects by TLS with files or rules of its own; give url= with its options")
    pool = getattr(how, "pool_options", None)
    if getattr(pool, "_ssl_context", None) is not None:
        found["tls"] = True
    for name, value in given.items():
        if name.lower() in _OF_CLIENT and isinstance(value, str):
            found[_OF_CLIENT[name.lower()]] = value
    credentials = getattr(pool, "_credentials", None)
    if credentials is not None:
        if credentials.mechanism not in ("DEFAULT", "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"):
            raise ValueError(
                f"client: it logs in by {credentials.mechanism}; give url= with its options, or username= and password="
            )
        found.update(username=credentials.username, password=credentials.password, authSource=credentials.source)
    return {name: value for name, value in found.items() if value is not None}

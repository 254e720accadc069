"""SQLAlchemyStore: asyncz's name for a store in SQLite or PostgreSQL, by SQLAlchemy's URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

from .asyncz_options import warn_of_engine_options, warn_of_pickle_protocol
from .base import BaseStore
from .memory import MemoryStore
from .postgresql import PostgreSQLStore
from .sqlite import SQLiteStore

_URL = re.compile(r"([A-Za-z0-9_]+)(?:\+([A-Za-z0-9_]+))?:(.*)", re.DOTALL)

_FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"

# Drivers of SQLite whose files are those of SQLite itself: not encrypted, and on this machine.
_PLAIN_DRIVERS = ("", "pysqlite", "aiosqlite")

# What a URL tells Python's sqlite3 about its connection, and no other program.
_OF_SQLITE3 = {"cached_statements", "check_same_thread", "detect_types", "isolation_level", "timeout"}

# Options of create_engine() that say nothing about where the tasks are.
_OF_ENGINE = {
    *("echo", "echo_pool", "future", "hide_parameters", "isolation_level", "logging_name", "max_overflow"),
    *("pool_logging_name", "pool_pre_ping", "pool_recycle", "pool_reset_on_return", "pool_size", "pool_timeout"),
    *("pool_use_lifo", "poolclass", "query_cache_size"),
}


class SQLAlchemyStore(BaseStore):
    """Keeps tasks and the ledger of their runs where a URL of SQLAlchemy leads, in a store of uvsched: it is a
    SQLiteStore, a PostgreSQLStore or, for a SQLite database in memory, a MemoryStore. SQLAlchemy is not used and need
    not be installed. For other databases there is no store.

    A SQLite database that other programs write is not touched: the tasks are in a file beside it, `app.db.uvsched`
    for `sqlite:///app.db`. On a PostgreSQL server they are in the schema `uvsched` of the database. Tasks that asyncz
    stored are not read; `uvsched import-asyncz` copies them.

    Args:
        database: a URL ("sqlite:///app.db", "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"), whose driver makes no
            difference; or a URL object or an engine of SQLAlchemy, whose URL is used.
        tablename: what tells stores in one database apart, as in asyncz: the end of the file's name, or the schema.
            The default stands for "uvsched".
        pickle_protocol: accepted for asyncz's sake; nothing is pickled.
        options: options of SQLiteStore or PostgreSQLStore. Options of SQLAlchemy's pool and log are accepted with a
            warning.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ()

    alias: ClassVar[str] = "sqlalchemy"

    def __new__(  # noqa: PYI034 - what is made is of a subclass
        cls, database: Any, tablename: str = "asyncz_store", pickle_protocol: int | None = 5, **options: Any
    ) -> SQLAlchemyStore:
        warn_of_pickle_protocol(pickle_protocol, stacklevel=2)
        unused = [name for name in options if name in _OF_ENGINE]
        warn_of_engine_options(unused, stacklevel=2)
        for name in unused:
            del options[name]
        if "connect_args" in options:
            raise TypeError("connect_args: not used here; write what the server needs into the URL (?sslmode=require)")
        if not isinstance(tablename, str):
            raise TypeError(f"tablename: expected a string, not {type(tablename).__name__}")
        if not tablename or not {"/", "\0"}.isdisjoint(tablename):
            raise ValueError(f"tablename: {tablename!r} is not a name")
        base, place = _store_at(_url_of(database), "uvsched" if tablename == "asyncz_store" else tablename)
        made = object.__new__(_kind(cls, base))
        base.__init__(made, **{**place, **options})
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do: __new__ chose the store and made it."""

    def __repr__(self) -> str:
        """Without user, password and options."""
        return f"SQLAlchemyStore({super().__repr__()})"


_kinds: dict[tuple[type, type], type[SQLAlchemyStore]] = {}


def _kind(cls: type[SQLAlchemyStore], base: type[BaseStore]) -> type[SQLAlchemyStore]:
    """The class of stores that are both."""
    if (cls, base) not in _kinds:
        members = {"__slots__": (), "__module__": cls.__module__, "__doc__": cls.__doc__}
        _kinds[cls, base] = type(cls.__name__, (cls, base), members)
    return _kinds[cls, base]


def _url_of(database: Any) -> str:
    """The URL of what a program gave, with the password."""
    if isinstance(database, str):
        return database
    engine = getattr(database, "sync_engine", database)  # of an AsyncEngine
    url = getattr(engine, "url", engine)
    if not callable(getattr(url, "render_as_string", None)):
        raise TypeError(f"database: expected a URL or an engine of SQLAlchemy, not {type(database).__name__}")
    creator = getattr(getattr(engine, "pool", None), "_creator", None)
    if creator is not None and not str(getattr(creator, "__module__", "")).startswith("sqlalchemy."):
        raise ValueError(f"database: the engine connects by a function of its own (creator=); give a URL, {_FORMS}")
    return str(url.render_as_string(hide_password=False))


def _store_at(url: str, name: str) -> tuple[type[BaseStore], dict[str, Any]]:
    """The store for a URL, and its arguments. The URL is never repeated: it may hold a password."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"database: not a URL; write {_FORMS}")
    dialect, driver, rest = found[1].lower(), (found[2] or "").lower(), found[3]
    if dialect == "sqlite":
        return _sqlite_at(driver, rest, name)
    if dialect in ("postgresql", "postgres"):
        return PostgreSQLStore, {"url": f"postgresql:{rest}", "schema": name}
    raise ValueError(
        f"database: there is no store for {dialect!r}; there are SQLite and PostgreSQL, as {_FORMS}, and the RedisStore"
    )


def _sqlite_at(driver: str, rest: str, name: str) -> tuple[type[BaseStore], dict[str, Any]]:
    if driver not in _PLAIN_DRIVERS:
        raise ValueError(f"database: files of {driver!r} cannot be read here; write sqlite:///FILE")
    path, _, query = rest.partition("?")
    options: Mapping[str, str] = dict(parse_qsl(query, keep_blank_values=True))
    if path not in ("", "//") and not path.startswith("///"):
        raise ValueError(
            "database: a SQLite file has no host; write sqlite:///FILE, or sqlite:////PATH for a full path"
        )
    file = unquote(path[3:])
    if file.startswith("file:") or options.get("uri", "false").lower() not in ("false", "0"):
        raise ValueError("database: a URI of SQLite (uri=true) is not read here; write sqlite:///FILE")
    for option in options.keys() - _OF_SQLITE3 - {"uri"}:
        raise ValueError(f"database: unknown option {option!r} in the URL; give options of SQLiteStore as arguments")
    if file in ("", ":memory:"):
        return MemoryStore, {}
    return SQLiteStore, {"path": f"{file}.{name}"}

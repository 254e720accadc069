"""The tasks in the stores of an asyncz scheduler, read without starting it. asyncz itself deletes what it cannot read;
here its stores are only asked for the stored bytes, and nothing is written."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = tuple[str, Any]
"""The id of a stored task, and its bytes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of a store.

    Attributes:
        task: asyncz's Task; None if it cannot be read.
        problem: why it cannot be read.
    """

    store: str
    id: str
    task: Any
    problem: str | None = None


def stored_tasks(alias: str, store: Any, scheduler: Any) -> Iterator[Stored]:
    """The tasks in a store of an asyncz scheduler.

    Raises:
        LookupError: it is a store of another kind. And all that its client raises.
    """
    reader = _reader_of(store)
    base = importlib.import_module("asyncz.stores.base").BaseStore
    base.start(store, scheduler, alias)  # what it needs to read; the store's own start would make tables
    for id, state in reader(store):
        yield _rebuilt(alias, store, id, state)


def _rebuilt(alias: str, store: Any, id: str, state: Any) -> Stored:
    try:
        return Stored(alias, id, store.rebuild_task(state))
    except Exception as error:  # the pickle's, and its modules'
        return Stored(alias, id, None, f"{type(error).__name__}: {error}")


def in_memory(store: Any) -> bool:
    """Whether the tasks end with asyncz's own process."""
    return _kind(store) == "asyncz.stores.memory:MemoryStore"


def _kind(store: Any) -> str:
    """The name of asyncz's class for stores that it is of."""
    for kind in type(store).__mro__:
        name = f"{kind.__module__}:{kind.__qualname__}"
        if name.startswith("asyncz.") and kind.__qualname__ != "BaseStore":
            return name
    return f"{type(store).__module__}:{type(store).__qualname__}"


def _reader_of(store: Any) -> Callable[[Any], Iterable[Row]]:
    kind = _kind(store)
    try:
        return _READERS[kind]
    except KeyError:
        raise LookupError(f"stores of the class {kind} are not known here") from None


def _files(store: Any) -> Iterator[Row]:
    for path in sorted(Path(store.directory).glob("*")):
        if path.name.endswith(store.suffix) and path.is_file():
            yield path.name.removesuffix(store.suffix), path.read_bytes()


def _rows(store: Any) -> Iterator[Row]:
    sqlalchemy = importlib.import_module("sqlalchemy")
    if not sqlalchemy.inspect(store.engine).has_table(store.table.name):
        return
    with store.engine.connect() as connection:
        yield from [(row.id, row.state) for row in connection.execute(store.table.select().order_by(store.table.c.id))]


def _hash(store: Any) -> Iterator[Row]:
    with contextlib.closing(store.redis):
        for id, state in sorted(store.redis.hgetall(store.tasks_key).items()):
            yield id.decode() if isinstance(id, bytes) else str(id), state


def _documents(store: Any) -> Iterator[Row]:
    with contextlib.closing(store.client):
        for document in store.collection.find({}, ["_id", "state"], sort=[("_id", 1)]):
            yield str(document["_id"]), document["state"]


_READERS: dict[str, Callable[[Any], Iterable[Row]]] = {
    "asyncz.stores.file:FileStore": _files,
    "asyncz.stores.sqlalchemy:SQLAlchemyStore": _rows,
    "asyncz.stores.redis:RedisStore": _hash,
    "asyncz.stores.mongo:MongoDBStore": _documents,
}

"""The SQL that asks a server for what a scheduler does not tell. The views and tables are those of docs/stores.md."""

from __future__ import annotations

import re

from ..stores import BaseStore, PostgreSQLStore

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


def query(store: BaseStore, table: str, columns: str = "*", where: str | None = None) -> str | None:
    """The query of a view or table of a store; None if it knows no SQL."""
    if not isinstance(store, PostgreSQLStore):
        return None
    condition = "" if where is None else f" WHERE {where}"
    return f"SELECT {columns} FROM {schema_of(store)}.{table}{condition};"


def in_brackets(query: str | None) -> str:
    """For the end of a sentence."""
    return "" if query is None else f" ({query})"


def schema_of(store: PostgreSQLStore) -> str:
    """The schema of a store, as SQL names it."""
    return store.schema if _PLAIN.match(store.schema) else '"' + store.schema.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"

"""Stores: where tasks and the ledger of their runs are kept."""

from __future__ import annotations

from .base import BaseStore
from .file import FileStore
from .memory import MemoryStore
from .mongodb import MongoDBStore
from .postgresql import PostgreSQLStore
from .redis import RedisStore
from .sqlalchemy import SQLAlchemyStore
from .sqlite import SQLiteStore

__all__ = [
    "BaseStore",
    "FileStore",
    "MemoryStore",
    "MongoDBStore",
    "PostgreSQLStore",
    "RedisStore",
    "SQLAlchemyStore",
    "SQLiteStore",
]

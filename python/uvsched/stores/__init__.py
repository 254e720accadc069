"""Stores: where tasks and the ledger of their runs are kept."""

from __future__ import annotations

from .base import BaseStore
from .memory import MemoryStore
from .mongodb import MongoDBStore
from .postgresql import PostgreSQLStore
from .redis import RedisStore
from .sqlite import SQLiteStore

__all__ = ["BaseStore", "MemoryStore", "MongoDBStore", "PostgreSQLStore", "RedisStore", "SQLiteStore"]

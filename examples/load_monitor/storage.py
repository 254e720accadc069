"""The application's own tables: samples, and their averages over ten seconds. Plain sqlite3."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sampling import Sample

WINDOW = 10
"""Seconds of one average."""
KEEP_SAMPLES = 24 * 3600
KEEP_AVERAGES = 30 * 24 * 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS samples (
    fire TEXT PRIMARY KEY,  -- the scheduler's name for the run: one that is run again after a crash counts once
    at REAL NOT NULL,
    load REAL NOT NULL,
    cpu REAL NOT NULL,
    memory REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_at ON samples (at);
CREATE TABLE IF NOT EXISTS averages (
    start INTEGER PRIMARY KEY,
    samples INTEGER NOT NULL,
    load REAL NOT NULL,
    cpu REAL NOT NULL,
    memory REAL NOT NULL
);
"""

Row = tuple[float, float, float, float]
"""Time (seconds since 1970), load, share of processor time, share of memory."""


class Storage:
    """One connection, used by one thread at a time. Members may be called from any thread, inside ``with storage:``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def __enter__(self) -> None:
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(SCHEMA)
        self._db = db

    def __exit__(self, *error: object) -> None:
        with self._open() as db:
            self._db = None
            db.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._db is None:
                raise RuntimeError(f"{self._path} is not open")
            yield self._db

    def add(self, fire: str, at: float, sample: Sample) -> None:
        """Stores a sample. A second sample of the same fire replaces the first."""
        row = (fire, at, sample.load, sample.cpu, sample.memory_used / sample.memory_total)
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?)", row)

    def roll_up(self, now: float) -> int:
        """Averages the windows that are over and have no average yet, and deletes old rows. Returns the number of new
        averages."""
        end = int(now - 1) // WINDOW * WINDOW  # the latest sample may not be stored yet
        with self._open() as db, db:
            db.execute("BEGIN IMMEDIATE")
            made = db.execute(
                "INSERT OR REPLACE INTO averages"
                " SELECT CAST(at AS INTEGER) / :window * :window AS start, count(*), avg(load), avg(cpu), avg(memory)"
                " FROM samples WHERE at >= (SELECT coalesce(max(start) + :window, 0) FROM averages) AND at < :end"
                " GROUP BY start",
                {"window": WINDOW, "end": end},
            ).rowcount
            db.execute("DELETE FROM samples WHERE at < ?", (now - KEEP_SAMPLES,))
            db.execute("DELETE FROM averages WHERE start < ?", (now - KEEP_AVERAGES,))
        return made

    def samples(self, after: float) -> list[Row]:
        """Samples taken after that moment, in order."""
        query = "SELECT at, load, cpu, memory FROM samples WHERE at > ? ORDER BY at"
        with self._open() as db:
            return db.execute(query, (after,)).fetchall()

    def averages(self, after: float) -> list[Row]:
        """Averages of windows that began after that moment, in order, each with the start of its window."""
        query = "SELECT start, load, cpu, memory FROM averages WHERE start > ? ORDER BY start"
        with self._open() as db:
            return db.execute(query, (after,)).fetchall()

    def count(self) -> int:
        """The number of samples."""
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM samples").fetchone()[0])

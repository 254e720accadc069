"""What `uvsched status --check` says about the file itself: damage, versions, sizes, and how much is in it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._core import version_details
from .display import printable
from .file_rows import FileRows

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What was found.

    Attributes:
        damage: what SQLite finds wrong; empty if nothing is.
        schema: the version of the tables.
        software: the versions of uvsched and SQLite here.
        file_bytes, log_bytes: the size of the database, and of the log beside it (PATH-wal).
        tasks, fires: how many there are in each state; fires are those that have not ended.
        history: rows of ended runs.
    """

    damage: list[str]
    schema: int
    software: str
    file_bytes: int
    log_bytes: int
    tasks: dict[str, int]
    fires: dict[str, int]
    history: int

    @property
    def wrong(self) -> bool:
        """Whether something is."""
        return bool(self.damage)

    def lines(self) -> list[str]:
        """For people."""
        return [
            *(f"damaged: {printable(found)}" for found in self.damage),
            f"file: {'damaged' if self.damage else 'not damaged'}, {_size(self.file_bytes)}, "
            f"log {_size(self.log_bytes)}, schema {self.schema}",
            f"here: uvsched {self.software}",
            f"tasks: {counts_text(self.tasks)}",
            f"fires that have not ended: {counts_text(self.fires)}",
            f"rows of history: {self.history}",
        ]


def checked(file: FileRows) -> FileCheck:
    """Reads the whole file, which takes its time if it is large."""
    found = [str(row[0]) for row in file.rows("PRAGMA integrity_check")]
    return FileCheck(
        damage=[] if found == ["ok"] else found,
        schema=next(file.rows("SELECT schema FROM meta"))[0],
        software=version_details(),
        file_bytes=_bytes_of(file.place),
        log_bytes=_bytes_of(os.path.realpath(file.place) + "-wal"),
        tasks=dict(file.rows("SELECT state, count(*) FROM sched GROUP BY state ORDER BY state")),
        fires=dict(file.rows("SELECT state, count(*) FROM open GROUP BY state ORDER BY state")),
        history=next(file.rows("SELECT count(*) FROM history"))[0],
    )


def _bytes_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _size(count: int) -> str:
    size = float(count)
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def counts_text(counts: dict[str, int]) -> str:
    """Numbers of things for people, each with what they are."""
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "none"

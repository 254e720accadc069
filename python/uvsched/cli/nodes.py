"""The schedulers that are registered in a store's file: those that have it open, and those whose processes died."""

from __future__ import annotations

from dataclasses import dataclass

from .display import printable
from .file_rows import FileRows
from .lock_file import nodes_that_live

_NODES = "SELECT id, label, pid, version FROM node ORDER BY label, id"


@dataclass(frozen=True, slots=True)
class Node:
    """A scheduler. `open`: whether it has the file open; None if that cannot be told here."""

    label: str
    process: int
    version: str
    open: bool | None

    def line(self) -> str:
        """For people."""
        name = f"{printable(self.label)} (process {self.process})"
        if self.open is None:
            return f"registered by {name}; whether it lives cannot be told here"
        return f"open by {name}" if self.open else f"left by {name}, which died; another scheduler takes over its runs"


def nodes_of(file: FileRows) -> tuple[list[Node], int | None]:
    """The nodes of a file, and how many of them have it open; None if that cannot be told here."""
    if not file.current:
        return [], None
    rows = list(file.rows(_NODES))
    living = nodes_that_live(file.place)
    nodes = [Node(label, pid, version, None if living is None else id in living) for id, label, pid, version in rows]
    return nodes, None if living is None else sum(node.open is True for node in nodes)

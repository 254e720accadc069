"""Reads tests/data/cron_table.tsv and tests/data/cron_errors.tsv, whose values were typed by hand from the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from .definition import Definition
from .zones import EPOCH

DATA = Path(__file__).resolve().parents[1] / "data"


class Row(NamedTuple):
    """A rule, what it was asked, and what it has to say. Instants are in microseconds."""

    line: int
    rule: Definition
    zone: str
    after: int
    next: int | None
    offset: int  # of `next`, in seconds; 0 for never
    why: str


class Fault(NamedTuple):
    """A text that must be refused: which field is at fault (`-`: none alone), which item of it, and where that is."""

    line: int
    rule: Definition
    field: str
    item: str
    column: int


def rows() -> list[Row]:
    found = []
    for line, (text, zone, after, expected, *why) in _lines("cron_table.tsv"):
        at, offset = (None, 0) if expected == "never" else _instant(expected)
        found.append(
            Row(line, {**_rule(text), "timezone": zone}, zone, _instant(after)[0], at, offset, *(why or ["match"]))
        )
    return found


def _rule(text: str) -> Definition:
    return {"type": "cron", **(json.loads(text) if text.startswith("{") else {"expression": text})}


def _instant(text: str) -> tuple[int, int]:
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    offset = when.utcoffset()
    assert offset is not None
    return (when - EPOCH) // timedelta(microseconds=1), offset // timedelta(seconds=1)


def _lines(name: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate((DATA / name).read_text().splitlines(), 1):
        if not line.startswith("# "):
            yield number, line.split("\t")


def faults() -> list[Fault]:
    return [
        Fault(line, _rule(text), field, json.loads(f'"{item}"'), int(column or 0))
        for line, (text, field, item, column) in _lines("cron_errors.tsv")
    ]

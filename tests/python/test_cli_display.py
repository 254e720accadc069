"""What the command prints: visible characters, marks under columns, tables."""

from __future__ import annotations

import pytest
from uvsched.cli.display import marked, printable, table, width, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, */5", "plain text, */5"),
        ("é世界", "é世界"),
        ("a\tb", "a\tb"),
        ("\x1b[31mred", "\u241b[31mred"),
        ("a\0b\rc\x7fd\x85e", "a\u2400b\u240dc\u2421d\ufffde"),
        ("a\u00a0b\u2003c\u3000", "a\u2423b\u2423c\u2423"),
        ("\udce9 \u202e \u200b \u2028 \ufeff", "\ufffd \ufffd \ufffd \ufffd \ufffd"),
    ],
)
def test_nothing_acts_on_the_terminal_or_hides(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert len(shown) == len(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3cret@host:1/jobs", "postgresql://***@host:1/jobs"),
        ("x redis://:s3 c/r?e@t@host y", "x redis://***@host y"),
        ("postgres:me:s3cret@host", "postgres:***@host"),
        ("postgresql://me:s3cret/jobs", "postgresql://me:***/jobs"),
        ("postgresql://host:5432/jobs?password=s3cret&x=y", "postgresql://host:5432/jobs?password=***&x=y"),
        (
            '"postgresql://me:s3cret@host:p/x": write postgresql://USER@HOST',
            '"postgresql://***@host:p/x": write postgresql://***@HOST',
        ),
        ("postgresql://host/jobs, sqlite:me@home.db", "postgresql://***@home.db"),  # rather too much than too little
        ("there is no file sqlite:me@home.db", "there is no file sqlite:me@home.db"),
    ],
)
def test_secrets_of_urls_are_hidden(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(("text", "cells"), [("", 0), ("abc", 3), ("é", 1), ("e\u0301", 1), ("世界", 4), ("\uff41", 2)])
def test_width_is_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "column", "lines"),
    [
        ("61 * * * *", 1, "  61 * * * *\n  ^"),
        ("0 61 * * *", 3, "  0 61 * * *\n    ^"),
        ("* * * *", 8, "  * * * *\n         ^"),
        ("* * * *", 99, "  * * * *\n         ^"),
        ("", 1, "  \n  ^"),
        ("\t0\t61", 4, "  \t0\t61\n  \t \t^"),
        ("世界 x", 4, "  世界 x\n       ^"),
        ("e\u0301 x", 4, "  e\u0301 x\n    ^"),
        ("\x1b x", 3, "  \u241b x\n    ^"),
    ],
)
def test_the_mark_is_below_its_column(text: str, column: int, lines: str) -> None:
    assert marked(text, column) == lines


def test_long_text_is_cut_around_the_column() -> None:
    text = "0123456789" * 20
    shown, mark = marked(text, 5).split("\n")
    assert shown == "  " + text[:76] + "…"
    assert mark.index("^") == 2 + 4
    shown, mark = marked(text, 101).split("\n")
    assert shown == "  …" + text[44:120] + "…"
    assert shown[mark.index("^") :].startswith("0123456789")
    assert mark.index("^") == 2 + 1 + 56
    shown, mark = marked(text, 201).split("\n")
    assert shown == "  …" + text[144:]
    assert len(mark) == len(shown) + 1


def test_columns_are_aligned_in_cells() -> None:
    assert table([("a", "b", ""), ("世界", "", "x"), ("", "long one", "")]) == [
        "a     b",
        "世界            x",
        "      long one",
    ]

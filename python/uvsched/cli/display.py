"""Text for terminals: the width of characters, a mark under a column, tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WIDEST = 76
_BEFORE_MARK = 56
_CUT = "…"
# What is before the last "@" of a URL, or is a port that is no number because a host is missing; and an option. The
# engine's messages quote a URL, with a colon behind it.
_SECRETS = re.compile(
    r"""(?P<user>\w+://|postgres(?:ql)?:)(?:(?!":\ ).)*@  # greedy
    | (?P<port>\w+://[^\s/@:]*:)(?!\d+\b)[^\s/@]+
    | (?P<option>password=)[^\s&;"']*""",
    re.DOTALL | re.VERBOSE,
)


def printable(text: str) -> str:
    """The text with a visible character in place of each character that a terminal would act on or hide, or that only
    looks like a space; tabs stay."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def without_secrets(text: str) -> str:
    """The text with three stars in place of what may be the user and password of a URL. It may hide more than that."""
    return _SECRETS.sub(
        lambda found: f"{found['user']}***@" if found["user"] else f"{found['port'] or found['option']}***", text
    )


def width(text: str) -> int:
    """The number of cells that printable text without tabs takes up in a terminal."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def marked(text: str, column: int) -> str:
    """Two lines, indented: the text, and a caret below the character in `column` (counted in characters from 1).

    The column may be one past the end, where something is missing. If the text is long, only the part around the column
    is shown.
    """
    index = min(max(column, 1) - 1, len(text))
    start = max(0, index - _BEFORE_MARK) if len(text) > _WIDEST else 0
    shown = printable(text[start : start + _WIDEST])
    before = shown[: index - start]
    if start:
        shown, before = _CUT + shown, _CUT + before
    if start + _WIDEST < len(text):
        shown += _CUT
    indent = "".join(mark if mark == "\t" else " " * _cells(mark) for mark in before)
    return f"  {shown}\n  {indent}^"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns, two spaces apart, without spaces at the end of a line."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _shown(character: str) -> str:
    if character == "\t":
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "\u2421"
    category = unicodedata.category(character)
    if category == "Zs" and character != " ":
        return "\u2423"
    return "\ufffd" if category in ("Cc", "Cf", "Cs", "Zl", "Zp") else character


def _cells(character: str) -> int:
    if character < "\x7f":
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1

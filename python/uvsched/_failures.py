"""Exceptions as text, for events and the ledger."""

from __future__ import annotations

import traceback

_LIMIT = 32_768


def describe(error: BaseException) -> str:
    """The exception's message, an empty line, and the whole traceback; of a very long one the beginning and the end."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    summary = "".join(traceback.format_exception_only(type(error), error)).strip()
    text = f"{summary}\n\n{''.join(lines).rstrip()}"
    if len(text) > _LIMIT:
        half = _LIMIT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode()

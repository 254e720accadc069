"""Strings for the engine, as UTF-8."""

from __future__ import annotations


def utf8(value: str, argument: str) -> str:
    """The text, which may be of a subclass, as a plain string.

    Raises:
        ValueError: the text holds a lone surrogate; naming `argument`.
    """
    text = str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            lone = text[error.start]
            raise ValueError(
                f"{argument}: {lone!a} at {error.start} is a lone surrogate, which UTF-8 cannot encode"
            ) from None
    return text

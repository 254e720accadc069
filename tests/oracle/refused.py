"""A text that is not a rule."""

from __future__ import annotations


class Refused(ValueError):
    """Which field is at fault (none: the whole text), and the item of it that is."""

    def __init__(self, field: str | None, item: str, why: str) -> None:
        super().__init__(f"{field or 'text'}: {item!r} {why}")
        self.field = field
        self.item = item

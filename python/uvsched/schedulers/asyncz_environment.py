"""Environment variables of asyncz that have no effect here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Ignored", "ignored"]


class Ignored(NamedTuple):
    """A variable that is set. For people: what does not happen, and what to do."""

    what: str
    fix: str


def ignored(lasting: Iterable[str]) -> Iterator[Ignored]:
    """The variables that are set, and that asyncz would heed.

    Args:
        lasting: the aliases of the stores that outlive the process.
    """
    stores = ", ".join(sorted(lasting))
    if stores and os.environ.get("ASYNCZ_STORE_ENCRYPTION_KEY"):
        yield Ignored(
            f"ASYNCZ_STORE_ENCRYPTION_KEY is set, but uvsched encrypts no rows (stores: {stores})",
            "keep secrets out of tasks' arguments and results, or encrypt the disk or the database; then unset it",
        )
    if os.environ.get("ASYNCZ_SETTINGS_MODULE"):
        yield Ignored(
            "ASYNCZ_SETTINGS_MODULE is set, but uvsched reads no settings",
            "give them to the scheduler as arguments or as its configuration; then unset it",
        )

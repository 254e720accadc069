"""Options of asyncz's stores that have no effect here."""

from __future__ import annotations

import warnings
from collections.abc import Iterable


def warn_of_pickle_protocol(given: int | None, stacklevel: int) -> None:
    """Warns if a store was given another protocol than asyncz's default.

    Args:
        stacklevel: how far it is to the program, from the caller: 2 from a constructor.
    """
    if given not in (5, None):
        _warn("pickle_protocol", "nothing is pickled, arguments are stored as JSON", stacklevel)


def warn_of_engine_options(names: Iterable[str], stacklevel: int) -> None:
    """Warns of options of SQLAlchemy's create_engine(); see warn_of_pickle_protocol."""
    for name in names:
        _warn(name, "SQLAlchemy's engine is not used", stacklevel)


def _warn(name: str, why: str, stacklevel: int) -> None:
    warnings.warn(f"{name}: it has no effect here: {why}", UserWarning, stacklevel=stacklevel + 2)

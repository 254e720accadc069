"""Dumps: pictures and events as dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

__all__ = ["Dumps"]


class Dumps:
    """Base of dataclasses that can be given as dictionaries."""

    __slots__ = ()

    def model_dump(self, *, mode: Literal["python", "json"] = "python", exclude_none: bool = False) -> dict[str, Any]:
        """The members as a dictionary, pictures within as dictionaries too.

        Args:
            mode: "json": only what JSON has; times are ISO 8601 text, spans seconds, other objects their repr.
            exclude_none: leave out members that are None.
        """
        members = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {
            name: _dumped(value, mode == "json", exclude_none)
            for name, value in members.items()
            if value is not None or not exclude_none
        }


def _dumped(value: Any, as_json: bool, exclude_none: bool) -> Any:
    if isinstance(value, Dumps) and is_dataclass(value):
        return value.model_dump(mode="json" if as_json else "python", exclude_none=exclude_none)
    if not as_json or value is None or (isinstance(value, (bool, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _dumped(member, True, exclude_none) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_dumped(member, True, exclude_none) for member in value]
    return repr(value)

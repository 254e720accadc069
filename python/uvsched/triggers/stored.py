"""Triggers from the JSON that the engine stores. Each kind of trigger registers its maker; this module imports none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .base import BaseTrigger

MAKERS: dict[str, Callable[[dict[str, Any]], BaseTrigger | None]] = {}
"""The maker for each value of the member "type". A maker gets the other members of the JSON object, and returns None
for a trigger that this process cannot make."""


def trigger_from_json(text: str) -> BaseTrigger | None:
    """The trigger that the engine stored as `text`; None for a kind that this release does not know, and for a custom
    trigger that this process cannot make.

    Raises:
        TypeError, ValueError: it is not a trigger; naming the member at fault.
    """
    return trigger_from_members(json.loads(text))


def trigger_from_members(members: Any) -> BaseTrigger | None:
    """The trigger of a JSON object; see trigger_from_json()."""
    if not isinstance(members, dict):
        raise ValueError(f"trigger: {members!r} is not an object")
    arguments = dict(members)
    kind = arguments.pop("type", None)
    make = MAKERS.get(kind) if isinstance(kind, str) else None
    return None if make is None else make(arguments)

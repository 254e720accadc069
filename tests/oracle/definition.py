"""Rules from triggers' JSON (uvsched's own form of them), and instants from and to text."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from . import cron_text, keywords
from .fields import DAY, ORDINAL_1970
from .refused import Refused
from .rules import And, Bounded, Calendar, Cron, Interval, Or, Rule
from .zones import EPOCH, Zone, load

Definition = dict[str, Any]
UNITS = {"weeks": 7 * DAY, "days": DAY, "hours": 3600, "minutes": 60, "seconds": 1}


def to_rule(definition: Definition, default_zone: str, anchor: int) -> Rule:
    """The rule of a trigger that is added at `anchor`, in a scheduler with that zone.

    Raises Refused for a text that is not a rule, NeedsKey for an `H` without a key.
    """
    zone = load(zone_name(definition, default_zone))
    start_at, end_at = (_bound(definition, name, zone) for name in ("start_at", "end_at"))
    rule = _rule(definition, zone, default_zone, anchor if start_at is None else start_at)
    return rule if start_at is None and end_at is None else Bounded(rule, start_at, end_at)


def _rule(definition: Definition, zone: Zone, default_zone: str, anchor: int) -> Rule:
    kind = definition["type"]
    if kind == "cron":
        return Cron(
            cron_fields(definition), zone, definition.get("gap", "run_at_end"), definition.get("overlap", "first")
        )
    if kind == "interval":
        period = sum(definition.get(unit, 0) * seconds for unit, seconds in UNITS.items()) or 1
        return Interval(period, anchor if "start_at" in definition else anchor + period)
    if kind == "calendar_interval":
        units = {unit: definition.get(unit, 0) for unit in ("years", "months", "weeks", "days")}
        if not any(units.values()):
            raise Refused(None, "", "no unit is given")
        time_of_day = sum(definition.get(name, 0) * UNITS[f"{name}s"] for name in ("hour", "minute", "second"))
        on = date.fromordinal((anchor + zone.offset(anchor)) // DAY + ORDINAL_1970)
        return Calendar(zone, on, **units, time_of_day=time_of_day, gap=definition.get("gap", "run_at_end"))
    zone_of_children = zone_name(definition, default_zone)
    children = [to_rule(child, zone_of_children, anchor) for child in definition["triggers"]]
    return {"and": And, "or": Or}[kind](children)


def zone_name(definition: Definition, default: str) -> str:
    """The given one, else that of start_at, else of end_at, else the scheduler's."""
    if "timezone" in definition:
        return str(definition["timezone"])
    for bound in ("start_at", "end_at"):
        offset = re.search(r"Z$|[+-]\d\d:\d\d$", definition.get(bound, ""))
        if offset:
            return offset[0]
    return default


def cron_fields(definition: Definition) -> Any:
    if "expression" in definition:
        return cron_text.read(definition["expression"]).fields(definition.get("key"))
    return keywords.read({name: value for name, value in definition.items() if name in keywords.RANGES})


def _bound(definition: Definition, name: str, zone: Zone) -> int | None:
    if name not in definition:
        return None
    when = datetime.fromisoformat(definition[name].replace("Z", "+00:00"))
    if when.tzinfo is None:
        return zone.to_instant((when - datetime(1970, 1, 1)) // timedelta(seconds=1))
    return to_instant(definition[name])


def to_instant(text: str) -> int:
    """The instant of an aware time."""
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // timedelta(seconds=1)


def iso(instant: int) -> str:
    return (EPOCH + timedelta(seconds=instant)).isoformat().replace("+00:00", "Z")

"""Arguments and results as JSON, with tagged types, for durable stores.

Values of JSON's own types stay as they are. Other values become an object with one member whose name begins with "$":
{"$bytes": "…"}. An object of a subclass is stored as its base class: a named tuple as a tuple, a time of freezegun or
pendulum as a datetime. Decoding makes only objects of these types; an Enum is found by reference, and its module is
never imported.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from reprlib import repr as shorten
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ._text import utf8
from ._time import to_zone, zone_name

_INT64 = 1 << 63
_MAX_DEPTH = 64
_MICROSECOND = timedelta(microseconds=1)


def encode_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The arguments of a call as JSON: {"args": […], "kwargs": {…}}; None if there are none.

    Raises:
        TypeError, ValueError: naming the argument and the type or value that cannot be stored.
    """
    out: dict[str, Any] = {}
    if args:
        out["args"] = [
            value if _is_plain(value) else _encode(value, f"args[{index}]", 1) for index, value in enumerate(args)
        ]
    if kwargs:
        out["kwargs"] = {
            utf8(key, "kwargs (a name)"): value if _is_plain(value) else _encode(value, f"kwargs[{key!r}]", 1)
            for key, value in kwargs.items()
        }
    return _dump(out) if out else None


def decode_arguments(text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, from the text of encode_arguments(), or a JSON array (positional) or object (keywords).

    Raises:
        ValueError: naming the argument that cannot be read, and why. No other exception, whatever the text holds.
    """
    if not text:
        return (), {}
    value = _read(text, "arguments", json.loads)
    args: Any = ()
    kwargs: Any = {}
    if isinstance(value, list):
        args = value
    elif isinstance(value, dict) and value and value.keys() <= {"args", "kwargs"}:
        args, kwargs = value.get("args", []), value.get("kwargs", {})
    else:
        kwargs = value
    if not isinstance(args, (list, tuple)):
        raise ValueError(f"args: expected an array, not {type(args).__name__}")
    if not isinstance(kwargs, dict):
        where = "arguments: expected an array or" if kwargs is value else "kwargs: expected"
        raise ValueError(f"{where} an object, not {type(kwargs).__name__}")
    return (
        tuple(_read(item, f"args[{index}]") for index, item in enumerate(args)),
        {key: _read(item, f"kwargs[{key!r}]") for key, item in kwargs.items()},
    )


def encode_result(value: Any) -> str:
    """The return value of a function as JSON; if JSON cannot hold it, its repr, tagged. Never raises for odd
    objects."""
    try:
        text = _dump(_encode(value, "result", 0))
        if len(text) <= 65_536:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        shown = repr(value)
    except Exception as error:
        shown = f"<{type(value).__name__}: its repr failed: {type(error).__name__}>"
    if len(shown) > 1_000:
        shown = shown[:1_000] + "…"
    return json.dumps({"$repr": shown})


def decode_result(text: str) -> Any:
    """The value that encode_result() wrote, or its repr if JSON cannot hold it. If the text cannot be decoded, the JSON
    value itself; None for ""."""
    if not text:
        return None
    value = json.loads(text)
    try:
        return value["$repr"] if isinstance(value, dict) and value.keys() == {"$repr"} else _decode(value)
    except (ValueError, LookupError, TypeError, ArithmeticError):
        return value


_dump = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _is_plain(value: Any) -> bool:
    """Whether a value surely stays as it is; many are encoded."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    return (kind is int and -_INT64 <= value < _INT64) or kind is bool or value is None


def _encode(value: Any, where: str, depth: int) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind not in _KINDS:
        if isinstance(value, Enum):
            return {"$enum": _enum_reference(value, where)}
        kind = _base(value, where)
    if kind is str:
        return utf8(value, where)
    if kind is int:
        return _whole(value, where)
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{where}: {value!r} has no JSON form")
        return float.__float__(value)
    if depth > _MAX_DEPTH:
        raise ValueError(f"{where}: nested more than {_MAX_DEPTH} levels deep")
    if kind is list:
        return [_encode(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    if kind is dict:
        return _encode_dict(value, where, depth)
    if kind is tuple:
        return {"$tuple": [_encode(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]}
    if kind is set or kind is frozenset:
        items = [_encode(item, f"{where} (an item)", depth + 1) for item in value]
        return {f"${kind.__name__}": sorted(items, key=_dump)}
    tag, write = _WRITERS[kind]
    try:
        return {tag: write(value)}
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _base(value: Any, where: str) -> type:
    """The type as which an object of a subclass is stored.

    Raises:
        TypeError: there is no such type; with what to do.
    """
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        advice = "pass its fields, as dataclasses.asdict() gives them"
    elif callable(getattr(kind, "model_dump", None)):
        advice = "pass its fields, as its .model_dump() gives them"
    else:
        for base in _KINDS:
            if issubclass(kind, base):
                return base
        advice = (
            "use JSON's types, datetime, date, time, timedelta, bytes, tuple, set, frozenset, Decimal, UUID, Enum, "
            "ZoneInfo or timezone"
        )
    name = f"{kind.__module__}.{kind.__qualname__}"
    raise TypeError(f"{where}: a {name} cannot be stored; {advice}, or keep the task in a memory store")


def _whole(value: int, where: str) -> int | dict[str, str]:
    number = int.__index__(value)
    if -_INT64 <= number < _INT64:
        return number
    try:
        return {"$int": str(number)}
    except ValueError as error:  # Python's limit of digits
        raise ValueError(f"{where}: {error}") from None


def _encode_dict(value: dict[Any, Any], where: str, depth: int) -> Any:
    if all(isinstance(key, str) and not isinstance(key, Enum) and not key.startswith("$") for key in value):
        return {
            utf8(key, f"{where} (a key)"): _encode(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()
        }
    pairs = [
        [_encode(key, f"{where} (a key)", depth + 1), _encode(item, f"{where}[{key!r}]", depth + 1)]
        for key, item in value.items()
    ]
    return {"$dict": pairs}


def _enum_reference(value: Enum, where: str) -> str:
    kind = type(value)
    reference = f"{kind.__module__}:{kind.__qualname__}.{value.name}"
    try:
        found = _enum(reference)
    except LookupError as error:
        raise ValueError(f"{where}: {error}") from None
    if found is not value:
        raise ValueError(f"{where}: {reference} does not lead back to {value!r}")
    return reference


def _enum(reference: str) -> Enum:
    module, _, path = reference.partition(":")
    qualname, _, name = path.rpartition(".")
    found: Any = sys.modules.get(module)
    if found is None:
        raise LookupError(f"enum {reference!r}: module {module!r} is not loaded")
    for part in qualname.split("."):
        found = vars(found).get(part)
        if found is None:
            raise LookupError(f"enum {reference!r}: there is no such class at the top level of its module")
    if not isinstance(found, type) or not issubclass(found, Enum) or name not in found.__members__:
        raise LookupError(f"enum {reference!r}: there is no such member")
    return found.__members__[name]


# Times are ISO 8601, with an IANA zone and the fold in brackets if there are any: "…-04:00[America/New_York]".


def _write_datetime(value: datetime) -> str:
    return datetime.isoformat(value) + _suffix(value)


def _write_time(value: time) -> str:
    return time.isoformat(value) + _suffix(value)


def _suffix(value: datetime | time) -> str:
    zone = getattr(value.tzinfo, "key", None)
    return (f"[{zone}]" if zone else "") + ("[_fold=1]" if value.fold else "")


def _parts(text: str) -> tuple[str, ZoneInfo | None, int]:
    moment, *tags = text.split("[")
    names = [tag.removesuffix("]") for tag in tags]
    zones = [ZoneInfo(name) for name in names if name != "_fold=1"]
    return moment, zones[0] if zones else None, int("_fold=1" in names)


def _read_datetime(text: str) -> datetime:
    moment, zone, fold = _parts(text)
    value = datetime.fromisoformat(moment)
    if zone is None or value.tzinfo is None:
        return value.replace(tzinfo=zone or value.tzinfo, fold=fold)
    for given in (value.replace(tzinfo=zone, fold=fold), value.replace(tzinfo=zone, fold=1)):
        if given.utcoffset() == value.utcoffset():
            return given  # as written, even if the clocks skip it
    return value.astimezone(zone)  # the zone's rules have changed: the instant stays


def _read_time(text: str) -> time:
    moment, zone, fold = _parts(text)
    value = time.fromisoformat(moment)
    return value.replace(tzinfo=zone or value.tzinfo, fold=fold)


def _write_timedelta(value: timedelta) -> int:
    micros = timedelta.__floordiv__(value, _MICROSECOND)  # not pendulum's
    if not -_INT64 <= micros < _INT64:
        raise ValueError(f"{timedelta.__repr__(value)} is more than 64 bits of microseconds can hold")
    return micros


_WRITERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$datetime", _write_datetime),
    date: ("$date", date.isoformat),
    time: ("$time", _write_time),
    timedelta: ("$timedelta", _write_timedelta),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    Decimal: ("$decimal", Decimal.__str__),
    UUID: ("$uuid", UUID.__str__),
    ZoneInfo: ("$zone", zone_name),
    timezone: ("$zone", zone_name),
}

# Subclasses are stored as the first of these. The types are kept here because a module's names may be patched
# (freezegun).
_KINDS = dict.fromkeys((str, int, float, list, dict, tuple, set, frozenset, *_WRITERS))

_READERS: dict[str, Callable[[Any], Any]] = {
    "$datetime": _read_datetime,
    "$date": date.fromisoformat,
    "$time": _read_time,
    "$timedelta": lambda micros: micros * _MICROSECOND,
    "$bytes": lambda text: base64.b64decode(text, validate=True),
    "$decimal": Decimal,
    "$uuid": UUID,
    "$zone": to_zone,
    "$int": int,
    "$enum": _enum,
    "$tuple": lambda items: tuple(_decode(item) for item in items),
    "$set": lambda items: {_decode(item) for item in items},
    "$frozenset": lambda items: frozenset(_decode(item) for item in items),
    "$dict": lambda pairs: {_decode(key): _decode(item) for key, item in pairs},
}


def _read(value: Any, where: str, reader: Callable[[Any], Any] | None = None) -> Any:
    try:
        return (reader or _decode)(value)
    except Exception as error:  # the text comes from outside, so a reader above may raise anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"{where}: {shorten(value)} cannot be read: {reason[:200]}") from error


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag.startswith("$"):
            reader = _READERS.get(tag)
            if reader is None:
                raise ValueError(f"unknown tag {tag!r}")
            return reader(inner)
    return {key: _decode(item) for key, item in value.items()}

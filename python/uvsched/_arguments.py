"""Arguments and results as JSON, with tagged types, for durable stores.

JSON's own types stay as they are. Others become an object with one member whose name begins with "$": {"$bytes": "…"}.
Decoding makes objects of these types only; an Enum is found by reference, never imported from a module not loaded yet.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ._time import to_zone, zone_name

_INT64 = 1 << 63
_MAX_DEPTH = 64
_MICROSECOND = timedelta(microseconds=1)


def encode_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """JSON of a call's arguments: {"args": […], "kwargs": {…}}, None when there are none.

    Raises:
        TypeError, ValueError: naming the argument and the type or value that cannot be stored.
    """
    out: dict[str, Any] = {}
    if args:
        out["args"] = [_encode(value, f"args[{index}]", 1) for index, value in enumerate(args)]
    if kwargs:
        out["kwargs"] = {key: _encode(value, f"kwargs[{key!r}]", 1) for key, value in kwargs.items()}
    return _dump(out) if out else None


def decode_arguments(text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, from what encode_arguments() wrote, a JSON array (positional) or object (keywords).

    Raises:
        ValueError, LookupError: the text holds something that cannot be read back.
    """
    if not text:
        return (), {}
    value = json.loads(text)
    if isinstance(value, list):
        return tuple(_decode(item) for item in value), {}
    if not isinstance(value, dict):
        raise ValueError(f"arguments: expected an array or an object, not {type(value).__name__}")
    if value and value.keys() <= {"args", "kwargs"}:
        args, kwargs = value.get("args", []), value.get("kwargs", {})
        return tuple(_decode(item) for item in args), {key: _decode(item) for key, item in kwargs.items()}
    return (), {key: _decode(item) for key, item in value.items()}


def encode_result(value: Any) -> str:
    """JSON of what a function returned; of what JSON cannot hold, its repr, tagged. Never raises for odd objects."""
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
    """What encode_result() wrote, read back; the JSON value itself where that is not possible, None for ""."""
    if not text:
        return None
    value = json.loads(text)
    try:
        return _decode(value)
    except (ValueError, LookupError, TypeError, ArithmeticError):
        return value


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()  # lone surrogates have no UTF-8
    return text


def _encode(value: Any, where: str, depth: int) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else {"$int": str(value)}
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{where}: {value!r} has no JSON form")
        return value
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
    if isinstance(value, Enum):
        return {"$enum": _enum_reference(value, where)}
    writer = _WRITERS.get(kind)
    if writer is None:
        raise TypeError(
            f"{where}: a {kind.__module__}.{kind.__qualname__} cannot be stored; use JSON's types, datetime, date, "
            "time, timedelta, bytes, tuple, set, frozenset, Decimal, UUID, Enum, ZoneInfo or timezone, or keep the "
            "task in a memory store"
        )
    tag, write = writer
    return {tag: write(value)}


def _encode_dict(value: dict[Any, Any], where: str, depth: int) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: _encode(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()}
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


def _write_datetime(value: datetime) -> str:
    """ISO 8601, with an IANA zone in brackets where there is one."""
    zone = getattr(value.tzinfo, "key", None)
    return value.isoformat() + (f"[{zone}]" if zone else "")


def _read_datetime(text: str) -> datetime:
    moment, _, zone = text.partition("[")
    value = datetime.fromisoformat(moment)
    return value.astimezone(ZoneInfo(zone.removesuffix("]"))) if zone else value


_WRITERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$datetime", _write_datetime),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
    timedelta: ("$timedelta", lambda value: value // _MICROSECOND),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    Decimal: ("$decimal", str),
    UUID: ("$uuid", str),
    ZoneInfo: ("$zone", zone_name),
    timezone: ("$zone", zone_name),
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "$datetime": _read_datetime,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
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
                raise ValueError(f"arguments: unknown tag {tag!r}")
            return reader(inner)
    return {key: _decode(item) for key, item in value.items()}

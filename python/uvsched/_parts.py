"""Stores and executors as a configuration gives them: objects, text, dictionaries. The engine's parser reads the last
two; here they are only brought there, and back as objects."""

from __future__ import annotations

import inspect
import json
import math
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeVar

from . import _core
from ._names import near_name
from ._references import class_from_reference
from ._text import utf8
from ._time import span_to_micros
from .exceptions import UvschedLookupError

T = TypeVar("T")

_REFERENCE = re.compile(r"[\w.]+(:[\w.]+)?")
_OWN = ("asyncz.", "uvsched.")

# One of them says what a part is.
_NAMES = ("type", "class", "url")

# Options of which the engine reads only these members; the others may be anything.
_MEMBERS_READ = {"pool_kwargs": ("thread_name_prefix",)}


def create_part(
    part: T | str | Mapping[str, Any],
    options: Mapping[str, Any],
    path: tuple[Literal["stores", "executors"], str],
    base: type[T],
    make: Callable[..., T],
    pythons: Mapping[str, type[T]],
) -> T:
    """The store or executor that a user means.

    Args:
        part: an object; text ("sqlite:tasks.db", "threadpool:4"); a mapping with "type", "class" or "url", and options.
        options: further options, as keyword arguments give them.
        path: where it stands in a configuration, for messages: the section and the alias.
        base: its class.
        make: called with the options that the engine's parser found, "type" among them.
        pythons: the classes of uvsched that the parser does not know, by type.

    Raises:
        TypeError, ValueError (UnsupportedError for what is known but not in this build), LookupError: naming the path
        of the fault and the value.
    """
    shown = ".".join(path)
    if isinstance(part, base):
        if options:
            raise TypeError(f"{shown}: options beside a {base.__name__} object: {', '.join(options)}")
        return part
    if isinstance(part, Mapping):
        given = {**part, **options}
    elif isinstance(part, str):
        given = {"url" if path[0] == "stores" and ":" in part else "type": part, **options}
    else:
        raise TypeError(f"{shown}: expected a {base.__name__}, a string or a mapping, not {type(part).__name__}")
    _check_named(given, shown)
    named = "class" if "class" in given else "type"
    kind = _kind(named, given.get(named), base, shown, pythons)
    if kind is not None:
        del given[named]
        return _made(kind, {name: _number(value) for name, value in given.items()}, shown)
    whole = isinstance(part, str) and not options
    text = json.dumps({path[0]: {path[1]: plain(part if whole else _read_by_engine(given), shown)}})
    try:
        found: dict[str, Any] = json.loads(_core.read_configuration(text))[path[0]][path[1]]
    except UvschedLookupError as error:
        also = f"; in Python also {', '.join(pythons)}" if pythons else ""
        raise UvschedLookupError(f"{error}{also}") from None
    return make(**found)


def _made(kind: type[T], options: dict[str, Any], shown: str) -> T:
    try:
        inspect.signature(kind).bind(**options)
    except TypeError as error:
        raise TypeError(f"{shown}: {error}") from None
    return kind(**options)


def _check_named(given: Mapping[str, Any], shown: str) -> None:
    """Raises TypeError if a member seems to be meant to say what it is, and none does."""
    if not given.keys().isdisjoint(_NAMES):
        return
    for name in given:
        near = near_name(name, _NAMES) if isinstance(name, str) else None
        if near is not None:
            raise TypeError(f"{shown}: unknown option {name!r} (did you mean {near!r}?)")


def _number(value: Any) -> Any:
    """The value; digits are a number, as in configurations whose values are all text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _kind(named: str, name: Any, base: type[T], shown: str, pythons: Mapping[str, type[T]]) -> type[T] | None:
    """The class that is made without the engine's parser; None if the parser has to read the options."""
    if not isinstance(name, str):
        return None
    if named == "type":
        return pythons.get(name)
    if not _REFERENCE.fullmatch(name):
        return None
    if not name.startswith(_OWN):
        return class_from_reference(name, base, shown)
    wanted = re.split("[:.]", name)[-1]
    return next((kind for kind in pythons.values() if kind.__name__ == wanted), None)


def _read_by_engine(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options without the members that the engine does not read."""
    read = dict(given)
    for option, members in _MEMBERS_READ.items():
        if isinstance(value := given.get(option), Mapping):
            read[option] = {name: value[name] for name in members if name in value}
    return read


def nested(given: Mapping[str, Any], argument: str) -> dict[str, Any]:
    """A configuration dictionary in its nested spelling: "asyncz.stores.default.type" is stores / default / type. The
    engine knows how keys are spelt; it sees no value.

    Raises:
        TypeError, ValueError: naming the key.
    """
    values: list[Any] = []

    def numbered(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {checked_key(key, argument): numbered(member) for key, member in value.items()}
        if value is None:
            return None
        values.append(value)
        return len(values) - 1

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(member) for key, member in value.items()}
        return None if value is None else values[value]

    found: dict[str, Any] = filled(json.loads(_core.nest_configuration(json.dumps(numbered(given)))))
    return found


def plain(value: Any, path: str) -> Any:
    """What JSON holds of a configuration: timedeltas are seconds, paths are text.

    Raises:
        TypeError, ValueError: naming the path.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return utf8(value, path)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path}: {value!r} is not a finite number")
        return float(value)
    if isinstance(value, timedelta):
        return span_to_micros(value, path) / 1_000_000
    if isinstance(value, os.PathLike):
        return plain(os.fspath(value), path)
    if isinstance(value, Mapping):
        return {checked_key(key, path): plain(member, f"{path}.{key}") for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member, path) for member in value]
    raise TypeError(f"{path}: expected a string, a number or a mapping, not {type(value).__name__}")


def checked_key(key: Any, argument: str) -> str:
    """The key as plain text.

    Raises:
        TypeError, ValueError: it is not a string, or not UTF-8; naming `argument`.
    """
    if not isinstance(key, str):
        raise TypeError(f"{argument}: the key {key!r} is not a string")
    return utf8(key, f"{argument} (a key)")

"""Custom triggers: the program's own classes, in the form that the engine stores (the class's name, the state as JSON),
and as objects again."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from .._arguments import decode_arguments, encode_arguments
from .._references import reference_of
from .._time import span_to_micros, zone_name
from .._trust import find_trusted
from .base import KIND_JSON, BaseTrigger, Spec
from .rule import RuleTrigger
from .stored import MAKERS

_KEPT = 4096  # declared triggers that are given back as the same object


class CustomForm:
    """A custom trigger as the engine stores it.

    Attributes:
        name: "module:qualname" of its class.
        arguments: its state as JSON, in one spelling for equal states.
        local: why the form means an object of this process only; None if it does not.
    """

    __slots__ = ("arguments", "local", "name")

    def __init__(self, name: str, arguments: str, local: str | None) -> None:
        self.name = name
        self.arguments = arguments
        self.local = local

    def spec(self, trigger: BaseTrigger, zone: tzinfo) -> Spec:
        """What the engine is told; `zone` is the one that the trigger is asked in."""
        members: dict[str, Any] = {
            "type": "custom",
            "name": self.name,
            "arguments": json.loads(self.arguments),
            "timezone": zone_name(zone),
        }
        if jitter := getattr(trigger, "_jitter", 0):
            members["jitter"] = jitter / 1_000_000
        return (KIND_JSON, json.dumps(members), None, None, 0, None)


class _Objects:
    """Thread-safe. Objects without a form are kept as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._classes: dict[str, type[BaseTrigger]] = {}
        self._declared: OrderedDict[tuple[str, str], BaseTrigger] = OrderedDict()
        self._local: list[BaseTrigger] = []
        self._numbers: dict[int, int] = {}  # id() of a local one, to its place

    def declare(self, trigger: BaseTrigger) -> CustomForm:
        """The form of a trigger, from which find() leads back to this object."""
        kind = type(trigger)
        name, named = reference_of(kind)
        try:
            if not named:
                raise ValueError(
                    f"{name} is not a class that another process can find: move it to the top level of its module"
                )
            arguments = _canonical(encode_arguments((), _state(trigger)) or "{}")
        except (TypeError, ValueError) as error:
            why = (
                str(error).replace("kwargs['attributes']", "its attributes").replace("kwargs['rule']", "its arguments")
            )
            with self._lock:
                return CustomForm(name, f'{{"object":{self._number(trigger)}}}', why)
        with self._lock:
            self._classes[name] = kind
            self._declared[name, arguments] = trigger
            self._declared.move_to_end((name, arguments))
            if len(self._declared) > _KEPT:
                self._declared.popitem(last=False)
        return CustomForm(name, arguments, None)

    def _number(self, trigger: BaseTrigger) -> int:
        number = self._numbers.setdefault(id(trigger), len(self._local))
        if number == len(self._local):
            self._local.append(trigger)
        return number

    def know(self, name: str, trusted: Iterable[str]) -> None:
        """Imports the class that stored triggers name, which a trusted module must define.

        Raises:
            LookupError: no such class. TypeError: it is not a class of triggers. And all that the module raises.
        """
        kind = find_trusted(name, trusted)
        if not isinstance(kind, type) or not issubclass(kind, BaseTrigger):
            raise TypeError(f"trigger: {name!r} is not a subclass of BaseTrigger")
        with self._lock:
            self._classes[name] = kind

    def find(self, name: str, arguments: Any) -> BaseTrigger:
        """The trigger of a stored form: the object that this process declared, else a new one.

        Raises:
            LookupError: this process does not know the class. And all that making the object raises.
        """
        if isinstance(arguments, dict) and arguments.keys() == {"object"}:
            return self._local[arguments["object"]]
        text = _canonical(json.dumps(arguments))
        with self._lock:
            found = self._declared.get((name, text))
            kind = self._classes.get(name)
        if found is not None:
            return found
        if kind is None:
            raise LookupError(f"trigger: the class {name} is not known to this process")
        made = _restored(kind, decode_arguments(text)[1])
        with self._lock:
            return self._declared.setdefault((name, text), made)


objects = _Objects()
"""The custom triggers of this process."""


def _from_stored(members: dict[str, Any]) -> BaseTrigger | None:
    """The trigger that the engine's JSON of type "custom" means; None if this process cannot make it: asking it says
    why."""
    try:
        return objects.find(members["name"], members.get("arguments") or {})
    except Exception:  # also one that the class raises
        return None


MAKERS["custom"] = _from_stored


def custom_name(text: str) -> str | None:
    """The name of the class, where the engine's JSON is that of a custom trigger."""
    members = json.loads(text)
    return members["name"] if members["type"] == "custom" else None


def _canonical(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# ---- State ----

_UNSTORED = frozenset({"__dict__", "__weakref__", "_asked", "_jitter"})
_DEFAULTS = {"jitter": None, "allow_mistrigger_by_default": False}


def _state(trigger: BaseTrigger) -> dict[str, Any]:
    """What makes an equal trigger: the arguments of a rule that the class changes, and its attributes."""
    state: dict[str, Any] = {}
    if isinstance(trigger, RuleTrigger):
        state["rule"] = trigger._arguments()
        attributes = dict(getattr(trigger, "__dict__", {}))
    else:
        attributes = _attributes(trigger)
    if attributes:
        state["attributes"] = attributes
    return state


def _attributes(trigger: BaseTrigger) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in type(trigger).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            private = slot.startswith("__") and not slot.endswith("__")
            name = f"_{kind.__name__.lstrip('_')}{slot}" if private else slot
            if name not in _UNSTORED and hasattr(trigger, name):
                found[name] = getattr(trigger, name)
    found.update(getattr(trigger, "__dict__", {}))
    return {name: value for name, value in found.items() if name not in _DEFAULTS or value != _DEFAULTS[name]}


def _restored(kind: type[BaseTrigger], state: dict[str, Any]) -> BaseTrigger:
    made = kind.__new__(kind)
    attributes = state.get("attributes", {})
    if isinstance(made, RuleTrigger):
        made._restore(state.get("rule", {}))
    else:
        attributes = {**_DEFAULTS, **attributes}
        jitter = attributes["jitter"]
        made._jitter = 0 if jitter is None else span_to_micros(jitter, "jitter")
    for name, value in attributes.items():
        setattr(made, name, value)
    return made

"""Makes a failing case small: leaves out and rounds whatever it fails without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .cases import Case
from .definition import Definition

MOST_TRIALS = 2_000
OPTIONS = ("gap", "overlap", "start_at", "end_at", "timezone", "key")


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    trials = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(case):
            trials += 1
            if trials > MOST_TRIALS:
                return case
            if fails(candidate):
                case, smaller = candidate, True
                break
    return case


def _candidates(case: Case) -> Iterator[Case]:
    for definition in _definitions(case.definition):
        yield replace(case, definition=definition)
    for zone in ("UTC", "America/New_York"):
        if case.zone not in ("UTC", zone):
            yield replace(case, zone=zone)
    for unit in (86_400, 3_600, 60, 1):
        if case.after % (unit * 1_000_000):
            yield replace(case, after=case.after - case.after % (unit * 1_000_000))


def _definitions(definition: Definition) -> Iterator[Definition]:
    for option in OPTIONS:
        if option in definition:
            yield {name: value for name, value in definition.items() if name != option}
    children = definition.get("triggers", [])
    yield from children
    for at, child in enumerate(children):
        if len(children) > 2:
            yield {**definition, "triggers": children[:at] + children[at + 1 :]}
        for smaller in _definitions(child):
            yield {**definition, "triggers": [*children[:at], smaller, *children[at + 1 :]]}
    for text in _texts(definition["expression"]) if "expression" in definition else ():
        yield {**definition, "expression": text}
    plain = [name for name in definition if name not in (*OPTIONS, "type", "triggers", "expression")]
    for name in plain:
        if len(plain) > 1:
            yield {key: value for key, value in definition.items() if key != name}
        if isinstance(definition[name], int) and definition[name] > 1:
            yield {**definition, name: definition[name] // 2}
        for text in _items(definition[name]) if isinstance(definition[name], str) else ():
            yield {**definition, name: text}


def _texts(text: str) -> Iterator[str]:
    words = text.split(" ")
    if " ".join(text.split()) != text:
        yield " ".join(text.split())
    if len(words) in (6, 7):
        yield " ".join(words[1:])
        yield " ".join(words[:-1])
    for at, word in enumerate(words):
        for smaller in ["*"] * (word != "*") + ["0"] * (word not in "*0") + list(_items(word)):
            yield " ".join([*words[:at], smaller, *words[at + 1 :]])


def _items(text: str) -> Iterator[str]:
    items = text.split(",")
    for at in range(len(items) if len(items) > 1 else 0):
        yield ",".join(items[:at] + items[at + 1 :])
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]

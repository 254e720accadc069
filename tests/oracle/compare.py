"""Asks a trigger and the oracle the same, and says where they differ."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Protocol

from .cases import Case
from .cron_text import NeedsKey
from .definition import Definition, iso, to_rule
from .refused import Refused
from .rules import Rule

MICROS = 1_000_000


class Trigger(Protocol):
    """What is compared. Instants are in microseconds."""

    def next(self, after: int, count: int) -> list[tuple[int, str]]:
        """At most so many next times, each with its reason."""

    def previous(self, before: int, count: int) -> list[int]: ...

    def again(self) -> Trigger:
        """The trigger read back from its JSON, which must be equal and have equal JSON."""


class RefusedByTrigger(Exception):
    """The definition is not accepted."""


class NoKey(Exception):
    """There is an `H`, and no key."""


def difference(case: Case, make: Callable[[Case], Trigger]) -> str | None:
    """What is wrong, or None. `make` raises RefusedByTrigger; the trigger raises NoKey where it is asked."""
    try:
        rule = to_rule(case.definition, case.zone, case.after // MICROS)
    except Refused as refused:
        return _must_refuse(case, make, refused)
    except NeedsKey:
        return _must_want_a_key(case, make)
    try:
        trigger = make(case)
        forwards = trigger.next(case.after, 4)
        backwards = trigger.previous(case.after, 2)
    except RefusedByTrigger as refusal:
        return f"should be accepted, and is refused: {refusal}"
    except NoKey:
        return "asks for a key"
    # Whole seconds later than `after`, and earlier than it.
    after, before = case.after // MICROS, -(-case.after // MICROS)
    fires = itertools.islice(rule.after(after), 4)
    return (
        _compare("next", [at for at, _ in forwards], [at * MICROS for at in fires])
        or _compare("previous", backwards, [at * MICROS for at in itertools.islice(rule.before(before), 2)])
        or _reasons(rule, forwards)
        or _agree(trigger, case, forwards)
    )


def _must_refuse(case: Case, make: Callable[[Case], Trigger], refused: Refused) -> str | None:
    try:
        make(case)
    except RefusedByTrigger:
        return None
    return f"should be refused: {refused}"


def _must_want_a_key(case: Case, make: Callable[[Case], Trigger]) -> str | None:
    try:
        make(case).next(case.after, 1)
    except NoKey:
        return None
    except RefusedByTrigger as refusal:
        return f"should be accepted, and is refused: {refusal}"
    return "answers without the key of its H"


def _compare(what: str, found: list[int], expected: list[int]) -> str | None:
    return None if found == expected else f"{what} is {_text(found)}, and should be {_text(expected)}"


def _reasons(rule: Rule, forwards: list[tuple[int, str]]) -> str | None:
    for at, why in forwards:
        if why not in rule.whys(at // MICROS):
            return f"the reason of {_text([at])} is {why}, and should be {' or '.join(sorted(rule.whys(at // MICROS)))}"
    return None


def _agree(trigger: Trigger, case: Case, forwards: list[tuple[int, str]]) -> str | None:
    """`next n` is n times `next`, `previous` goes back what `next` went, and JSON tells all."""
    if not _phase_from_question(case.definition):
        after = case.after
        for at, why in forwards:
            if trigger.next(after, 1) != [(at, why)]:
                return f"next after {_text([after])} is {trigger.next(after, 1)}, and {(at, why)} in a list"
            if trigger.next(at - 1, 1) != [(at, why)]:
                return f"next just before {_text([at])} is {trigger.next(at - 1, 1)}"
            if trigger.previous(at + 1, 1) != [at]:
                return f"previous just after {_text([at])} is {trigger.previous(at + 1, 1)}"
            after = at
    copy = trigger.again()
    return None if copy.next(case.after, 4) == forwards else "its copy through JSON has other times"


def _phase_from_question(definition: Definition) -> bool:
    """Whether the moment of asking takes the place of a start_at."""
    if "triggers" in definition:
        return any(map(_phase_from_question, definition["triggers"]))
    return definition["type"] in ("interval", "calendar_interval") and "start_at" not in definition


def _text(instants: list[int]) -> str:
    def one(instant: int) -> str:
        return iso(instant // MICROS) + (f" + {instant % MICROS} us" if instant % MICROS else "")

    return ", ".join(map(one, instants)) or "never"

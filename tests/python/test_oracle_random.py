"""Random triggers, zones and moments: the engine against the oracle.

3,000 cases; 20,000 where CI is set; 1,000,000 where UVSCHED_TEST_LONG is. UVSCHED_TEST_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from oracle import cron_text
from oracle.cases import Case, Maker
from oracle.compare import NoKey, RefusedByTrigger, difference
from oracle.definition import Definition, zone_name
from oracle.shrink import shrink
from uvsched.triggers import AndTrigger, BaseTrigger, CalendarIntervalTrigger, CronTrigger, IntervalTrigger, OrTrigger

SEED = int(os.environ.get("UVSCHED_TEST_SEED") or random.SystemRandom().randrange(2**32))
CASES = 1_000_000 if os.environ.get("UVSCHED_TEST_LONG") else 20_000 if os.environ.get("CI") else 3_000
PARTS = 8  # that may run side by side
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
CLASSES = {"interval": IntervalTrigger, "calendar_interval": CalendarIntervalTrigger, "cron": CronTrigger}


def build(definition: Definition) -> BaseTrigger:
    """The trigger by the calls that users make."""
    options = {name: value for name, value in definition.items() if name != "type"}
    if "triggers" in options:
        children = [build(child) for child in options.pop("triggers")]
        return (AndTrigger if definition["type"] == "and" else OrTrigger)(children, **options)
    if "expression" in options:
        return CronTrigger.from_crontab(options.pop("expression"), **options)
    return CLASSES[definition["type"]](**options)


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def optional_micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


class Asked:
    """A trigger, asked in microseconds."""

    def __init__(self, trigger: BaseTrigger) -> None:
        self.trigger = trigger

    def next(self, after: int, count: int) -> list[tuple[int, str]]:
        moment = EPOCH + after * MICROSECOND
        try:
            times = self.trigger.next(moment, count)
        except ValueError as error:
            if "key" in str(error):
                raise NoKey from None
            raise
        explained = [(micros(at), why) for at, why in self.trigger.explain(moment, count)]
        assert [micros(at) for at in times] == [at for at, _ in explained]
        assert optional_micros(self.trigger.next(moment)) == (explained[0][0] if explained else None)
        return explained

    def previous(self, before: int, count: int) -> list[int]:
        moment = EPOCH + before * MICROSECOND
        times = [micros(at) for at in self.trigger.previous(moment, count)]
        assert optional_micros(self.trigger.previous(moment)) == (times[0] if times else None)
        return times

    def again(self) -> Asked:
        pickled = pickle.loads(pickle.dumps(self.trigger))
        assert pickled == self.trigger
        assert hash(pickled) == hash(self.trigger)
        assert pickled.to_json() == self.trigger.to_json()
        copy = type(self.trigger).from_json(self.trigger.to_json())
        assert copy.to_json() == self.trigger.to_json()
        # JSON writes out the zone that a rule takes from a bound or from the combination it is in.
        assert type(copy).from_json(copy.to_json()) == copy
        return Asked(copy)


def make(case: Case) -> Asked:
    definition: dict[str, Any] = case.definition
    # Where nothing names a zone it is the scheduler's: a trigger that is asked without one has none but UTC.
    if zone_name(definition, "") == "":
        definition = {**definition, "timezone": case.zone}
    try:
        trigger = build(definition)
    except ValueError as error:
        if "expression" in definition:
            names_a_column(str(error), definition["expression"])
        raise RefusedByTrigger(str(error)) from None
    if "expression" in definition:
        has_canonical_text(trigger, definition["expression"])
    return Asked(trigger)


def names_a_column(message: str, text: str) -> None:
    column = re.search(r"\(column (\d+)\)", message)
    assert column, message
    assert 1 <= int(column[1]) <= len(text) + 1, message


def has_canonical_text(trigger: BaseTrigger, text: str) -> None:
    assert json.loads(trigger.to_json())["expression"] == cron_text.read(text).canonical


def wrong(case: Case) -> str | None:
    try:
        return difference(case, make)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.timeout(max(300, CASES // 20))
@pytest.mark.parametrize("part", range(PARTS))
def test_the_engine_agrees_with_the_oracle(part: int) -> None:
    for number in range(part, CASES, PARTS):
        case = Maker(SEED, number).case()
        if wrong(case):
            small = shrink(case, lambda candidate: wrong(candidate) is not None)
            pytest.fail(
                f"UVSCHED_TEST_SEED={SEED}, case {number}: {small}\n{wrong(small)}\n"
                f"as it was made: {case}\n{wrong(case)}"
            )

"""The rows of tests/data/cron_table.tsv and cron_errors.tsv, which tests/core/triggers/cron_table_test.cpp asks too."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from oracle import table
from oracle.zones import load
from uvsched.triggers import CronTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)


def make(rule: dict[str, Any], zone: str) -> CronTrigger:
    options = {name: value for name, value in rule.items() if name not in ("type", "expression", "timezone")}
    if "expression" in rule:
        return CronTrigger.from_crontab(rule["expression"], timezone=zone, **options)
    return CronTrigger(timezone=zone, **options)


def moment(micros: int) -> datetime:
    return EPOCH + micros * MICROSECOND


def utc(found: datetime | None) -> datetime | None:
    """For comparing: a time of an overlap equals none of another zone (PEP 495)."""
    return None if found is None else found.astimezone(timezone.utc)


@pytest.mark.parametrize("row", table.rows(), ids=lambda row: f"line {row.line}")
def test_a_row_of_the_table(row: table.Row) -> None:
    trigger = make(row.rule, row.zone)
    after = moment(row.after)
    found = trigger.next(after)
    if row.next is None:
        assert found is None
        assert trigger.next(after, 3) == []
        assert trigger.get_next_trigger_time(timezone.utc, after) is None
        return
    expected = moment(row.next)
    assert utc(found) == expected
    assert found is not None
    assert found.utcoffset() == timedelta(seconds=row.offset)
    # Its wall-clock fields are made from the engine's offsets, not from zoneinfo's.
    assert found.replace(tzinfo=timezone.utc) == expected + timedelta(seconds=row.offset)
    assert [(utc(at), why) for at, why in trigger.explain(after, 1)] == [(expected, row.why)]
    assert [utc(at) for at in trigger.next(after, 1)] == [expected]
    assert utc(trigger.previous(expected + MICROSECOND)) == expected
    before = utc(trigger.previous(expected))
    assert before is None or before <= after
    # The first after the last one; else the first from now on, and now counts.
    assert utc(trigger.get_next_trigger_time(timezone.utc, after, after + timedelta(days=400))) == expected
    assert utc(trigger.get_next_trigger_time(timezone.utc, None, expected)) == expected
    assert load(row.zone).offset(row.next // 1_000_000) == row.offset


@pytest.mark.parametrize("fault", table.faults(), ids=lambda fault: f"line {fault.line}")
def test_a_row_of_the_faults(fault: table.Fault) -> None:
    with pytest.raises(ValueError, match=".") as refused:
        make(fault.rule, "UTC")
    message = str(refused.value)
    if fault.field == "-":
        return
    found = re.search(r'(?:^|[.\s])([a-z_-]+): "(.*?)" .*\(column (\d+)\)', message, re.DOTALL)
    assert found, message
    assert found[1] == fault.field
    column = int(found[3])
    assert fault.column <= column <= fault.column + len(fault.item)
    text = fault.rule["expression"] if "expression" in fault.rule else str(fault.rule[fault.field])
    if found[2].isprintable() and found[2].isascii() and "\\" not in found[2]:
        assert text[column - 1 :].startswith(found[2]) or found[2] in text

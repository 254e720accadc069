"""The oracle against values that were worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from oracle import make_dst_runs, table
from oracle.definition import iso, to_rule
from oracle.refused import Refused
from oracle.zones import load


@pytest.mark.parametrize("row", table.rows(), ids=lambda row: f"line {row.line}")
def test_the_oracle_gives_what_the_table_says(row: table.Row) -> None:
    rule = to_rule(row.rule, row.zone, row.after // 1_000_000)
    after = row.after // 1_000_000
    found = rule.next(after)
    assert (found and iso(found)) == (row.next and iso(row.next // 1_000_000))
    if found is not None:
        assert load(row.zone).offset(found) == row.offset
        assert rule.whys(found) == {row.why}


@pytest.mark.parametrize("fault", table.faults(), ids=lambda fault: f"line {fault.line}")
def test_the_oracle_refuses_what_the_table_says(fault: table.Fault) -> None:
    with pytest.raises(Refused) as refused:
        to_rule(fault.rule, "UTC", 0)
    assert (refused.value.field or "-") == fault.field
    assert refused.value.item.upper() in fault.item.upper()


def test_the_runs_through_two_years_are_what_the_oracle_says() -> None:
    assert make_dst_runs.FILE.read_text() == make_dst_runs.render()


def test_the_oracle_shares_nothing_with_the_engine() -> None:
    for path in Path(table.__file__).parent.glob("*.py"):
        assert not re.search(r"^\s*(?:import|from) +uvsched", path.read_text(), re.MULTILINE), path

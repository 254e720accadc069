"""Arguments and results as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from uvsched._arguments import decode_arguments, decode_result, encode_arguments, encode_result


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


VALUES = [
    None,
    True,
    0,
    -(2**63),
    2**80,
    1.5,
    "text with 'quotes', \n lines and 🐘",
    "",
    [1, [2, []]],
    {"a": {"b": [1]}},
    {"$set": "escaped"},
    {1: "a", (1, 2): "b"},
    (1, (2,)),
    {1, 2},
    frozenset({("b", frozenset({"a"}))}),
    b"\x00\xff",
    datetime(2026, 1, 1, 12),
    datetime(2026, 1, 1, 12, tzinfo=timezone.utc),
    datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    date(2026, 1, 1),
    time(12, 30, 0, 5),
    timedelta(days=-1, microseconds=1),
    Decimal("1.10"),
    UUID(int=5),
    Colour.RED,
    Level.HIGH,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    text = encode_arguments((value,), {"named": value})
    assert text is not None
    args, kwargs = decode_arguments(text)
    assert args == (value,)
    assert kwargs == {"named": value}
    assert type(args[0]) is type(value)
    assert decode_result(encode_result(value)) == value


def test_a_zone_is_kept() -> None:
    moment = datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    text = encode_arguments((moment,), {})
    assert text is not None
    ((back,), _) = decode_arguments(text)
    assert back == moment
    assert back.tzinfo == moment.tzinfo
    assert back.fold == 1


def test_no_arguments_are_no_text() -> None:
    assert encode_arguments((), {}) is None
    assert decode_arguments("") == ((), {})


def test_equal_arguments_give_equal_text() -> None:
    assert encode_arguments(({"b", "a", "c"},), {}) == encode_arguments(({"c", "b", "a"},), {})


def test_arguments_that_other_languages_wrote() -> None:
    assert decode_arguments("[1, 2]") == ((1, 2), {})
    assert decode_arguments('{"a": 1}') == ((), {"a": 1})
    with pytest.raises(ValueError, match="expected an array or an object, not int"):
        decode_arguments("5")
    with pytest.raises(ValueError, match="unknown tag"):
        decode_arguments('[{"$pickle": "gASV"}]')


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((1, object()), {}, TypeError, r"args\[1\]: a builtins.object cannot be stored"),
        ((), {"x": [{"y": print}]}, TypeError, r"kwargs\['x'\]\[0\]\['y'\]: a builtins.builtin_function_or_method"),
        ((float("nan"),), {}, ValueError, r"args\[0\]: nan has no JSON form"),
        (("\ud800",), {}, ValueError, "surrogates not allowed"),
    ],
)
def test_what_cannot_be_stored_is_named(args: Any, kwargs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        encode_arguments(args, kwargs)


def test_nesting_has_a_limit() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="nested more than 64 levels deep"):
        encode_arguments((deep,), {})


def test_an_enum_is_never_imported_from_a_row() -> None:
    with pytest.raises(LookupError, match="module 'this' is not loaded"):
        decode_arguments(json.dumps([{"$enum": "this:Zen.ONE"}]))
    with pytest.raises(LookupError, match="no such member"):
        decode_arguments(json.dumps([{"$enum": "os:system.x"}]))
    with pytest.raises(LookupError, match="no such class"):
        decode_arguments(json.dumps([{"$enum": "os:nothing.here.x"}]))


def test_a_local_enum_is_refused() -> None:
    class Local(Enum):
        ONE = 1

    with pytest.raises(ValueError, match=r"args\[0\]: enum .*Local.ONE"):
        encode_arguments((Local.ONE,), {})


def test_any_result_has_a_text() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert decode_result(encode_result(print)) == {"$repr": repr(print)}
    assert "its repr failed: RuntimeError" in encode_result(Loud())
    assert len(encode_result("x" * 1_000_000)) < 2_000
    cycle: list[Any] = []
    cycle.append(cycle)
    assert "$repr" in encode_result(cycle)
    assert decode_result("") is None

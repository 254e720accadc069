"""Arguments and results as JSON."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
from collections import Counter, OrderedDict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from uvsched._arguments import _READERS, decode_arguments, decode_result, encode_arguments, encode_result


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


class Name(str, Enum):
    ADA = "ada"


class Point(NamedTuple):
    x: int
    y: Any = None


class Markup(str):
    def __str__(self) -> str:
        return "escaped"


class Id(int):
    """A number with a meaning."""


class Ratio(float):
    """Another."""


class Items(list[Any]):
    """A list with methods."""


class FakeDatetime(datetime):
    """As freezegun makes them."""


class FakeDate(date):
    """As freezegun makes them."""


class Span(timedelta):
    def __floordiv__(self, other: Any) -> Any:
        raise NotImplementedError


@dataclasses.dataclass
class Order:
    number: int


ZONE_FILE = resources.files("tzdata.zoneinfo.Europe").joinpath("Madrid").read_bytes()
NEW_YORK = ZoneInfo("America/New_York")


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
    Name.ADA,
    {Name.ADA: 1},
    ZoneInfo("Europe/Madrid"),
    datetime(2024, 11, 3, 1, 30, fold=1),
    time(1, 30, fold=1),
    time(1, 30, tzinfo=NEW_YORK),
    time(1, 30, tzinfo=timezone(timedelta(hours=-5))),
    datetime(2024, 3, 10, 2, 30, tzinfo=NEW_YORK),
    datetime(2024, 3, 10, 2, 30, fold=1, tzinfo=NEW_YORK),
    datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK),
    datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
    datetime(2024, 7, 1, 12, fold=1, tzinfo=timezone.utc),
    datetime(2024, 7, 1, 12, fold=1, tzinfo=NEW_YORK),
    2**63 * timedelta(microseconds=-1),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    text = encode_arguments((value,), {"named": value})
    assert text is not None
    args, kwargs = decode_arguments(text)
    assert args == (value,)
    assert kwargs == {"named": value}
    assert type(args[0]) is type(value)
    assert repr(args) == repr((value,))  # times are equal whatever their fold
    assert decode_result(encode_result(value)) == value


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Point(1, Point(2)), (1, (2, None))),
        (Markup("<b>"), "<b>"),
        (Id(5), 5),
        (Id(2**70), 2**70),
        (Ratio(1.5), 1.5),
        (Items([Id(1)]), [1]),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (Counter("aab"), {"a": 2, "b": 1}),
        ({Markup("key"): 1}, {"key": 1}),
        (
            FakeDatetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
            datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
        ),
        (FakeDate(2026, 1, 1), date(2026, 1, 1)),
        (Span(seconds=5), timedelta(seconds=5)),
    ],
    ids=repr,
)
def test_a_subclass_is_carried_as_its_base(value: Any, base: Any) -> None:
    text = encode_arguments((value,), {})
    assert text is not None
    ((back,), _) = decode_arguments(text)
    assert repr(back) == repr(base)
    assert repr(decode_result(encode_result(value))) == repr(base)


def test_times_of_freezegun() -> None:
    freezegun = importlib.import_module("freezegun")
    with freezegun.freeze_time("2026-01-01 12:00"):
        now = sys.modules["datetime"].datetime.now()
        text = encode_arguments((now, now.date()), {})
    assert text is not None
    assert decode_arguments(text) == ((datetime(2026, 1, 1, 12), date(2026, 1, 1)), {})


def test_times_of_pendulum() -> None:
    pendulum = importlib.import_module("pendulum")
    moment = pendulum.datetime(2024, 11, 3, 1, 30, tz="America/New_York", fold=1)
    text = encode_arguments((moment, pendulum.duration(days=1, seconds=1), moment.date(), moment.timezone), {})
    assert text is not None
    args, _ = decode_arguments(text)
    assert repr(args) == repr(
        (
            datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
            timedelta(days=1, seconds=1),
            date(2024, 11, 3),
            NEW_YORK,
        )
    )


def test_a_zone_whose_rules_are_others_now_keeps_the_instant() -> None:
    ((back,), _) = decode_arguments('[{"$datetime": "2024-07-01T12:00:00+00:00[America/New_York]"}]')
    assert back == datetime(2024, 7, 1, 12, tzinfo=timezone.utc)
    assert back.hour == 8


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
        (("\xe9\ud800",), {}, ValueError, r"args\[0\]: '\\ud800' at 1 is a lone surrogate"),
        (({"\ud800": 1},), {}, ValueError, r"args\[0\] \(a key\): '\\ud800' at 0 is a lone surrogate"),
        (({1: ["\ud800"]},), {}, ValueError, r"args\[0\]\[1\]\[0\]: '\\ud800' at 0 is a lone surrogate"),
        ((), {"\ud800": 1}, ValueError, r"kwargs \(a name\): '\\ud800' at 0 is a lone surrogate"),
        ((timedelta.max,), {}, ValueError, r"args\[0\]: datetime.timedelta\(days=999999999, .* more than 64 bits"),
        (([timedelta.min],), {}, ValueError, r"args\[0\]\[0\]: datetime.timedelta\(days=-999999999\) is more than 64"),
        ((10**5000,), {}, ValueError, r"args\[0\]: Exceeds the limit"),
        ((Order(1),), {}, TypeError, r"args\[0\]: a .*Order cannot be stored; .* dataclasses.asdict\(\) gives them"),
        ((ZoneInfo.from_file(BytesIO(ZONE_FILE)),), {}, ValueError, r"args\[0\]: .* has no IANA name"),
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
    with pytest.raises(ValueError, match="module 'this' is not loaded"):
        decode_arguments(json.dumps([{"$enum": "this:Zen.ONE"}]))
    with pytest.raises(ValueError, match="no such member"):
        decode_arguments(json.dumps([{"$enum": "os:system.x"}]))
    with pytest.raises(ValueError, match="no such class"):
        decode_arguments(json.dumps([{"$enum": "os:nothing.here.x"}]))


def test_a_local_enum_is_refused() -> None:
    class Local(Enum):
        ONE = 1

    with pytest.raises(ValueError, match=r"args\[0\]: enum .*Local.ONE"):
        encode_arguments((Local.ONE,), {})


def test_a_model_of_pydantic_says_what_to_pass() -> None:
    pydantic = importlib.import_module("pydantic")
    model = pydantic.create_model("Model", number=(int, 1))
    with pytest.raises(TypeError, match=r"kwargs\['order'\]: a .*Model cannot be stored; .* \.model_dump\(\) gives"):
        encode_arguments((), {"order": model()})


def test_any_result_has_a_text() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert decode_result(encode_result(print)) == repr(print)
    assert decode_result(encode_result([Order(1)])) == "[Order(number=1)]"
    assert decode_result(encode_result({"$repr": 1})) == {"$repr": 1}
    assert "its repr failed: RuntimeError" in encode_result(Loud())
    assert len(encode_result("x" * 1_000_000)) < 2_000
    cycle: list[Any] = []
    cycle.append(cycle)
    assert "$repr" in encode_result(cycle)
    assert decode_result("") is None


def test_the_documentation_shows_each_form() -> None:
    page = Path(__file__).parents[2] / "docs" / "ledger.md"
    section = page.read_text().partition("### Arguments and results")[2].partition("\n## ")[0]
    shown = [json.loads(text) for text in re.findall(r'`(\{"\$.+?\})`', section)]
    assert {tag for form in shown for tag in form} == {*_READERS, "$repr"}
    for form in shown:
        if form.keys() & {"$enum", "$repr"}:
            continue
        (value,), _ = decode_arguments(json.dumps([form]))
        text = encode_arguments((value,), {})
        assert text is not None
        assert json.loads(text) == {"args": [form]}

"""`uvsched next`. Expected times come from the rules (docs/triggers.md, "When the clocks change"), not from it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import uvsched

from .command import COMMAND, ENVIRONMENT, run


def listed(*arguments: str) -> list[str]:
    """The lines of the table, without its head."""
    status, out, err = run("next", *arguments)
    assert (status, err) == (0, "")
    return out.split("\n\n")[0].splitlines()[1:]


def document(*arguments: str) -> dict[str, Any]:
    status, out, err = run("next", *arguments, "--json")
    assert (status, err) == (0, "")
    read: dict[str, Any] = json.loads(out)
    return read


# Tables


@pytest.mark.parametrize("timezone", ["America/New_York", ":Europe/Madrid", "Etc/UTC", "EST5"])
def test_the_zone_is_the_machines_unless_given(timezone: str) -> None:
    names = {":Europe/Madrid": "Europe/Madrid", "Etc/UTC": "UTC", "EST5": "-05:00"}
    arguments = ["next", "0 9 * * *", "-n", "1", "--after", "2026-01-01T12:00"]
    given = run(*arguments, f"--timezone={names.get(timezone, timezone)}", timezone="Asia/Tokyo")
    assert given[0] == 0
    assert run(*arguments, timezone=timezone) == given
    assert run(*arguments, "--timezone", "local", timezone=timezone) == given
    assert run(*arguments, f"--tz={names.get(timezone, timezone)}") == given


def test_a_machine_whose_zone_is_none_is_told_so() -> None:
    status, out, err = run("next", "0 9 * * *", timezone="CET-1CEST,M3.5.0,M10.5.0/3")
    assert (status, out) == (2, "")
    assert 'TZ is "CET-1CEST,M3.5.0,M10.5.0/3", which names no zone; set TZ to an IANA name' in err
    assert run("next", "0 9 * * *", "--timezone", "UTC", timezone="Mars/Phobos")[0] == 0


def test_local_time_offset_and_utc() -> None:
    arguments = ["*/5 9-17 * * MON-FRI", "--tz", "Europe/Madrid", "-n", "4", "--after", "2026-03-27T17:50"]
    assert run("next", *arguments) == (
        0,
        "Europe/Madrid            offset  UTC\n"
        "Fri 2026-03-27 17:55:00  +01:00  2026-03-27T16:55:00Z\n"
        "Mon 2026-03-30 09:00:00  +02:00  2026-03-30T07:00:00Z\n"
        "Mon 2026-03-30 09:05:00  +02:00  2026-03-30T07:05:00Z\n"
        "Mon 2026-03-30 09:10:00  +02:00  2026-03-30T07:10:00Z\n",
        "",
    )


GAP_NOTE = "gap: the clocks skipped a time that the schedule names; it fires once, at the end of the gap\n"
FIRST_NOTE = (
    "first pass: the clocks are put back and this local time comes again; it fires only here, unless the second, "
    "minute or hour begins with * or --overlap is both\n"
)
SECOND_NOTE = "second pass: the clocks were put back, and this local time has been before\n"


def test_the_end_of_a_gap_is_marked() -> None:
    assert run("next", "30 2 * * *", "--tz", "America/New_York", "-n", "3", "--after", "2024-03-09T00:00") == (
        0,
        "America/New_York         offset  UTC\n"
        "Sat 2024-03-09 02:30:00  -05:00  2024-03-09T07:30:00Z\n"
        "Sun 2024-03-10 03:00:00  -04:00  2024-03-10T07:00:00Z  gap\n"
        "Mon 2024-03-11 02:30:00  -04:00  2024-03-11T06:30:00Z\n"
        "\n" + GAP_NOTE,
        "",
    )


def test_both_passes_of_an_overlap_are_marked() -> None:
    assert run("next", "*/30 1,2 * * *", "--tz", "America/New_York", "-n", "5", "--after", "2024-11-03T00:59") == (
        0,
        "America/New_York         offset  UTC\n"
        "Sun 2024-11-03 01:00:00  -04:00  2024-11-03T05:00:00Z  first pass\n"
        "Sun 2024-11-03 01:30:00  -04:00  2024-11-03T05:30:00Z  first pass\n"
        "Sun 2024-11-03 01:00:00  -05:00  2024-11-03T06:00:00Z  second pass\n"
        "Sun 2024-11-03 01:30:00  -05:00  2024-11-03T06:30:00Z  second pass\n"
        "Sun 2024-11-03 02:00:00  -05:00  2024-11-03T07:00:00Z\n"
        "\n" + FIRST_NOTE + SECOND_NOTE,
        "",
    )


def test_the_first_pass_alone() -> None:
    assert run("next", "30 1 * * *", "--tz", "America/New_York", "-n", "2", "--after", "2024-11-03T00:00") == (
        0,
        "America/New_York         offset  UTC\n"
        "Sun 2024-11-03 01:30:00  -04:00  2024-11-03T05:30:00Z  first pass\n"
        "Mon 2024-11-04 01:30:00  -05:00  2024-11-04T06:30:00Z\n"
        "\n" + FIRST_NOTE,
        "",
    )


def test_options_of_gap_and_overlap() -> None:
    assert listed(
        "30 2 * * *", "--tz", "America/New_York", "-n", "2", "--after", "2024-03-09T00:00", "--gap", "skip"
    ) == [
        "Sat 2024-03-09 02:30:00  -05:00  2024-03-09T07:30:00Z",
        "Mon 2024-03-11 02:30:00  -04:00  2024-03-11T06:30:00Z",
    ]
    assert listed(
        "30 1 * * *", "--tz", "America/New_York", "-n", "2", "--after", "2024-11-03T00:00", "--overlap", "both"
    ) == [
        "Sun 2024-11-03 01:30:00  -04:00  2024-11-03T05:30:00Z  first pass",
        "Sun 2024-11-03 01:30:00  -05:00  2024-11-03T06:30:00Z  second pass",
    ]


def test_offsets_with_seconds() -> None:
    assert listed("30 0 7 1 *", "--tz", "Africa/Monrovia", "-n", "1", "--after", "1972-01-01T00:00Z") == [
        "Fri 1972-01-07 00:44:30  +00:00  1972-01-07T00:44:30Z  gap"
    ]
    assert listed("0 0 1 1 *", "--tz", "Africa/Monrovia", "-n", "1", "--after", "1971-12-31T00:00Z") == [
        "Sat 1972-01-01 00:00:00  -00:44:30  1972-01-01T00:44:30Z"
    ]


def test_seconds_years_and_nicknames() -> None:
    assert listed("*/20 59 23 31 12 * 2030", "-n", "3", "--after", "2026-01-01T00:00") == [
        "Tue 2030-12-31 23:59:00  +00:00  2030-12-31T23:59:00Z",
        "Tue 2030-12-31 23:59:20  +00:00  2030-12-31T23:59:20Z",
        "Tue 2030-12-31 23:59:40  +00:00  2030-12-31T23:59:40Z",
    ]
    assert listed("@monthly", "-n", "1", "--tz", "+05:30", "--after", "2026-01-01T00:00") == [
        "Sun 2026-02-01 00:00:00  +05:30  2026-01-31T18:30:00Z"
    ]


def test_a_key_settles_the_hash() -> None:
    assert listed("H H * * *", "--key", "digest", "-n", "1", "--after", "2026-01-01T12:00Z") == [
        "Fri 2026-01-02 05:44:00  +00:00  2026-01-02T05:44:00Z"
    ]
    assert [
        row[15:20] for row in listed("H/15 * * * *", "--key", "digest", "-n", "4", "--after", "2026-01-01T12:00Z")
    ] == [
        "12:14",
        "12:29",
        "12:44",
        "12:59",
    ]
    status, out, err = run("next", "H H * * *")
    assert (status, out) == (2, "")
    assert "key" in err


# From where to where


def test_the_moment_itself_is_not_listed() -> None:
    first = "Thu 2026-01-01 00:00:00  +00:00  2026-01-01T00:00:00Z"
    assert listed("0 0 1 1 *", "-n", "1", "--after", "2025-12-31T23:59:59.999999") == [first]
    assert listed("0 0 1 1 *", "-n", "1", "--after", "2026-01-01")[0] != first


@pytest.mark.parametrize(
    "moment", ["2026-03-28T09:30:00Z", "2026-03-28T10:30:00+01:00", "2026-03-28T10:30", "2026-03-28 10:30:00.000"]
)
def test_moments_without_offset_are_in_the_zone(moment: str) -> None:
    assert document("30 10 * * *", "--tz", "Europe/Madrid", "-n", "1", "--after", moment) == {
        "expression": "30 10 * * *",
        "timezone": "Europe/Madrid",
        "after": "2026-03-28T10:30:00+01:00",
        "times": [
            {
                "local": "2026-03-29T10:30:00+02:00",
                "offset": "+02:00",
                "utc": "2026-03-29T08:30:00Z",
                "reason": "match",
            }
        ],
    }


def test_a_moment_in_a_gap_has_the_offset_before_it() -> None:
    read = document("0 * * * *", "--tz", "Europe/Madrid", "-n", "1", "--after", "2026-03-29T02:30")
    assert read["after"] == "2026-03-29T03:30:00+02:00"
    assert read["times"][0]["local"] == "2026-03-29T04:00:00+02:00"


def test_without_a_moment_from_now_in_utc() -> None:
    begun = datetime.now(timezone.utc)
    read = document("* * * * * *", "-n", "2")
    ended = datetime.now(timezone.utc)
    assert read["timezone"] == "UTC"
    first, second = (datetime.fromisoformat(time["local"]) for time in read["times"])
    assert begun < first <= ended + timedelta(seconds=1)
    assert second - first == timedelta(seconds=1)
    assert len(document("* * * * *")["times"]) == 5


def test_before_lists_newest_first() -> None:
    assert listed("30 2 * * *", "--tz", "America/New_York", "-n", "3", "--before", "2024-03-11T02:30") == [
        "Sun 2024-03-10 03:00:00  -04:00  2024-03-10T07:00:00Z  gap",
        "Sat 2024-03-09 02:30:00  -05:00  2024-03-09T07:30:00Z",
        "Fri 2024-03-08 02:30:00  -05:00  2024-03-08T07:30:00Z",
    ]
    read = document(
        "30 1 * * *", "--tz", "America/New_York", "-n", "2", "--before", "2024-11-03T12:00", "--overlap", "both"
    )
    assert read["before"] == "2024-11-03T12:00:00-05:00"
    assert [(time["utc"], time["reason"]) for time in read["times"]] == [
        ("2024-11-03T06:30:00Z", "second pass"),
        ("2024-11-03T05:30:00Z", "first pass"),
    ]


def test_start_and_end_are_inclusive() -> None:
    limits = ["--start-at", "2026-01-03T00:00", "--end-at", "2026-01-04T00:00Z"]
    assert run("next", "@daily", "--after", "2026-01-01", *limits) == (
        0,
        "UTC                      offset  UTC\n"
        "Sat 2026-01-03 00:00:00  +00:00  2026-01-03T00:00:00Z\n"
        "Sun 2026-01-04 00:00:00  +00:00  2026-01-04T00:00:00Z\n"
        "\n"
        "no later time: --end-at is Sun 2026-01-04 00:00:00\n",
        "",
    )


def test_a_schedule_may_end() -> None:
    assert run("next", "59 59 23 31 12 * 2198,2199", "--after", "2026-01-01") == (
        0,
        "UTC                      offset  UTC\n"
        "Mon 2198-12-31 23:59:59  +00:00  2198-12-31T23:59:59Z\n"
        "Tue 2199-12-31 23:59:59  +00:00  2199-12-31T23:59:59Z\n"
        "\n"
        "no later time: none before the year 2200\n",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0 0 30 2 *"], '"0 0 30 2 *" never fires'),
        (
            ["0 0 0 1 1 * 2020", "--after", "2026-01-01"],
            '"0 0 0 1 1 * 2020" does not fire after Thu 2026-01-01 00:00:00 +00:00',
        ),
        (
            ["0 0 0 1 1 * 2020", "--before", "2000-01-01"],
            '"0 0 0 1 1 * 2020" does not fire before Sat 2000-01-01 00:00:00 +00:00',
        ),
        (
            ["@yearly", "--end-at", "1970-06-01", "--start-at", "1970-05-01"],
            '"@yearly" never fires within --start-at and --end-at',
        ),
        (["@daily", "--after", "2300-12-31"], '"@daily" does not fire after Mon 2300-12-31 00:00:00 +00:00'),
        (["@daily", "--before", "1900-01-01"], '"@daily" does not fire before Mon 1900-01-01 00:00:00 +00:00'),
        (["@reboot"], '"@reboot" fires when a scheduler starts, not at times of the clock'),
    ],
)
def test_no_time_is_told_with_status_1(arguments: list[str], message: str) -> None:
    assert run("next", *arguments) == (1, "", f"uvsched next: {message}\n")


def test_no_time_as_json() -> None:
    status, out, err = run("next", "0 0 30 2 *", "--after", "2026-01-01T00:00", "--json")
    assert (status, err) == (1, 'uvsched next: "0 0 30 2 *" never fires\n')
    assert json.loads(out) == {
        "expression": "0 0 30 2 *",
        "timezone": "UTC",
        "after": "2026-01-01T00:00:00+00:00",
        "times": [],
    }


def test_many_times() -> None:
    rows = listed("* * * * * *", "-n", "100000", "--after", "2026-01-01T00:00")
    assert len(rows) == 100_000
    assert rows[-1] == "Fri 2026-01-02 03:46:40  +00:00  2026-01-02T03:46:40Z"


# What is wrong


@pytest.mark.parametrize(
    ("expression", "field", "text", "column"),
    [
        ("61 * * * *", "minute", "61", 1),
        ("0 24 * * *", "hour", "24", 3),
        ("  0\t24 * * *", "hour", "24", 5),
        ("0 0 0 * *", "day-of-month", "0", 5),
        ("0 0 1 13 *", "month", "13", 7),
        ("0 0 * * 8", "day-of-week", "8", 9),
        ("60 0 0 * * *", "second", "60", 1),
        ("0 0 0 1 1 * 2200", "year", "2200", 13),
    ],
)
def test_the_column_is_marked(expression: str, field: str, text: str, column: int) -> None:
    status, out, err = run("next", expression)
    assert (status, out) == (2, "")
    message, shown, mark = err.splitlines()
    assert message.startswith(f'uvsched next: {field}: "{text}" is not in ')
    assert message.endswith(f" (column {column})")
    assert shown == f"  {expression}"
    assert mark.rstrip("^") == "".join("\t" if character == "\t" else " " for character in shown[: column + 1])
    assert mark.endswith("^")


def test_an_error_to_the_letter() -> None:
    assert run("next", "61 * * * *") == (
        2,
        "",
        'uvsched next: minute: "61" is not in 0-59 (column 1)\n  61 * * * *\n  ^\n',
    )
    assert run("next", "61 * * * *", "--json") == run("next", "61 * * * *")


@pytest.mark.parametrize(
    "expression", ["", " ", "*", "* * * *", "* * * * * * * *", "@dayly", "世界 * * * *", "\x1b[31m * * * *"]
)
def test_what_is_no_cron_string_is_refused(expression: str) -> None:
    status, out, err = run("next", expression)
    assert (status, out) == (2, "")
    assert err.startswith("uvsched next: ")
    assert "Traceback" not in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["* * * * *", "--tz", "Mars/Phobos"], "--timezone: there is no time zone 'Mars/Phobos'"),
        (["* * * * *", "--tz", "UTC+2"], "UTC+2"),
        (["* * * * *", "--tz", "../UTC"], "../UTC"),
        (["* * * * *", "--tz", ""], "--timezone: there is no time zone ''"),
        (["* * * * *", "-n", "0"], "argument -n: '0' is not a number from 1 to 100000"),
        (["* * * * *", "-n", "100001"], "argument -n: '100001' is not a number from 1 to 100000"),
        (["* * * * *", "-n", "-1"], "argument -n: '-1' is not a number from 1 to 100000"),
        (["* * * * *", "-n", "x"], "argument -n: 'x' is not a number from 1 to 100000"),
        (["* * * * *", "--after", "soon"], "argument --after: 'soon' is not a date or time in ISO 8601"),
        (["* * * * *", "--after", "0001-01-01"], "argument --after: '0001-01-01' is not in the years 1900 to 2300"),
        (["* * * * *", "--before", "9999-12-31"], "argument --before: '9999-12-31' is not in the years 1900 to 2300"),
        (["* * * * *", "--tz", "localtime"], "--timezone: "),
        (["* * * * *", "--tz", "right/UTC"], "--timezone: "),
        (["H * * * *", "--key", ""], "key: "),
        (["* * * * *", "--after", "2026-02-30"], "argument --after: '2026-02-30' is not a date or time in ISO 8601"),
        (["* * * * *", "--after", "now", "--before", "now"], "argument --before: not allowed with argument --after"),
        (["* * * * *", "--start-at", "2026-01-02", "--end-at", "2026-01-01"], "end_at"),
        (["* * * * *", "--gap", "no"], "argument --gap: invalid choice: 'no'"),
        (
            ["*", "*", "*", "*", "*"],
            'EXPRESSION is one argument, but there are 5; quote it: uvsched next "0 9 * * MON-FRI"',
        ),
        ([], "the following arguments are required: EXPRESSION"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], message: str) -> None:
    status, out, err = run("next", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


# The command itself


def test_version_and_help() -> None:
    status, printed, errors = run("--version")
    assert (status, errors) == (0, "")
    version = re.escape(uvsched.__version__)
    assert re.fullmatch(rf"uvsched {version} \((bundled: )?libuv [\d.]+, SQLite [\d.]+\)\n", printed)
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert "next" in out
    assert "check" in out
    for command in ("next", "check"):
        status, out, err = run(command, "--help")
        assert (status, err) == (0, "")
        assert out.startswith(f"usage: uvsched {command} ")
        assert "Exit status: 0" in out
        assert max(map(len, out.splitlines())) <= 80


def test_without_a_command_it_says_how() -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    assert "COMMAND" in err


def test_the_module_is_the_command() -> None:
    arguments = ["next", "@daily", "-n", "1", "--after", "2026-01-01"]
    ended = subprocess.run(
        [sys.executable, "-m", "uvsched", *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == run(*arguments)


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "next", "* * * * * *", "-n", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_locale_without_unicode_is_no_error() -> None:
    ended = subprocess.run(
        [*COMMAND, "next", "世 * * * *"],
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert b"\\u4e16" in ended.stderr


def test_what_it_does_not_need_is_not_loaded() -> None:
    program = (
        "import sys; sys.argv = ['uvsched', 'next', '@daily', '-n', '1'];"
        "from uvsched.cli import main; main();"
        "print(sorted({'uvsched.schedulers', 'uvsched.stores', 'uvsched.executors', 'sqlite3'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True).stdout
    assert out.splitlines()[-1] == "[]"

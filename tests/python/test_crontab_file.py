"""Crontab files: lines, their parts, and what is wrong or surprising in them. No engine is asked here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uvsched.cli.crontab import Crontab, Entry, parse


def findings(crontab: Crontab, *, error: bool) -> list[tuple[int, int, str]]:
    return [(found.line, found.column, found.message) for found in crontab.findings if found.error is error]


def only_entry(text: str, *, system: bool = False) -> Entry:
    crontab = parse(text.encode(), system=system)
    assert findings(crontab, error=True) == []
    (entry,) = crontab.entries
    return entry


USUAL = b"""\
# m h dom mon dow command
SHELL=/bin/sh
MAILTO = "ops@example.com"

  # indented comment, then tabs in an entry
*/5 9-17 * * MON-FRI /usr/bin/poll --all
\t0\t0  1 *\t*\tmonthly  report # not a comment for cron
@reboot /usr/bin/warm
@daily\ttidy
"""


def test_an_entry_is_five_fields_and_the_rest_of_the_line() -> None:
    crontab = parse(USUAL)
    assert crontab.findings == []
    assert crontab.zones == []
    assert crontab.entries == [
        Entry(6, 1, "*/5 9-17 * * MON-FRI", None, "/usr/bin/poll --all", None),
        Entry(7, 2, "0\t0  1 *\t*", None, "monthly  report # not a comment for cron", None),
        Entry(8, 1, "@reboot", None, "/usr/bin/warm", None),
        Entry(9, 1, "@daily", None, "tidy", None),
    ]


def test_a_system_crontab_names_a_user() -> None:
    crontab = parse(b"17 * * * *\troot    cd / && run\n@hourly www-data x y\n", system=True)
    assert crontab.findings == []
    assert crontab.entries == [
        Entry(1, 1, "17 * * * *", "root", "cd / && run", None),
        Entry(2, 1, "@hourly", "www-data", "x y", None),
    ]


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n  \n\t\n", b"# only\n#comments\n"])
def test_a_file_may_have_no_entries(data: bytes) -> None:
    crontab = parse(data)
    assert (crontab.entries, crontab.zones, crontab.findings) == ([], [], [])


def test_every_line_end_is_taken_off_and_told_once() -> None:
    crontab = parse(b"0 0 * * * a b\r\n# c\r\n\r\n0 1 * * * c\r\n")
    assert crontab.lines == ["0 0 * * * a b", "# c", "", "0 1 * * * c"]
    assert [entry.command for entry in crontab.entries] == ["a b", "c"]
    assert findings(crontab, error=False) == [
        (1, 14, "lines end in CR LF: cron hands the CR on to commands and variables")
    ]
    assert findings(crontab, error=True) == []


def test_a_carriage_return_may_be_all_there_is() -> None:
    crontab = parse(b"\r")
    assert crontab.lines == [""]
    assert [found[:2] for found in findings(crontab, error=False)] == [(1, 1), (1, 1)]


def test_only_a_newline_ends_a_line() -> None:
    crontab = parse("0 0 * * * a\x0bb\u2028c\x85d\re\n".encode())
    assert [entry.command for entry in crontab.entries] == ["a\x0bb\u2028c\x85d\re"]


def test_a_last_line_without_newline_is_read_and_told() -> None:
    crontab = parse(b"# x\n0 0 * * * a")
    assert [entry.command for entry in crontab.entries] == ["a"]
    assert findings(crontab, error=False) == [(2, 12, "no newline at the end: cron ignores or refuses this line")]


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    crontab = parse(b"\xef\xbb\xbf0 0 * * * a\n")
    assert crontab.entries == [Entry(1, 1, "0 0 * * *", None, "a", None)]
    assert findings(crontab, error=False) == [(1, 1, "a byte order mark: cron reads it as part of this line")]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_another_encoding_is_refused(codec: str) -> None:
    crontab = parse("\ufeff0 0 * * * a\n".encode(codec))
    assert crontab.entries == []
    assert findings(crontab, error=True) == [(1, 1, "this is UTF-16; a crontab is ASCII or UTF-8")]


def test_bytes_that_are_not_utf8_matter_only_where_they_mean_something() -> None:
    crontab = parse(b"# caf\xe9\nNAME=\xe9\n0 0 * * * echo \xe9\n0 \xe9 * * * x\nCRON_TZ=\xc3\xa9\xe9\n\xff=x\n")
    assert [entry.command for entry in crontab.entries] == ["echo \udce9"]
    assert crontab.zones == []
    assert findings(crontab, error=True) == [
        (4, 3, "the byte 0xE9 is not UTF-8"),
        (5, 10, "the byte 0xE9 is not UTF-8"),
        (6, 1, "the byte 0xFF is not UTF-8"),
    ]
    crontab = parse(b"0 0 * * * r\xe9 x\n", system=True)
    assert findings(crontab, error=True) == [(1, 12, "the byte 0xE9 is not UTF-8")]


def test_a_nul_is_an_error() -> None:
    assert findings(parse(b"# \0 in a comment\n0 0 * * * a\0b\n"), error=True) == [(2, 12, "a NUL character")]


# Variables


@pytest.mark.parametrize(
    ("line", "name", "column"),
    [
        ("CRON_TZ=Europe/Madrid", "Europe/Madrid", 9),
        ("  CRON_TZ \t=  Europe/Madrid \t", "Europe/Madrid", 15),
        ('CRON_TZ="Europe/Madrid"', "Europe/Madrid", 10),
        ("CRON_TZ='Europe/Madrid'", "Europe/Madrid", 10),
        ('"CRON_TZ" = Europe/Madrid', "Europe/Madrid", 13),
        ("'CRON_TZ'=Europe/Madrid", "Europe/Madrid", 11),
        ("CRON_TZ=UTC+02:00", "UTC+02:00", 9),
        ("CRON_TZ=Europe/Madrid # no comment", "Europe/Madrid # no comment", 9),
        ('CRON_TZ="Europe/Madrid', '"Europe/Madrid', 9),
        ("CRON_TZ=a=b", "a=b", 9),
        ("CRON_TZ=", None, 9),
        ('CRON_TZ=""', None, 10),
        ('CRON_TZ="', '"', 9),
    ],
)
def test_cron_tz_is_read_as_cron_reads_variables(line: str, name: str | None, column: int) -> None:
    crontab = parse(f"{line}\n".encode())
    assert [(change.line, change.column, change.name) for change in crontab.zones] == [(1, column, name)]
    assert (crontab.entries, crontab.findings) == ([], [])


def test_cron_tz_holds_for_the_entries_below_it() -> None:
    crontab = parse(b"0 0 * * * a\nCRON_TZ=Asia/Tokyo\n0 0 * * * b\n0 0 * * * c\nCRON_TZ=\n0 0 * * * d\n")
    names = [None if entry.zone is None else entry.zone.name for entry in crontab.entries]
    assert names == [None, "Asia/Tokyo", "Asia/Tokyo", None]


def test_tz_sets_no_zone_of_schedules() -> None:
    crontab = parse(b"TZ=Asia/Tokyo\n0 0 * * * a\n")
    assert crontab.zones == []
    assert crontab.entries[0].zone is None
    assert findings(crontab, error=False) == [
        (1, 1, "TZ sets the zone of the commands; CRON_TZ sets the zone of the schedules")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "A=1",
        "_a9 = 2",
        "PATH=/bin:/usr/bin",
        "X=",
        "HOME = ",
        "Q='a b' c",
        "FOO.BAR=2",
        "a-b=3",
        "5=3",
        "'a b'=3",
        "Ñ=1",
    ],
)
def test_other_variables_are_taken_as_they_are(line: str) -> None:
    crontab = parse(f"{line}\n".encode())
    assert (crontab.entries, crontab.zones, crontab.findings) == ([], [], [])


@pytest.mark.parametrize(
    ("line", "message"),
    [(b"''=3\n", "the name of the variable is empty"), (b"'\xff'=3\n", "the byte 0xFF is not UTF-8")],
)
def test_a_variable_has_a_name(line: bytes, message: str) -> None:
    assert findings(parse(line), error=True) == [(1, 2, message)]


@pytest.mark.parametrize("line", ["0 0 * * * A=1 run", "@daily A=1 run", "0 0 * * * A = 1"])
def test_an_equals_sign_in_a_command_makes_no_variable(line: str) -> None:
    assert only_entry(f"{line}\n").command.startswith("A")


# Commands


@pytest.mark.parametrize(
    ("command", "given", "column"),
    [
        (r"date +\%F", "date +%F", None),
        (r"a \\ b", r"a \\ b", None),
        ("mail -s hi root%Hello%you", "mail -s hi root", 26),
        ("date +%F", "date +", 17),
        (r"a \%b %c \%d", "a %b", 17),
        (r"a \\%b", r"a \\", 15),
        ("%", "", 11),
        ("a \\", "a \\", None),
        ("a  b \t ", "a  b", None),
    ],
)
def test_a_plain_percent_sign_ends_the_command(command: str, given: str, column: int | None) -> None:
    crontab = parse(f"0 0 * * * {command}\n".encode())
    assert [entry.command for entry in crontab.entries] == [given]
    message = r"the command ends at this %: the text after it is its standard input (\% is a percent sign)"
    assert findings(crontab, error=False) == ([] if column is None else [(1, column, message)])


@pytest.mark.parametrize("word", ["*", "*/5", "0", "1-5", "?", "5#2", "5L", "1,2"])
def test_a_sixth_field_is_doubted(word: str) -> None:
    crontab = parse(f"0 0 1 * * {word} run\n".encode())
    assert crontab.entries[0].command == f"{word} run"
    assert findings(crontab, error=False) == [
        (1, 11, f'the command begins with "{word}": a schedule has 5 fields here, no seconds and no year')
    ]


@pytest.mark.parametrize("command", ["7z a b", "./5", "0install run", "[ -x a ] && a", "-x", "true", "( a )"])
def test_commands_that_begin_oddly_are_not_doubted(command: str) -> None:
    assert parse(f"0 0 * * * {command}\n".encode()).findings == []


def test_a_user_in_a_user_crontab_is_doubted() -> None:
    message = 'the command begins with "root": if that is the user, check the file with --system'
    assert findings(parse(b"0 0 * * * root run\n"), error=False) == [(1, 11, message)]
    assert findings(parse(b"@daily root run\n"), error=False) == [(1, 8, message)]
    assert parse(b"0 0 * * * root run\n", system=True).findings == []


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (
            "0 0 * * * /bin/run x",
            11,
            '"/bin/run" is not the name of a user: this column of a system crontab is the user',
        ),
        ("@daily [ -x a ]", 8, '"[" is not the name of a user: this column of a system crontab is the user'),
        ("0 0 * * * A=b x", 11, '"A=b" is not the name of a user: this column of a system crontab is the user'),
        ("0 0 0 * * * root x", 11, '"*" is not the name of a user: a schedule has 5 fields here'),
    ],
)
def test_the_user_of_a_system_crontab_is_checked(line: str, column: int, message: str) -> None:
    assert findings(parse(f"{line}\n".encode(), system=True), error=True) == [(1, column, message)]


@pytest.mark.parametrize(
    ("line", "system", "column", "message"),
    [
        ("*", False, 2, "expected 5 fields and a command; there is 1 part"),
        ("* * * *", False, 8, "expected 5 fields and a command; there are 4 parts"),
        ("  * * * * *  \t", False, 12, "expected 5 fields and a command; there are 5 parts"),
        ("* * * * * root", True, 15, "expected 5 fields, a user and a command; there are 6 parts"),
        ("@daily", False, 7, "expected a nickname and a command; there is 1 part"),
        ("@daily root", True, 12, "expected a nickname, a user and a command; there are 2 parts"),
        ("hello", False, 6, "expected 5 fields and a command; there is 1 part"),
    ],
)
def test_what_is_missing_is_told_at_the_end_of_the_line(line: str, system: bool, column: int, message: str) -> None:
    assert findings(parse(f"{line}\n".encode(), system=system), error=True) == [(1, column, message)]


def test_the_dash_of_cronie_is_no_part_of_the_schedule() -> None:
    crontab = parse(b"-*/15 * * * * root test -x x\n", system=True)
    assert crontab.findings == []
    assert crontab.entries == [Entry(1, 2, "*/15 * * * *", "root", "test -x x", None)]


def test_columns_count_characters() -> None:
    crontab = parse("CRON_TZ=世界\n0 0 * * * 世界 é %\n".encode())
    assert crontab.zones[0].column == 9
    assert findings(crontab, error=False)[0][:2] == (2, 16)


def test_a_long_file_is_read_in_no_time() -> None:
    crontab = parse(
        b"*/5 * * * * run --with % " + b"x" * 200 + b"\n" + b"0 0 * * * " + b"\\%" * 100_000 + b"\n" * 50_000
    )
    assert [len(entry.command) for entry in crontab.entries] == [10, 100_000]
    assert len(crontab.lines) == 50_001


WORDS = b"* 0 */5 MON @daily @ CRON_TZ = % \\ \" ' # - root \0 \xff \xc3\xa9 \xef\xbb\xbf \xff\xfe".split(b" ")
PIECES = st.sampled_from([*WORDS, b" ", b"\t", b"\n", b"\r"])


@given(data=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join)), system=st.booleans())
@settings(max_examples=500, deadline=None)
def test_whatever_it_reads_it_finds_places_that_exist(data: bytes, system: bool) -> None:
    crontab = parse(data, system=system)
    for finding in crontab.findings:
        assert 1 <= finding.line <= len(crontab.lines)
        assert 1 <= finding.column <= len(crontab.lines[finding.line - 1]) + 1
    for entry in crontab.entries:
        line = crontab.lines[entry.line - 1]
        assert line[entry.column - 1 :].startswith(entry.schedule)
        assert (entry.user is not None) == system
    for change in crontab.zones:
        name = change.name or ""
        assert crontab.lines[change.line - 1][change.column - 1 :].startswith(name)

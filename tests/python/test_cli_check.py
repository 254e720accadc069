"""`uvsched check`, on real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from . import command

WINTER = "2026-01-15T12:00Z"  # a Thursday


def run(folder: Path, *arguments: str, given: bytes = b"", timezone: str = "UTC") -> tuple[int, str, str]:
    """The command's exit status, standard output and standard error, run in a folder with something to read."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return command.run("check", *arguments, given=given, timezone=timezone)
    finally:
        os.chdir(before)


def check(folder: Path, content: str | bytes, *options: str) -> tuple[int, str, str]:
    """Checks a file of that content, called jobs, as of WINTER."""
    (folder / "jobs").write_bytes(content.encode() if isinstance(content, str) else content)
    return run(folder, "jobs", "--after", WINTER, *options)


# Files without errors


def test_every_entry_with_its_next_time(tmp_path: Path) -> None:
    content = """\
# m h dom mon dow command
SHELL=/bin/sh
0 9 * * MON-FRI /usr/bin/report --all
\t30\t4  1 *\t*\ttidy  up # daily
CRON_TZ=America/New_York
0 9 * * MON-FRI /usr/bin/report
@weekly weekly
@reboot /usr/bin/warm
"""
    assert check(tmp_path, content, "--tz", "Europe/Madrid") == (
        0,
        "line  next                            zone              schedule         command\n"
        "3     Fri 2026-01-16 09:00:00 +01:00  Europe/Madrid     0 9 * * MON-FRI  /usr/bin/report --all\n"
        "4     Sun 2026-02-01 04:30:00 +01:00  Europe/Madrid     30 4 1 * *       tidy  up # daily\n"
        "6     Thu 2026-01-15 09:00:00 -05:00  America/New_York  0 9 * * MON-FRI  /usr/bin/report\n"
        "7     Sun 2026-01-18 00:00:00 -05:00  America/New_York  @weekly          weekly\n"
        "8     at start                        America/New_York  @reboot          /usr/bin/warm\n"
        "jobs: 5 entries, no errors, no warnings\n",
        "",
    )


def test_reboot_is_no_time_for_any_option(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "@reboot run\n", "--gap", "skip", "--overlap", "both", "--key", "x")
    assert (status, err) == (0, "")
    assert out.splitlines()[1] == "1     at start  UTC   @reboot   run"


def test_a_system_crontab(tmp_path: Path) -> None:
    content = "17 * * * *\troot    cd / && run-parts /etc/cron.hourly\n@daily\twww-data tidy\n"
    assert check(tmp_path, content, "--system") == (
        0,
        "line  next                            zone  schedule    user      command\n"
        "1     Thu 2026-01-15 12:17:00 +00:00  UTC   17 * * * *  root      cd / && run-parts /etc/cron.hourly\n"
        "2     Fri 2026-01-16 00:00:00 +00:00  UTC   @daily      www-data  tidy\n"
        "jobs: 2 entries, no errors, no warnings\n",
        "",
    )


def test_quiet_says_nothing_of_a_good_file(tmp_path: Path) -> None:
    assert check(tmp_path, "0 9 * * * run\n", "--quiet") == (0, "", "")
    assert check(tmp_path, "0 9 * * * run\n", "-q") == (0, "", "")


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", "A=b\n"])
def test_a_file_without_entries(tmp_path: Path, content: str) -> None:
    assert check(tmp_path, content) == (0, "jobs: no entries, no errors, no warnings\n", "")


def test_standard_input(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "-", "--after", WINTER, given=b"0 9 * * * run\n")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "<stdin>: 1 entry, no errors, no warnings"
    assert run(tmp_path, "-", given=b"0 99 * * * run\n") == (
        2,
        "<stdin>: no entries, 1 error, no warnings\n",
        '<stdin>:1:3: hour: "99" is not in 0-23\n  0 99 * * * run\n    ^\n',
    )


def test_without_a_moment_from_now(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("@yearly run\n")
    status, out, err = run(tmp_path, "jobs")
    assert (status, err) == (0, "")
    assert out.splitlines()[1].split()[2:4] == [f"{int(out.splitlines()[1].split()[2][:4])}-01-01", "00:00:00"]


def test_carriage_returns_and_tabs_are_understood(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, b"CRON_TZ=Asia/Tokyo\r\n0\t9\t*\t*\t*\trun it\r\n")
    assert status == 0
    assert out == (
        "line  next                            zone        schedule   command\n"
        "2     Fri 2026-01-16 09:00:00 +09:00  Asia/Tokyo  0 9 * * *  run it\n"
        "jobs: 1 entry, no errors, 1 warning\n"
    )
    assert err.splitlines()[0] == (
        "jobs:1:19: warning: lines end in CR LF: cron hands the CR on to commands and variables"
    )


def test_a_percent_sign_ends_the_command(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "0 9 * * * date +\\%F | mail -s hi ops%Hello%\n")
    assert status == 0
    assert out.splitlines()[1] == "1     Fri 2026-01-16 09:00:00 +00:00  UTC   0 9 * * *  date +%F | mail -s hi ops"
    assert err == (
        "jobs:1:37: warning: the command ends at this %: the text after it is its standard input "
        "(\\% is a percent sign)\n"
        "  0 9 * * * date +\\%F | mail -s hi ops%Hello%\n"
        "                                      ^\n"
    )


def test_a_key_settles_the_hash(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "H H * * * run\n* * * * THU run\n", "--key", "digest")
    assert (status, err) == (0, "")
    assert "Fri 2026-01-16 05:44:00 +00:00" in out
    status, out, err = check(tmp_path, "H H * * * run\n* * * * THU run\n")
    assert (status, err) == (0, "")
    assert out.splitlines()[1].startswith("1     depends on the key  ")
    assert out.splitlines()[2].startswith("2     Thu 2026-01-15 12:01:00 +00:00  ")


# Errors


def test_errors_are_placed_and_marked(tmp_path: Path) -> None:
    content = "0 9 * * * good\n  61\t* * * *\tbad\n0 0 32 * * bad\n@dayly bad\n* * * *\n"
    status, out, err = check(tmp_path, content)
    assert status == 2
    assert out == "jobs: 1 entry, 4 errors, no warnings\n"
    lines = err.splitlines()
    assert lines[:6] == [
        'jobs:2:3: minute: "61" is not in 0-59',
        "    61\t* * * *\tbad",
        "    ^",
        'jobs:3:5: day-of-month: "32" is not in 1-31',
        "  0 0 32 * * bad",
        "      ^",
    ]
    assert lines[6].startswith("jobs:4:1: ")
    assert "@dayly" in lines[6]
    assert lines[7:] == [
        "  @dayly bad",
        "  ^",
        "jobs:5:8: expected 5 fields and a command; there are 4 parts",
        "  * * * *",
        "         ^",
    ]


def test_the_column_counts_characters_and_the_mark_cells(tmp_path: Path) -> None:
    status, _, err = check(tmp_path, "0 0 * * 世界 x\n\t0\t0 * 世 * x\n", "--quiet")
    assert status == 2
    lines = err.splitlines()
    assert lines[0].startswith("jobs:1:9: day-of-week: ")
    assert lines[2] == "          ^"
    assert lines[3].startswith("jobs:2:8: month: ")
    assert lines[5] == "  \t \t    ^"


def test_a_wrong_zone_is_told_where_it_is_named(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "CRON_TZ=Mars/Phobos\n0 9 * * * run\n0 24 * * * run\n")
    assert status == 2
    assert out == "jobs: 1 entry, 2 errors, no warnings\n"
    assert err == (
        "jobs:1:9: CRON_TZ: there is no time zone 'Mars/Phobos' (IANA names such as 'Europe/Madrid', 'UTC', '+02:00')\n"
        "  CRON_TZ=Mars/Phobos\n"
        "          ^\n"
        'jobs:3:3: hour: "24" is not in 0-23\n'
        "  0 24 * * * run\n"
        "    ^\n"
    )


@pytest.mark.parametrize(
    "name", ["UTC+2", "/etc/localtime", "../UTC", "localtime", "right/UTC", "EST5EDT4,M3.2.0,M11.1.0"]
)
def test_what_is_no_iana_name_is_no_zone(tmp_path: Path, name: str) -> None:
    status, _, err = check(tmp_path, f"CRON_TZ={name}\n0 9 * * * run\n")
    assert status == 2
    assert err.startswith("jobs:1:9: ")
    assert name in err


def test_an_error_in_the_user_column(tmp_path: Path) -> None:
    assert check(tmp_path, "0 9 * * * /usr/bin/run x\n", "--system", "--quiet") == (
        2,
        "",
        'jobs:1:11: "/usr/bin/run" is not the name of a user: this column of a system crontab is the user\n'
        "  0 9 * * * /usr/bin/run x\n"
        "            ^\n",
    )


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    assert check(tmp_path, b"0 \xe9 * * * x\n0 0 * * * caf\xe9\n", "--quiet") == (
        2,
        "",
        "jobs:1:3: the byte 0xE9 is not UTF-8\n  0 \ufffd * * * x\n    ^\n",
    )
    status, out, _ = check(tmp_path, b"0 0 * * * caf\xe9\x1b[31m\n")
    assert status == 0
    assert out.splitlines()[1].endswith("  caf\ufffd\u241b[31m")


def test_other_files_are_checked_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("0 24 * * * run\n")
    (tmp_path / "good").write_text("0 9 * * * run\n")
    (tmp_path / "folder").mkdir()
    status, out, err = run(tmp_path, "missing", "bad", "folder", "good", "--after", WINTER)
    assert status == 2
    assert out == (
        "bad: no entries, 1 error, no warnings\n"
        "line  next                            zone  schedule   command\n"
        "1     Fri 2026-01-16 09:00:00 +00:00  UTC   0 9 * * *  run\n"
        "good: 1 entry, no errors, no warnings\n"
    )
    assert err == (
        "uvsched check: missing: No such file or directory\n"
        'bad:1:3: hour: "24" is not in 0-23\n  0 24 * * * run\n    ^\n'
        "uvsched check: folder: is not a regular file (- reads the standard input)\n"
    )


def test_the_name_of_a_file_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "\x1b[31m")
    assert (status, out) == (2, "")
    assert err == "uvsched check: \u241b[31m: No such file or directory\n"


def test_wrong_arguments(tmp_path: Path) -> None:
    for arguments, message in (
        ([], "required: FILE"),
        (["jobs", "--tz", "Mars/Phobos"], "--timezone: there is no time zone 'Mars/Phobos'"),
        (["jobs", "--tz", "right/UTC"], "--timezone: "),
        (["jobs", "--after", "soon"], "argument --after: 'soon' is not a date or time in ISO 8601"),
    ):
        status, out, err = run(tmp_path, *arguments)
        assert (status, out) == (2, "")
        assert message in err


# Warnings


def warnings(folder: Path, content: str, *options: str) -> list[str]:
    """The warnings, without the name of the file and the marks; nothing else is wrong with it."""
    status, _, err = check(folder, content, *options)
    assert status == 0
    return [line.removeprefix("jobs:") for line in err.splitlines() if line.startswith("jobs:")]


def test_a_schedule_that_never_fires(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "0 0 30 2 * never\n0 0 31 4,6 * never\n0 0 29 2 * seldom\n")
    assert status == 0
    assert out == (
        "line  next                            zone  schedule      command\n"
        "1     never                           UTC   0 0 30 2 *    never\n"
        "2     never                           UTC   0 0 31 4,6 *  never\n"
        "3     Tue 2028-02-29 00:00:00 +00:00  UTC   0 0 29 2 *    seldom\n"
        "jobs: 3 entries, no errors, 2 warnings\n"
    )
    assert err == (
        "jobs:1:1: warning: never fires\n  0 0 30 2 * never\n  ^\n"
        "jobs:2:1: warning: never fires\n  0 0 31 4,6 * never\n  ^\n"
    )


EITHER = "fires when the day of the month or the day of the week matches"


@pytest.mark.parametrize(
    ("schedule", "warned"),
    [
        ("0 0 13 * FRI", [f'1:10: warning: {EITHER}; "+FRI" asks for both']),
        ("0 0 1-7 * 1", [f'1:11: warning: {EITHER}; "+1" asks for both']),
        ("0 0 */2 * MON", [f'1:11: warning: {EITHER} (Vixie cron: both, as one begins with *); "+MON" asks for both']),
        ("0 0 1 * */2", [f'1:9: warning: {EITHER} (Vixie cron: both, as one begins with *); "+*/2" asks for both']),
        ("0 0 13 * +FRI", []),
        ("0 0 13 * *", []),
        ("0 0 * * FRI", []),
        ("0 0 ? * FRI", []),
        ("0 0 13 * ?", []),
        ("@weekly", []),
    ],
)
def test_two_day_fields(tmp_path: Path, schedule: str, warned: list[str]) -> None:
    assert warnings(tmp_path, f"{schedule} run\n") == warned


MADRID = (
    "the clocks go from Sun 2026-03-29 02:00:00 to Sun 2026-03-29 03:00:00: "
    "a time in between fires once, at 03:00:00 +02:00"
)


@pytest.mark.parametrize(
    ("schedule", "warned"),
    [
        ("30 2 * * *", True),
        ("0 2 * * *", True),
        ("0,30 2,3 * * *", True),
        ("30 2 29 3 *", True),
        ("0-59 1-4 * * SUN", True),
        ("59 1 * * *", False),
        ("0 3 * * *", False),
        ("*/30 2 * * *", False),
        ("30 * * * *", False),
        ("30 2 * * MON", False),
        ("30 2 30 3 *", False),
    ],
)
def test_a_time_in_a_gap(tmp_path: Path, schedule: str, warned: bool) -> None:
    assert warnings(tmp_path, f"{schedule} run\n", "--tz", "Europe/Madrid") == (
        [f"1:1: warning: {MADRID}"] if warned else []
    )


def test_gaps_are_those_of_the_zone_and_of_the_coming_year(tmp_path: Path) -> None:
    assert warnings(tmp_path, "30 2 * * * run\n") == []
    assert warnings(tmp_path, "30 2 * * * run\n", "--tz", "Asia/Tokyo") == []
    assert warnings(tmp_path, "30 2 * * * run\n", "--tz", "Europe/Madrid", "--gap", "skip") == []
    assert warnings(tmp_path, "CRON_TZ=Europe/Madrid\n  30 2 * * * run\n") == [f"2:3: warning: {MADRID}"]
    assert warnings(tmp_path, "15 2 * * * run\n", "--tz", "Australia/Lord_Howe") == [
        "1:1: warning: the clocks go from Sun 2026-10-04 02:00:00 to Sun 2026-10-04 02:30:00: "
        "a time in between fires once, at 02:30:00 +11:00"
    ]
    assert warnings(tmp_path, "30 23 * * * run\n", "--tz", "America/Nuuk") == [
        "1:1: warning: the clocks go from Sat 2026-03-28 23:00:00 to Sun 2026-03-29 00:00:00: "
        "a time in between fires once, at 00:00:00 -01:00"
    ]


def test_warnings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = b"TZ=Asia/Tokyo\n0 0 30 2 * a\n0 0 1 * * root x%y\n0 0 31 4 * z"
    status, out, err = check(tmp_path, content)
    assert status == 0
    assert out.splitlines()[-1] == "jobs: 3 entries, no errors, 6 warnings"
    places = [line.split(":")[1:3] for line in err.splitlines() if line.startswith("jobs:")]
    assert places == [["1", "1"], ["2", "1"], ["3", "11"], ["3", "17"], ["4", "1"], ["4", "13"]]


# Where it is asked for


def test_schedules_are_read_in_the_machines_zone(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("0 9 * * * run\n")
    status, out, _ = run(tmp_path, "jobs", "--after", WINTER, timezone="America/New_York")
    assert status == 0
    assert "2     Thu" not in out
    assert "1     Thu 2026-01-15 09:00:00 -05:00  America/New_York  0 9 * * *  run\n" in out


def test_what_is_no_file_is_neither_opened_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "/dev/zero", "/dev/null", "."):
        status, out, err = run(tmp_path, name)
        assert (status, out) == (2, "")
        assert err == f"uvsched check: {name}: is not a regular file (- reads the standard input)\n"


@pytest.mark.parametrize("name", ["jobs", "-"])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, name: str) -> None:
    content = b"#" * 999_999 + b"\n"
    (tmp_path / "jobs").write_bytes(content)
    assert run(tmp_path, name, given=content)[0] == 0
    (tmp_path / "jobs").write_bytes(content + b"\n")
    status, out, err = run(tmp_path, name, given=content + b"\n")
    assert (status, out) == (2, "")
    assert err.endswith(": has more than 1 MB; a crontab has less\n")


def test_of_very_many_findings_the_first_are_shown(tmp_path: Path) -> None:
    status, out, err = check(tmp_path, "61 * * * * run\n" * 250)
    assert status == 2
    assert out == "jobs: no entries, 250 errors, no warnings\n"
    lines = [line for line in err.splitlines() if line.startswith("jobs:")]
    assert len(lines) == 101
    assert lines[99].startswith("jobs:100:1: ")
    assert lines[100] == "jobs: and 150 more"
    assert "more" not in check(tmp_path, "61 * * * * run\n" * 100)[2]

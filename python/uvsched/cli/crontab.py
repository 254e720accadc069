"""Crontab files: their entries and the parts of these, and the surprises that cron has for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FIELDS = 5

_TOKEN = re.compile(r"[^ \t]+")
_VARIABLE = re.compile(r"""[ \t]*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^ \t="']+))[ \t]*=[ \t]*""")
_PLAIN = re.compile(r"(?:\\.?|[^\\%])*", re.DOTALL)
_USER = re.compile(r"[A-Za-z0-9_][^/=\"']*\Z")
_LIKE_A_FIELD = re.compile(r"[\d*?][\d*?,/#LW-]*\Z")
_LIKE_USERS = ("root", "nobody", "www-data")


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or a warning about a place in a file.

    Attributes:
        line, column: from 1; columns count characters.
        error: whether the file is wrong; else it is a warning.
    """

    line: int
    column: int
    message: str
    error: bool = True


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A line `CRON_TZ=name`: the zone of the entries below it, None for the default again."""

    line: int
    column: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with a schedule.

    Attributes:
        line: from 1. column: where the schedule begins, in characters from 1.
        schedule: from its first to its last character, as written.
        user: in a system crontab; else None.
        command: the command for the shell: up to the first plain `%`, with `%` for an escaped one.
        zone: the line that sets the zone of this entry; None for the default.
    """

    line: int
    column: int
    schedule: str
    user: str | None
    command: str
    zone: ZoneChange | None


@dataclass(slots=True)
class Crontab:
    """The content of a file. `lines` have no line ends; bytes that are not UTF-8 are surrogates (U+DC80 to U+DCFF)."""

    lines: list[str]
    entries: list[Entry] = field(default_factory=list)
    zones: list[ZoneChange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def error(self, line: int, column: int, message: str) -> None:
        self.findings.append(Finding(line, column, message))

    def warn(self, line: int, column: int, message: str) -> None:
        self.findings.append(Finding(line, column, message, error=False))


def parse(data: bytes, *, system: bool = False) -> Crontab:
    """Reads a crontab file, with `system` one whose entries name a user. Does not check schedules and zones."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        crontab = Crontab([""])
        crontab.error(1, 1, "this is UTF-16; a crontab is ASCII or UTF-8")
        return crontab
    text = data.decode("utf-8", "surrogateescape")
    marked = text.startswith("\ufeff")
    crontab = Crontab(text.removeprefix("\ufeff").split("\n"))
    ended = crontab.lines[-1] == ""
    if ended and len(crontab.lines) > 1:
        crontab.lines.pop()
    _take_carriage_returns(crontab)
    if marked:
        crontab.warn(1, 1, "a byte order mark: cron reads it as part of this line")
    if not ended:
        last = crontab.lines[-1]
        crontab.warn(len(crontab.lines), len(last) + 1, "no newline at the end: cron ignores or refuses this line")
    zone: ZoneChange | None = None
    for number, line in enumerate(crontab.lines, 1):
        zone = _read_line(crontab, number, line, zone, system)
    return crontab


def _take_carriage_returns(crontab: Crontab) -> None:
    told = False
    for index, line in enumerate(crontab.lines):
        if line.endswith("\r"):
            crontab.lines[index] = line[:-1]
            if not told:
                crontab.warn(index + 1, len(line), "lines end in CR LF: cron hands the CR on to commands and variables")
                told = True


def _read_line(crontab: Crontab, number: int, line: str, zone: ZoneChange | None, system: bool) -> ZoneChange | None:
    """Reads one line, and returns the zone of the entries below it."""
    first = _TOKEN.search(line)
    if first is None or first[0].startswith("#"):
        return zone
    nul = line.find("\0")
    if nul >= 0:
        crontab.error(number, nul + 1, "a NUL character")
        return zone
    variable = _VARIABLE.match(line)
    if variable is not None:
        return _read_variable(crontab, number, line, variable, zone)
    _read_entry(crontab, number, line, zone, system)
    return zone


def _read_variable(
    crontab: Crontab, number: int, line: str, variable: re.Match[str], zone: ZoneChange | None
) -> ZoneChange | None:
    group = variable.lastgroup or "bare"
    name = variable[group]
    if _not_utf8(crontab, number, variable.start(group) + 1, name):
        return zone
    if not name:
        crontab.error(number, variable.start(group) + 1, "the name of the variable is empty")
        return zone
    column = variable.end() + 1
    value = line[variable.end() :].rstrip(" \t")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        column, value = column + 1, value[1:-1]
    if name == "TZ":
        crontab.warn(
            number,
            variable.start(group) + 1,
            "TZ sets the zone of the commands; CRON_TZ sets the zone of the schedules",
        )
    if name != "CRON_TZ" or _not_utf8(crontab, number, column, value):
        return zone
    change = ZoneChange(number, column, value or None)
    crontab.zones.append(change)
    return change


def _read_entry(crontab: Crontab, number: int, line: str, zone: ZoneChange | None, system: bool) -> None:
    tokens = list(_TOKEN.finditer(line))
    begin = tokens[0].start()
    nickname = line[begin] == "@"
    if line[begin] == "-" and len(tokens[0][0]) > 1:  # cronie: run it without a line in the log
        begin += 1
    fields = 1 if nickname else FIELDS
    parts = fields + (2 if system else 1)
    if len(tokens) < parts:
        what = "a nickname" if nickname else f"{FIELDS} fields"
        expected = f"{what}, a user and a command" if system else f"{what} and a command"
        crontab.error(number, len(line.rstrip(" \t")) + 1, f"expected {expected}; {_counted(len(tokens))}")
        return
    schedule = line[begin : tokens[fields - 1].end()]
    if _not_utf8(crontab, number, begin + 1, schedule):
        return
    user = None
    if system:
        user = tokens[fields][0]
        if not _read_user(crontab, number, tokens[fields]):
            return
    rest = tokens[parts - 1].start()
    _doubt_command(crontab, number, tokens[parts - 1], nickname, system)
    crontab.entries.append(Entry(number, begin + 1, schedule, user, _command(crontab, number, line, rest), zone))


def _read_user(crontab: Crontab, number: int, token: re.Match[str]) -> bool:
    user, column = token[0], token.start() + 1
    if _not_utf8(crontab, number, column, user):
        return False
    if _USER.match(user):
        return True
    hint = (
        "a schedule has 5 fields here" if _LIKE_A_FIELD.match(user) else "this column of a system crontab is the user"
    )
    crontab.error(number, column, f'"{user}" is not the name of a user: {hint}')
    return False


def _doubt_command(crontab: Crontab, number: int, token: re.Match[str], nickname: bool, system: bool) -> None:
    word, column = token[0], token.start() + 1
    if not nickname and _LIKE_A_FIELD.match(word):
        crontab.warn(
            number,
            column,
            f'the command begins with "{word}": a schedule has {FIELDS} fields here, no seconds and no year',
        )
    elif not system and word in _LIKE_USERS:
        crontab.warn(
            number, column, f'the command begins with "{word}": if that is the user, check the file with --system'
        )


def _command(crontab: Crontab, number: int, line: str, start: int) -> str:
    """The command in line[start:], up to its first plain percent sign."""
    end = _PLAIN.match(line, start)
    assert end is not None
    if end.end() < len(line):
        crontab.warn(
            number,
            end.end() + 1,
            r"the command ends at this %: the text after it is its standard input (\% is a percent sign)",
        )
    return end[0].replace("\\%", "%").strip(" \t")


def _not_utf8(crontab: Crontab, number: int, column: int, text: str) -> bool:
    """Whether the text, which begins in `column`, has a byte that is not UTF-8; if so, adds an error."""
    bad = re.search("[\udc80-\udcff]", text)
    if bad is None:
        return False
    crontab.error(number, column + bad.start(), f"the byte 0x{ord(bad[0]) - 0xDC00:02X} is not UTF-8")
    return True


def _counted(parts: int) -> str:
    return "there is 1 part" if parts == 1 else f"there are {parts} parts"

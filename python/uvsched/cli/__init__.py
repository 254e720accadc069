"""The command `uvsched`: when a cron string fires, what is wrong with a crontab file or a scheduler, a scheduler
without a web server, and what is in its store.

    uvsched next "0 9 * * MON-FRI" --timezone Europe/Madrid
    uvsched check crontab.txt
    uvsched run myapp.tasks:scheduler
    uvsched doctor myapp.tasks:scheduler
    uvsched status tasks.db
    uvsched history tasks.db --since 1h
    uvsched store check tasks.db
    uvsched pause postgresql://host/jobs digest

`uvsched --help` and `uvsched COMMAND --help` say more; docs/command-line.md has examples, docs/triggers.md the rules.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from .._core import version_details
from . import check, next_times, operator_commands, scheduler_commands
from .display import without_secrets
from .options import CommandError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, or those of the process. Returns the exit status: 2 if something is wrong.

    Must be called on the main thread: an interrupt or a closed pipe ends the process without a traceback.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # where the locale is not UTF-8
    args = _parser().parse_args(arguments)
    try:
        status: int = args.run(args)
    except CommandError as error:
        print(f"uvsched {args.command}: {without_secrets(str(error))}", file=sys.stderr)
        return 2
    return status


class _Parser(argparse.ArgumentParser):
    """Repeats no password: the URL of a server may stand where it does not belong."""

    def error(self, message: str) -> NoReturn:
        super().error(without_secrets(message))


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="uvsched", description="Cron strings, crontab files, and schedulers without a web server."
    )
    parser.add_argument("--version", action="version", version=f"uvsched {version_details()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    next_times.add_parser(commands)
    check.add_parser(commands)
    scheduler_commands.add_parsers(commands)
    operator_commands.add_parsers(commands)
    return parser

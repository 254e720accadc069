"""The command `uvsched`: when a cron string fires, and what is wrong with a crontab file.

    uvsched next "0 9 * * MON-FRI" --tz Europe/Madrid
    uvsched check crontab.txt

`uvsched --help` and `uvsched COMMAND --help` say more; docs/triggers.md has the rules.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from .. import __version__
from . import check, next_times
from .options import CommandError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, or those of the process. Gives the exit status: 2 for what is wrong.

    Made for the main thread of a process of its own: an interrupt or a closed pipe ends it without a traceback.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # where the locale is not UTF-8
    args = _parser().parse_args(arguments)
    try:
        status: int = args.run(args)
    except CommandError as error:
        print(f"uvsched {args.command}: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="uvsched", description="When a cron string fires, and what is wrong with a crontab file."
    )
    parser.add_argument("--version", action="version", version=f"uvsched {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    next_times.add_parser(commands)
    check.add_parser(commands)
    return parser

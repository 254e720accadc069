"""The commands that need a scheduler. What they do is loaded when one of them is called."""

from __future__ import annotations

from typing import Any

from .command_options import add_app_dir, add_json, add_scheduler, add_target, add_zone, later
from .options import MOST_TIMES, count, moment, span


def add_parsers(commands: Any) -> None:
    """Makes the commands known."""
    parser = commands.add_parser(
        "run",
        help="run a scheduler until SIGTERM or Ctrl-C",
        description="Runs a scheduler without a web server. SIGTERM and Ctrl-C stop it in order: no run starts any "
        "more, and runs under way may end, within its shutdown_timeout.",
    )
    add_scheduler(parser)
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="what is logged, unless the program configures logging itself (default: info)",
    )
    parser.set_defaults(run=later("run"))
    parser = commands.add_parser(
        "doctor",
        help="what is wrong with a scheduler, and what to do",
        description="Looks at a scheduler, its stores, its tasks and this machine, without starting anything.",
        epilog="Exit status: 0; 1 when there are errors; 2 when an argument is wrong.",
    )
    add_scheduler(parser)
    add_json(parser)
    parser.set_defaults(run=later("doctor"))
    _add_status(commands)
    _add_preview(commands)
    _add_add(commands)
    _add_import(commands)


def _add_status(commands: Any) -> None:
    parser = commands.add_parser(
        "status",
        help="show the tasks in a store, their last runs, what is under way, and who runs them",
        description="Shows what is in a store: its tasks and how their last runs ended, and of a file also what is "
        "under way and which schedulers have it open. Only reads, also while schedulers use the store.",
        epilog="Exit status: 0; 1 when a task is late by more than a minute, or cannot be read, or --check finds "
        "something; 2 when an argument is wrong, or the store cannot be opened.",
    )
    add_target(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="also read the whole file and look for damage, and show versions, sizes and counts; on a server, look "
        "for tasks that nobody can run",
    )
    add_zone(parser, "times are shown in")
    add_json(parser)
    parser.set_defaults(run=later("status"))


def _add_preview(commands: Any) -> None:
    parser = commands.add_parser(
        "preview",
        help="list when the tasks of a store are due next",
        description="Lists the next due times of tasks, without their jitter. Only reads the store, also while "
        "schedulers use it; of a scheduler's store in memory it shows the tasks that its module adds.",
        epilog="Exit status: 0; 1 when there is no due time; 2 when an argument is wrong, or the store cannot be "
        "opened.",
    )
    add_target(parser)
    parser.add_argument("tasks", metavar="TASK", nargs="*", help="ids of tasks (default: all)")
    parser.add_argument(
        "-n", type=count, default=5, metavar="N", help=f"how many times of each: 1 to {MOST_TIMES} (default: 5)"
    )
    add_zone(parser, "times are shown in")
    add_json(parser)
    parser.set_defaults(run=later("preview"))


def _add_add(commands: Any) -> None:
    parser = commands.add_parser(
        "add",
        help="add a task to a store",
        description="Adds a task to a store, for the application that runs it; nothing runs here. Without --at, "
        "--every and --cron the task is due at once. The function is imported, to check that its name leads to it.",
        epilog="Exit status: 0; 1 when a task with this id is there already; 2 when an argument is wrong, or the store "
        "cannot be opened.",
    )
    add_target(parser)
    parser.add_argument("function", metavar="MODULE:FUNCTION", help="the function that the task calls")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at", type=moment, metavar="TIME", help="once, at this time (ISO 8601)")
    when.add_argument("--every", type=span, metavar="SPAN", help="again and again: 30s, 5m, 2h, 1d, 1w")
    when.add_argument("--cron", metavar="EXPRESSION", help="when this cron string says")
    parser.add_argument("--id", help="the id of the task (default: one is made)")
    parser.add_argument("--name", help="its name for people")
    parser.add_argument("--args", metavar="JSON", help="the arguments of the function, as a JSON array")
    parser.add_argument("--kwargs", metavar="JSON", help="its keyword arguments, as a JSON object")
    parser.add_argument("--store", metavar="ALIAS", help="the store, if a scheduler is named (default: default)")
    parser.add_argument("--executor", metavar="ALIAS", help="the executor that runs it (default: default)")
    parser.add_argument("--replace", action="store_true", help="replace a task that has this id")
    parser.add_argument("--create", action="store_true", help="make the store if it does not exist")
    add_zone(parser, "TIME and EXPRESSION are read in")
    add_json(parser)
    parser.set_defaults(run=later("add"))


def _add_import(commands: Any) -> None:
    parser = commands.add_parser(
        "import-asyncz",
        help="copy the tasks that asyncz stored",
        description="Copies the tasks that asyncz stored in files, SQL databases, Redis or MongoDB. The installed "
        "asyncz reads them, and nothing is deleted there. Tasks that the module adds itself are left out. Stop the "
        "application first.",
        epilog="Exit status: 0; 1 when a task cannot be copied; 2 when an argument is wrong, or the store cannot be "
        "opened.",
    )
    parser.add_argument("scheduler", metavar="MODULE:NAME", help="the scheduler of asyncz, or an AsynczConfig")
    parser.add_argument(
        "--to",
        metavar="STORE|MODULE:NAME",
        required=True,
        help="a store, made if it does not exist, or a scheduler of uvsched",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be copied")
    add_app_dir(parser)
    add_json(parser)
    parser.set_defaults(run=later("import_asyncz"), as_asyncz=False)

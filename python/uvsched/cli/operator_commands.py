"""The commands for operators: what ran, and changes of stored tasks while the application runs."""

from __future__ import annotations

from typing import Any

from .command_options import add_json, add_store, add_target, add_zone, later
from .options import MOST_TIMES, count, since


def add_parsers(commands: Any) -> None:
    """Makes the commands known."""
    _add_history(commands)
    _add_changes(commands)
    _add_run_now(commands)
    _add_store(commands)


def _add_history(commands: Any) -> None:
    parser = commands.add_parser(
        "history",
        help="show what became of due times, the newest first",
        description="Shows the ledger of a store: runs that ended, and due times that were missed or skipped, the "
        "newest first. Only reads, also while schedulers use the store.",
        epilog="Exit status: 0; 1 when there is nothing to show; 2 when an argument is wrong, or the store cannot be "
        "opened.",
    )
    add_target(parser)
    parser.add_argument("--task", metavar="ID", help="only rows of this task, which may be deleted by now")
    parser.add_argument(
        "--state",
        choices=("done", "failed", "cancelled", "lost", "missed", "skipped"),
        help="only rows that ended in this way",
    )
    parser.add_argument(
        "--since",
        type=since,
        metavar="TIME|SPAN",
        help="only rows that ended since this time (ISO 8601), or within this span before now: 30s, 5m, 2h, 1d",
    )
    parser.add_argument(
        "--limit", type=count, default=20, metavar="N", help=f"how many rows: 1 to {MOST_TIMES} (default: 20)"
    )
    add_zone(parser, "times are shown in, and TIME is read in")
    add_json(parser)
    parser.set_defaults(run=later("history"))


def _add_changes(commands: Any) -> None:
    texts = {
        "pause": "Pauses tasks, until they are resumed: due times that pass meanwhile are not run later. Runs under "
        "way go on.",
        "resume": "Resumes tasks that were paused. Their next run is computed from now on.",
        "delete": "Deletes tasks. Runs under way go on; their history stays. A task that the application declares is "
        "added again by its next start.",
    }
    for name, text in texts.items():
        parser = commands.add_parser(
            name,
            help=f"{name} tasks in a store",
            description=f"{text} Nothing runs here, and no module of the application is imported for a task. A "
            "scheduler that uses the store notices it.",
            epilog="Exit status: 0; 1 when a task does not exist or its row cannot be read, and the others were "
            "changed; 2 when an argument is wrong, or the store cannot be opened.",
        )
        add_target(parser)
        parser.add_argument("tasks", metavar="ID", nargs="+", help="ids of tasks")
        add_store(parser)
        if name == "resume":
            add_zone(parser, "times are shown in")
        add_json(parser)
        parser.set_defaults(run=later("task_changes"), **({} if name == "resume" else {"timezone": "UTC"}))


def _add_run_now(commands: Any) -> None:
    parser = commands.add_parser(
        "run-now",
        help="ask for a run of a task in a store",
        description="Asks for a run of a task, besides those of its schedule; also if it is paused. A scheduler of "
        "the application makes it: nothing runs here. If none can, the run waits in the store.",
        epilog="Exit status: 0 when the run was asked for; 1 when there is no such task, or its row cannot be "
        "read; 2 when an argument is wrong, or the store cannot be opened.",
    )
    add_target(parser)
    parser.add_argument("task", metavar="ID", help="the id of the task")
    add_store(parser)
    add_json(parser)
    parser.set_defaults(run=later("run_now"))


def _add_store(commands: Any) -> None:
    parser = commands.add_parser(
        "store",
        help="look at a store as a whole, make it, or bring it up to date",
        description="A store as a whole, while schedulers use it or while none does.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_store_check(actions)
    _add_store_migrate(actions)


def _add_store_check(actions: Any) -> None:
    parser = actions.add_parser(
        "check",
        help="what is in a store, who has it open, and what is wrong",
        description="Shows versions and counts, the schedulers that have the store open and what each can run, what no "
        "scheduler can run, and what is wrong: tasks that are late, cannot be read or have no next time, damage of a "
        "file. Reads the whole store, and watches its schedulers for two fifths of the lease, 5 seconds at most.",
        epilog="Exit status: 0; 1 when something is wrong; 2 when an argument is wrong, or the store cannot be opened.",
    )
    add_target(parser)
    add_zone(parser, "times are shown in")
    add_json(parser)
    parser.set_defaults(run=later("store_commands", "check"), command="store check")


def _add_store_migrate(actions: Any) -> None:
    parser = actions.add_parser(
        "migrate",
        help="make a store, or bring its tables up to date",
        description="Makes a store that is not there, or brings its tables up to date, as the next start of a "
        "scheduler would do.",
        epilog="Exit status: 0, also when there is nothing to do; 2 when an argument is wrong, or the store cannot be "
        "opened.",
    )
    add_target(parser)
    parser.add_argument("--sql", action="store_true", help="change nothing, and print the SQL that would do it")
    parser.set_defaults(run=later("store_commands", "migrate"), command="store migrate")

"""What `uvsched store check` and `uvsched status --check` say about a store as a whole: what the engine tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone, tzinfo
from typing import Any

from .._core import version_details
from .._time import from_micros
from ..stores import BaseStore
from .destination import Operator, opened
from .display import printable
from .options import moment_text

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STATES = {
    "open": "has the store open",
    "silent": "gives no sign of life",
    "unsure": "has the store open, or died: it was not watched for long enough",
    "left": "left the store",
    "died": "died; another scheduler takes over its runs",
}


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What was found.

    Attributes:
        report: see sched_check_store() in uvsched.h.
        software: the versions of uvsched and of what it uses here.
    """

    report: dict[str, Any]
    software: str

    @property
    def wrong(self) -> bool:
        """Whether something is."""
        return bool(self.report["problems"])

    def lines(self, zone: tzinfo) -> list[str]:
        """For people."""
        report = self.report
        lease = report["lease"] / 1_000_000
        lines = [
            *(f"wrong: {problem}" for problem in report["problems"]),
            f"{report['server']}, schema {report['schema']}, lease {lease:g} s",
            f"here: uvsched {self.software}",
            f"tasks: {_counts_text(report['tasks'])}",
            f"fires that have not ended: {_counts_text(report['fires'])}",
            f"rows of history: {report['history']}",
            *_due_line(report["lanes"], zone),
            *(_node_line(node) for node in report["nodes"]),
            *(_lane_line(lane) for lane in report["lanes"]),
            *(f"{name.replace('_', ' ')}: {_amount(name, number)}" for name, number in report["more"].items()),
        ]
        return [printable(line) for line in lines]


def checked(store: BaseStore, alias: str) -> StoreCheck:
    """Checks a store, which this process does not have open. Takes as long as its schedulers may take for a beat.

    Raises:
        CommandError: it cannot be opened, or fails.
    """
    operator = Operator({alias: store})
    with opened(operator):
        return StoreCheck(operator.check(alias), version_details())


def _due_line(lanes: list[dict[str, Any]], zone: tzinfo) -> list[str]:
    due = [lane["oldest_due"] for lane in lanes if lane["oldest_due"] is not None]
    return [f"earliest due: {moment_text(from_micros(min(due), timezone.utc), zone)}"] if due else []


def _node_line(node: dict[str, Any]) -> str:
    name = f"{node['label']} (process {node['process']}, uvsched {node['version']})"
    if node["lanes"] is None or node["state"] in ("left", "died"):
        return f"{name} {_STATES[node['state']]}"
    lanes = " ".join(map(str, node["lanes"]))
    return f"{name} {_STATES[node['state']]}, and has {f'lanes {lanes}' if lanes else 'no lane'}"


def _lane_line(lane: dict[str, Any]) -> str:
    needs = f"executor {lane['executor']!r}, function {lane['function']!r}"
    if lane["trigger"]:
        needs += f", trigger {lane['trigger']!r}"
    tasks = f"{lane['tasks']} {'task' if lane['tasks'] == 1 else 'tasks'}"
    return f"lane {lane['number']}: {needs}: {tasks}{'' if lane['has_node'] else ', and no scheduler has it'}"


def _amount(name: str, number: int) -> str:
    if not name.startswith("bytes"):
        return str(number)
    size = float(number)
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def _counts_text(counts: dict[str, int]) -> str:
    """Numbers of things, each with what they are."""
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "none"

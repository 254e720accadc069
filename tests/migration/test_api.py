"""uvsched has asyncz's public names, parameters and defaults; differences.txt lists what differs, with the reasons.

Compared with the installed asyncz. A line that is no longer true must go.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

pytest.importorskip("asyncz", reason="asyncz is not installed")

VERSION = "0.17.2"
LIST = Path(__file__).with_name("differences.txt")


def listed() -> dict[str, str]:
    """Difference → reason: the paragraph of comments above it."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in LIST.read_text().splitlines():
        if line.startswith("# "):
            reason = f"{reason} {line[2:]}".strip()
        elif not line:
            reason = ""
        else:
            assert reason, f"{line} has no reason"
            assert line not in reasons, f"{line} is listed twice"
            reasons[line] = reason
    return reasons


def test_differences_have_reasons() -> None:
    if importlib.metadata.version("asyncz") != VERSION:
        pytest.skip(f"differences.txt is about asyncz {VERSION}")
    from asyncz_api import differences

    found, expected = set(differences()), set(listed())
    assert sorted(found - expected) == [], "differences without a reason"
    assert sorted(expected - found) == [], "lines that are not true any more"

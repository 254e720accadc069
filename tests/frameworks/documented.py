"""The programs in a page of the documentation: code blocks whose first line is a comment with the file's name."""

from __future__ import annotations

import re
from pathlib import Path

FRAMEWORKS = Path(__file__).parents[2] / "docs" / "frameworks.md"
BLOCK = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs(page: Path) -> dict[str, str]:
    """File name → text."""
    found = dict(BLOCK.findall(page.read_text()))
    assert found, f"{page} has no programs"
    return found


def write_programs(page: Path, folder: Path) -> None:
    """Writes each program of the page into the folder."""
    for name, text in programs(page).items():
        (folder / name).write_text(text)

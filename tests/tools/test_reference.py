"""tools/reference.py writes a page for each module, and everything that is public has a docstring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import uvsched

PROGRAM = Path(__file__).parents[2] / "tools" / "reference.py"


def test_everything_public_is_told_of(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, PROGRAM, tmp_path], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    page = (tmp_path / "uvsched.md").read_text()
    for name in uvsched.__all__:
        assert name == "__version__" or f"\n## {name}\n" in page
    assert "\n### AsyncIOScheduler.add_task_async\n" in page
    assert "\n### AsyncIOScheduler.add_listener\n" in page  # of its base
    assert "each due time runs in one of them" in page
    assert "\n## FileStore\n" in (tmp_path / "uvsched.stores.md").read_text()

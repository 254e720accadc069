"""Fixtures of the framework tests. They run in the environment with Esmerald: a missing import fails."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "esmerald_app")]

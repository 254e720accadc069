"""Fixtures of the tests of web frameworks. They run in an environment with the frameworks: a missing import fails."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "frameworks"))

"""Says why the extension cannot be imported."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

_WAY_OUT = "install uvsched with pip for this interpreter"


def absence() -> str:
    """What is wrong where `uvsched._core` is not found, and what to do."""
    folder = Path(__file__).parent
    if not folder.is_dir():
        return f"uvsched is in an archive, {folder}, from which Python loads no extension; {_WAY_OUT}"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = sorted(path.name for path in folder.glob("_core*.so"))
    wanted = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    if others:
        return f"{folder} has {', '.join(others)}, but Python {version} needs {wanted}; {_WAY_OUT}"
    return f"{folder} has no {wanted}: these are sources that were not compiled; {_WAY_OUT}"

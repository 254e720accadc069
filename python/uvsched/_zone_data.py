"""Zone files of the tzdata package, for systems that have none."""

from __future__ import annotations

import importlib.util
import os

from . import _core


def use_installed_package() -> None:
    """Tells the engine where the tzdata package keeps its files, if it is installed."""
    spec = importlib.util.find_spec("tzdata")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        files = os.path.join(folder, "zoneinfo")
        if os.path.isdir(files):
            _core.set_zone_data(files)
            return

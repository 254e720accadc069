"""How pip builds the package: as scikit-build-core does, from a source distribution with Zig's compiler if need be.

A source distribution carries the libraries that the engine stands on. With a C++20 compiler it asks for no more; where
there is none, `ziglang` of the package index becomes a requirement of the build.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from scikit_build_core import build as usual
from scikit_build_core.build import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)
from uvsched_compiler import ZIG, needs_zig, use_zig

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return usual.get_requires_for_build_wheel(config_settings) + ([ZIG] if needs_zig() else [])


def build_wheel(directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        if needs_zig():
            use_zig(Path(folder))
        return usual.build_wheel(directory, config_settings, metadata_directory)

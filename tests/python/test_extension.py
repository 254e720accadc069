"""What is said where the extension cannot be imported."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import uvsched

PACKAGE = Path(uvsched.__file__).parent
WANTED = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with the package's Python files alone."""
    shutil.copytree(PACKAGE, tmp_path / "site/uvsched", ignore=shutil.ignore_patterns("*.so*", "__pycache__"))
    return tmp_path / "site"


def said(place: Path) -> str:
    """The last line of an import from there, in an interpreter without this environment's packages."""
    program = f"import sys; sys.path.insert(0, {str(place)!r}); import uvsched"
    ended = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    return ended.stderr.splitlines()[-1]


def test_sources_that_were_not_compiled(sources: Path) -> None:
    assert said(sources) == (
        f"ImportError: {sources}/uvsched has no {WANTED}: these are sources that were not compiled; "
        "install uvsched with pip for this interpreter"
    )


def test_an_extension_of_another_python(sources: Path) -> None:
    (sources / "uvsched/_core.cpython-39-x86_64-linux-gnu.so").touch()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert said(sources) == (
        f"ImportError: {sources}/uvsched has _core.cpython-39-x86_64-linux-gnu.so, but Python {version} needs "
        f"{WANTED}; install uvsched with pip for this interpreter"
    )


def test_a_package_in_an_archive(sources: Path, tmp_path: Path) -> None:
    archive = tmp_path / "uvsched.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sources.rglob("*.py"):
            file.write(path, path.relative_to(sources))
    assert said(archive) == (
        f"ImportError: uvsched is in an archive, {archive}/uvsched, from which Python loads no extension; "
        "install uvsched with pip for this interpreter"
    )

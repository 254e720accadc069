"""./dev release --check, in a checkout that lacks everything, and in one that has it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
TAGS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "musllinux_1_2_x86_64", "musllinux_1_2_aarch64")


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed: ./dev test installs it")
    shutil.copytree(TOP / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "dev", tmp_path / "dev")
    (tmp_path / "capi/include").mkdir(parents=True)
    header = (TOP / "capi/include/uvsched.h").read_text()
    header = re.sub(r"(#define UVSCHED_VERSION_MAJOR) \d+", r"\1 7", header)
    header = re.sub(r"(#define UVSCHED_VERSION_MINOR) \d+", r"\1 8", header)
    header = re.sub(r"(#define UVSCHED_VERSION_PATCH) \d+", r"\1 9", header)
    (tmp_path / "capi/include/uvsched.h").write_text(header)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    (tmp_path / ".gitignore").write_text("/build/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "all")
    return tmp_path


def check(checkout: Path) -> tuple[int, list[str]]:
    command = ["./dev", "release", "--check"]
    ended = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout.strip().splitlines()


def test_what_is_missing_is_told(checkout: Path) -> None:
    status, lines = check(checkout)
    assert status == 1
    assert lines[0] == "== uvsched 7.8.9"
    assert lines[1:3] == [
        "missing: CHANGELOG.md has no section [7.8.9]",
        "missing: the tag v7.8.9 does not stand at this commit",
    ]
    wheel = "missing: no wheel for musllinux_aarch64 and Python 3.14 in build/wheels (./dev wheels)"
    archive = "missing: no C archive for musllinux_aarch64 in build/archives"
    archive += " (./dev archive --platform musllinux_aarch64)"
    assert lines[-3:] == [wheel, archive, "missing: no source distribution in build/dist (./dev sdist)"]
    assert len(lines) == 1 + 2 + 4 * (5 + 1) + 1


def test_nothing_is_missing(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## [7.8.9] - 2026-12-01\n")
    git(checkout, "commit", "-qam", "release")
    git(checkout, "tag", "v7.8.9")
    for folder in ("wheels", "archives", "dist"):
        (checkout / "build" / folder).mkdir(parents=True)
    for tag in TAGS:
        for python in range(10, 15):
            (checkout / f"build/wheels/uvsched-7.8.9-cp3{python}-cp3{python}-{tag}.whl").touch()
    for name in ("linux-x86_64", "linux-aarch64", "linux-musl-x86_64", "linux-musl-aarch64"):
        (checkout / f"build/archives/uvsched-7.8.9-{name}.tar.gz").touch()
    (checkout / "build/dist/uvsched-7.8.9.tar.gz").touch()
    assert check(checkout) == (0, ["== uvsched 7.8.9", "nothing is missing"])
    (checkout / "CHANGELOG.md").write_text("changed")
    status, lines = check(checkout)
    assert status == 1
    assert "missing: the checkout has changes that are not committed" in lines

"""A root with nothing in it but Debian's base system and Python: no compiler, no libuv, no SQLite, no network."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources"))
ENTER = """
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --make-rslave "$0/dev"
exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
"""


def mirror() -> str:
    """The mirror that this system's apt uses."""
    for path in SOURCES:
        text = path.read_text() if path.exists() else ""
        if found := re.search(r"^(?:URIs:\s*|deb\s+(?:\[[^]]*\]\s+)?)(http\S+)", text, re.MULTILINE):
            return found[1]
    return MIRROR


def obstacle() -> str | None:
    """Why no root can be made here."""
    if os.geteuid() != 0:
        return "only root can make a root of Debian and enter it"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed"
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        return "this machine lets nobody make namespaces"
    return None


def base(suite: str, cache: Path) -> Path:
    """The base system, which debootstrap makes once."""
    folder = cache / suite
    if not (folder / ".complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", "--include=python3-venv,tzdata", suite, str(folder), mirror()]
        made = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
        # Debian's Python brings SQLite for its own module.
        for library in (folder / "usr/lib" / f"{platform.machine()}-linux-gnu").glob("libsqlite3*"):
            library.unlink()
        (folder / ".complete").touch()
    return folder


class Root:
    """A copy of the base system that a test may change."""

    def __init__(self, suite: str, cache: Path, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["cp", "-a", f"{base(suite, cache)}/.", str(folder)], check=True)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Runs a command inside, as the first process of a PID namespace; it dies with the one that started it."""
        enter = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-c", ENTER]
        return subprocess.Popen(
            [*enter, str(self.folder), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *command: str, timeout: float = 120) -> str:
        """What a command prints; it must succeed."""
        with self.start(*command) as process:
            try:
                printed, _ = process.communicate(timeout=timeout)
            finally:
                process.kill()
        assert process.returncode == 0, f"{command}: status {process.returncode}\n{printed}"
        return printed

    def put(self, *files: Path) -> None:
        for file in files:
            shutil.copy(file, self.folder / "root" / file.name)

    def lacks(self, names: Sequence[str]) -> list[str]:
        """Those of the names of programs or libraries that are not there."""
        there = {path.name for path in (self.folder / "usr/bin").iterdir()}
        there |= {path.name.partition(".so")[0] for path in (self.folder / "usr/lib").rglob("*.so*")}
        return [name for name in names if name not in there]

"""Roots with nothing in them but Debian's base system and Python: no compiler, no libuv, no SQLite, no network."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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


class Place(NamedTuple):
    """What a root is made of: a suite of Debian for a kind of machine, and perhaps more packages."""

    suite: str
    machine: str
    more: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Place:
        suite, _, machine = text.partition("/")
        return cls(suite, machine or platform.machine())

    @property
    def foreign(self) -> bool:
        return self.machine != platform.machine()

    @property
    def architecture(self) -> str:
        """What Debian calls the machine."""
        return {"x86_64": "amd64", "aarch64": "arm64"}[self.machine]

    @property
    def python(self) -> str | None:
        """The version of its Python, if a wheel can be had for it."""
        return {"bookworm": "3.11", "trixie": "3.13"}.get(self.suite)

    @property
    def packages(self) -> list[str]:
        """musl brings the loader for programs on that C library, and stays out of all others' way."""
        return ["tzdata", "musl", *(["python3-venv"] if self.python else []), *self.more]

    @property
    def patience(self) -> float:
        """Seconds for a command, of which a busy machine takes but a part; an emulated one is slower by far."""
        return 3600 if self.foreign else 600

    def __str__(self) -> str:
        return "-".join((self.suite, self.machine, *self.more))


def obstacle(place: Place) -> str | None:
    """Why no root can be made here."""
    if os.geteuid() != 0:
        return "only root can make a root of Debian and enter it"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed"
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        return "this machine lets nobody make namespaces"
    if place.foreign and not Path(f"/proc/sys/fs/binfmt_misc/qemu-{place.machine}").exists():
        return f"this machine runs no programs of {place.machine}: ./dev wheels --test installs and registers qemu"
    return None


def base(place: Place, cache: Path) -> Path:
    """The base system, which debootstrap makes once."""
    folder = cache / str(place)
    if not (folder / ".complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", f"--arch={place.architecture}"]
        command += [f"--include={','.join(place.packages)}", place.suite, str(folder), mirror()]
        made = subprocess.run(command, capture_output=True, text=True, timeout=10 * place.patience, check=False)
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
        # Debian's Python brings SQLite for its own module.
        for library in (folder / "usr/lib" / f"{place.machine}-linux-gnu").glob("libsqlite3*"):
            library.unlink()
        (folder / ".complete").touch()
    return folder


class Root:
    """A copy of the base system that a test may change."""

    def __init__(self, place: Place, cache: Path, folder: Path) -> None:
        self.place = place
        self.folder = folder
        subprocess.run(["cp", "-a", f"{base(place, cache)}/.", str(folder)], check=True)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Runs a command inside, as the first process of a PID namespace; it dies with the one that started it."""
        enter = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-c", ENTER]
        return subprocess.Popen(
            [*enter, str(self.folder), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *command: str, timeout: float | None = None) -> str:
        """What a command prints; it must succeed."""
        status, printed = self._ended(command, timeout)
        assert status == 0, f"{command}: status {status}\n{printed}"
        return printed

    def fails(self, *command: str) -> str:
        """What a command prints; it must fail."""
        status, printed = self._ended(command, None)
        assert status != 0, f"{command} succeeded\n{printed}"
        return printed

    def _ended(self, command: Sequence[str], timeout: float | None) -> tuple[int, str]:
        with self.start(*command) as process:
            try:
                printed, _ = process.communicate(timeout=timeout or self.place.patience)
            finally:
                process.kill()
        return process.returncode, printed

    def put(self, *files: Path) -> None:
        for file in files:
            shutil.copy(file, self.folder / "root" / file.name)

    def lacks(self, names: Sequence[str]) -> list[str]:
        """Those of the names of programs or libraries that are not there."""
        there = {path.name for path in (self.folder / "usr/bin").iterdir()}
        there |= {path.name.partition(".so")[0] for path in (self.folder / "usr/lib").rglob("*.so*")}
        return [name for name in names if name not in there]

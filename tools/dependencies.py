"""Brings the sources that a bundled build compiles, as tools/dependencies.toml names them, into a folder."""

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import Any

import tomllib

LIST = Path(__file__).with_name("dependencies.toml")
TIMEOUT = 60  # seconds, for each answer of a server


class Unavailable(Exception):
    """This way does not lead to the sources; the text says why."""


def run(*command: str, cwd: Path) -> str:
    try:
        ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} did not end within ten minutes") from None
    if ended.returncode != 0:
        raise Unavailable((ended.stderr.strip() or f"{command[0]} failed").splitlines()[-1])
    return ended.stdout


def write(folder: Path, name: str, data: bytes) -> None:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise Unavailable(f"the archive wants to write {name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def unpack(data: bytes, folder: Path) -> None:
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(folder)
        else:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive:
                    if (file := archive.extractfile(member)) is not None:
                        write(folder, member.name, file.read())
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise Unavailable(f"not a whole archive: {error}") from None


def from_archive(url: str, folder: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            data = answer.read()
    except OSError as error:
        raise Unavailable(str(getattr(error, "reason", error))) from None
    unpack(data, folder)


def from_crate(crate: str, folder: Path) -> None:
    """By cargo, which knows the registry of its configuration; it unpacks the crate by itself."""
    name, version = crate.split()
    (folder / "lib.rs").touch()
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[lib]\npath = "lib.rs"\n[dependencies]\n{name} = "={version}"\n'
    )
    run("cargo", "fetch", "--quiet", cwd=folder)
    packages = json.loads(run("cargo", "metadata", "--format-version=1", "--offline", cwd=folder))["packages"]
    (manifest,) = (package["manifest_path"] for package in packages if package["name"] == name)
    shutil.copytree(Path(manifest).parent, folder / "crate")


def from_wheel(wheel: str, folder: Path) -> None:
    """By pip, which knows the index of its configuration."""
    name, version = wheel.split()
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), f"{name}=={version}", cwd=folder)
    (archive,) = folder.glob("*.whl")
    unpack(archive.read_bytes(), folder)


WAYS = {"archive": from_archive, "crate": from_crate, "wheel": from_wheel}


def digest(folder: Path) -> str:
    """As `cd FOLDER && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` tells."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder).as_posix()}\n"
        for path in sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: str(path))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def take(found: Path, files: list[str], folder: Path) -> None:
    """Copies those files of what was found that make the dependency: from the folder that holds the first of them."""
    homes = [path.parents[files[0].count("/")] for path in sorted(found.rglob(Path(files[0]).name))]
    homes = [home for home in homes if (home / files[0]).is_file()]
    if not homes:
        raise Unavailable(f"there is no {files[0]} in it")
    home = min(homes, key=lambda home: len(home.parts))
    for pattern in files:
        paths = [path for path in home.glob(pattern) if path.is_file()]
        # Where a licence lies differs from one kind of archive to another.
        paths = paths or [path for path in sorted(found.rglob(pattern)) if path.is_file()][:1]
        if not paths:
            raise Unavailable(f"there is no {pattern} in it")
        for path in paths:
            target = folder / (path.relative_to(home) if path.is_relative_to(home) else path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def fetch(entry: dict[str, Any], folder: Path) -> None:
    """From the first way that leads to sources with the digest of the list."""
    tries = []
    for way, arguments in ((way, entry.get(way, [])) for way in WAYS):
        for argument in arguments:
            with tempfile.TemporaryDirectory() as scratch:
                found, taken = Path(scratch, "found"), Path(scratch, "taken")
                found.mkdir()
                try:
                    WAYS[way](argument, found)
                    take(found, entry["files"], taken)
                    if digest(taken) != entry["sha256"]:
                        raise Unavailable(f"its files have another SHA-256: {digest(taken)}")
                except Unavailable as error:
                    tries.append(f"\n  {way} {argument}: {error}")
                    continue
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(taken, folder)
                return
    raise Unavailable("".join(tries))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="each dependency becomes a folder in it")
    folder = parser.parse_args().folder
    missing = []
    for name, entry in tomllib.loads(LIST.read_text()).items():
        if (folder / name).is_dir() and digest(folder / name) == entry["sha256"]:
            continue
        print(f"bringing {name} {entry['version']}", flush=True)
        try:
            fetch(entry, folder / name)
        except Unavailable as error:
            missing.append(
                f"{name} {entry['version']} (SHA-256 {entry['sha256']}) cannot be had for {folder / name}:{error}"
            )
    if missing:
        missing.append(f"Put the files there by hand, as {LIST.name} says, or build without UVSCHED_BUNDLED.")
        sys.exit("\n".join(missing))


if __name__ == "__main__":
    main()

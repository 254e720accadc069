"""Reading the machine: load average, processor time and memory, from the standard library and /proc (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """The machine at one moment."""

    load: float
    """The number of processes that run or wait to run, averaged over a minute."""
    cpu: float
    """The share of processor time in use since the previous sample, 0 to 1."""
    memory_used: int
    """Bytes that are in use and cannot be freed for a program at once."""
    memory_total: int


class Sampler:
    """Takes samples. Remembers the processor times of the last sample, because a share is computed from a
    difference."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._busy, self._total = processor_times((proc / "stat").read_text())

    def sample(self) -> Sample:
        """Reads the machine now."""
        busy, total = processor_times((self._proc / "stat").read_text())
        passed = total - self._total
        cpu = (busy - self._busy) / passed if passed > 0 else 0.0
        self._busy, self._total = busy, total
        used, installed = memory((self._proc / "meminfo").read_text())
        return Sample(load=os.getloadavg()[0], cpu=min(max(cpu, 0.0), 1.0), memory_used=used, memory_total=installed)


def processor_times(stat: str) -> tuple[int, int]:
    """Busy and total ticks of all processors since boot, from the text of /proc/stat."""
    fields = [int(field) for field in stat.split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]  # idle, and idle while waiting for a disk
    return sum(fields) - idle, sum(fields)


def memory(meminfo: str) -> tuple[int, int]:
    """Used and total bytes, from the text of /proc/meminfo."""
    lines = (line.split() for line in meminfo.splitlines())
    kilobytes = {words[0]: int(words[1]) for words in lines if len(words) > 1}
    total = kilobytes["MemTotal:"]
    return (total - kilobytes["MemAvailable:"]) * 1024, total * 1024

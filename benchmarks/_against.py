"""Compares a run of `./dev bench` with one that was kept: `_against.py KEPT NEW`.

Results that have a peer are compared by their ratio to it, so that the machine plays no part. A result whose spread
overlaps the kept one's counts as equal. Ends with 1 if anything got worse.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def read(path: str) -> dict[str, dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        results = [json.loads(line) for line in file]
    return {result["what"]: result for result in results}


def verdict(kept: dict[str, Any], new: dict[str, Any]) -> tuple[str, float, str]:
    """What was compared, how many times as good the new one is, and a word for it."""
    by_ratio = "ratio" in kept and "ratio" in new
    old, now = (kept["ratio"], new["ratio"]) if by_ratio else (kept["value"], new["value"])
    change = now[0] / old[0] if old[0] else 1.0
    if not by_ratio and new["less_is_better"]:
        change = 1 / change if change else 1.0
    word = "better" if change > 1 else "WORSE"
    if now[1] <= old[2] and old[1] <= now[2]:
        word = "equal"
    return "against its peer" if by_ratio else "by itself", change, word


def main(kept_path: str, new_path: str) -> int:
    kept, new = read(kept_path), read(new_path)
    worse = 0
    for what, result in new.items():
        if what not in kept:
            print(f"{what:<64} is new")
            continue
        by, change, word = verdict(kept[what], result)
        print(f"{what:<64} {change:>6.2f} x as good, {by}: {word}")
        worse += word == "WORSE"
    return 1 if worse else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))

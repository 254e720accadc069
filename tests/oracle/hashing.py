"""The hash behind `H`: FNV-1a of 64 bits, then the finaliser of splitmix64."""

from __future__ import annotations

_MASK = 2**64 - 1


def settle(key: str, field: str) -> int:
    x = 0xCBF29CE484222325
    for byte in f"{key}\0{field}".encode():
        x = (x ^ byte) * 0x100000001B3 & _MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
    return x ^ x >> 31

"""Fingerprints of arrays that no order of their numbers changes: transposed, reversed or re-read, they stay.

Each number, as float32, is mixed into 32 bits (the finalizer of MurmurHash3, by A. Appleby) and the results are summed
modulo 2**64. It costs a pass where sorting takes n log n, and fingerprints of parts add up to that of the whole. Equal
fingerprints are a reason to look, and no proof: whoever pairs arrays by them compares all numbers then.
"""

from __future__ import annotations

import numpy as np

BLOCK = 2**16
"""Numbers that are mixed at once: they stay in the processor's cache."""
MODULUS = 2**64


def fingerprint(values: np.ndarray) -> int:
    """The fingerprint of an array of any shape; what is equal as float32 counts as equal, and so do both zeros."""
    flat, total = values.ravel(order="K"), 0
    with np.errstate(over="ignore"):
        for start in range(0, len(flat), BLOCK):
            total += _mixed(flat[start : start + BLOCK].astype(np.float32))
    return total % MODULUS


def _mixed(values: np.ndarray) -> int:
    values += np.float32(0)  # of both zeros the positive one
    bits = values.view(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits ^= bits >> np.uint32(shift)
        bits *= np.uint32(factor)
    bits ^= bits >> np.uint32(16)
    return int(bits.sum(dtype=np.uint64))

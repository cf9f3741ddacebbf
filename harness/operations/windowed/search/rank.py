"""Which explanation comes first: the fewest changes, then the likeliest, then the smallest."""

from __future__ import annotations

import math

from harness.operations.transforms.transform import QUESTIONS, Transform


def weight(transforms: tuple[Transform, ...], rank: int) -> float:
    """How unlikely these changes are: the sum of -log2 of their likelihoods, more for unusual forms of them."""
    return sum(math.log2(QUESTIONS / each.causes) + each.unusual(rank) for each in transforms)

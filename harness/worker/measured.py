"""Claims that depend on the machine, measured when the worker starts.

What a framework takes may depend on the processor, on how it was built and on the environment: TensorFlow refuses
some calls where oneDNN is not at work, and some for some dtypes only. A declaration names such claims (`measured`).
Here each is tried by a call of a few elements, at every spatial rank and in every dtype that it is about, and the
parent is told what was refused. A call that fails in the adapter says nothing of the system, and refuses no claim.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Callable, Dict, Iterator, Mapping

import numpy as np

from harness.worker.blame import own_fault, system
from harness.worker.entry import EntryPoint, Place
from harness.worker.spans import reach

Trial = Callable[[int], Dict[str, Any]]

SPATIAL = {1: "W", 2: "HW", 3: "DHW"}
SIZE, TAPS, CHANNELS = 6, 2, 2

TRIALS: Dict[str, Trial] = {
    "dilation": lambda rank: {"dilation": [2] * rank},
    "uneven_strides": lambda rank: {"stride": [1] + [2] * (rank - 1)},
    "together": lambda rank: {"stride": [2] * rank, "dilation": [2] * rank},
    "groups": lambda rank: {"groups": CHANNELS},
}
"""Claim -> the settings that a call must have to try it, at a spatial rank; a dtype is tried by a plain call."""


def measured(entry: EntryPoint) -> EntryPoint:
    """The entry point with what is refused here of its claims that are to be measured."""
    refused = {claim: tuple(_refusing(entry, claim)) for claim in entry.measured}
    return replace(entry, refused={claim: places for claim, places in refused.items() if places})


def _refusing(entry: EntryPoint, claim: str) -> Iterator[Place]:
    """Where the system refuses a call that the claim allows, though it takes a plain one there.

    Where it takes no plain call either, something else is wrong, which the calls of cases will show.
    """
    certain = next(dtype for dtype in entry.dtypes if dtype not in entry.measured)
    pairs = [(certain, claim)] if claim in entry.dtypes else [(dtype, dtype) for dtype in entry.dtypes]
    changes = TRIALS.get(claim, _nothing)
    for rank, (usual, tried) in product(entry.ranks, pairs):
        if _taken(entry, (rank, usual), {}) and not _taken(entry, (rank, tried), changes(rank)):
            yield rank, tried


def _nothing(rank: int) -> Dict[str, Any]:
    """The settings that try a dtype."""
    return {}


def _taken(entry: EntryPoint, place: Place, changes: Mapping[str, Any]) -> bool:
    """Whether the system takes a call of ones with these settings."""
    settings = _sized(entry, {**_plain(entry, place[0]), **changes})
    arguments = entry.takes.arguments(_arrays(entry, place, settings["groups"]), settings)
    assert entry.call is not None
    try:
        result = entry.call(*arguments)
        with system():
            np.asarray(result)
    except Exception as error:  # whatever a framework raises: that it does is what is asked
        return bool(own_fault(error))
    return True


def _sized(entry: EntryPoint, settings: Dict[str, Any]) -> Dict[str, Any]:
    """Settings with the size of the output, where a call of the operation says it."""
    if entry.operation != "transposed_convolution":
        return settings
    steps = zip(settings["stride"], settings["dilation"])
    sizes = [reach(SIZE, TAPS, *each) for each in steps]
    return dict(settings, output_size=sizes, output_padding=[0] * len(sizes))


def _plain(entry: EntryPoint, rank: int) -> Dict[str, Any]:
    word = entry.takes.words.get("valid")
    return {
        "stride": [1] * rank,
        "dilation": [1] * rank,
        "padding": [[0, 0]] * rank if word is None else word.native,
        "groups": CHANNELS if entry.takes.groups == "depthwise" else 1,
    }


def _arrays(entry: EntryPoint, place: Place, groups: int) -> Mapping[str, np.ndarray]:
    """Ones in the layouts of the entry point; groups part a kernel's input channels, a transpose's outputs."""
    rank, dtype = place
    divided = "O" if entry.operation == "transposed_convolution" else "I"
    sizes = {"N": 1, "C": CHANNELS, "O": CHANNELS, "I": CHANNELS, divided: CHANNELS // groups}
    found = {}
    for role, size in (("input", SIZE), ("kernel", TAPS)):
        letters = entry.layouts[role].replace("*", SPATIAL[rank])
        found[role] = np.ones([sizes.get(letter, size) for letter in letters], dtype)
    return found

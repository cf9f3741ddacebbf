"""Claims that depend on the machine, measured when the worker starts.

What a framework takes may depend on the processor, on how it was built and on the environment: TensorFlow refuses
some calls where oneDNN is not at work, and some for some dtypes only. A declaration names such claims (`measured`).
Here each is tried by a call of a few elements in every dtype, and the parent is told what was refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, Mapping

import numpy as np

from harness.worker.entry import EntryPoint

Trial = Callable[[int], Dict[str, Any]]

SPATIAL = {1: "W", 2: "HW", 3: "DHW"}
SIZE, TAPS, CHANNELS = 6, 2, 2


def _steps(rank: int, first: int, others: int) -> Dict[str, Any]:
    return {"stride": [first] + [others] * (rank - 1)}


TRIALS: Dict[str, Trial] = {
    "dilation": lambda rank: {"dilation": [2] * rank},
    "uneven_strides": lambda rank: _steps(rank, 1, 2),
    "together": lambda rank: {"stride": [2] * rank, "dilation": [2] * rank},
}
"""Claim -> the settings that a call must have to try it, at a spatial rank."""


def measured(entry: EntryPoint) -> EntryPoint:
    """The entry point with what is refused here of its claims that are to be measured: claim -> dtypes."""
    refused = {claim: tuple(_refusing(entry, claim)) for claim in entry.measured}
    return replace(entry, refused={claim: dtypes for claim, dtypes in refused.items() if dtypes})


def _refusing(entry: EntryPoint, claim: str) -> Iterator[str]:
    """The dtypes with which the system refuses a call that the claim allows, though it takes the plain one."""
    rank = entry.ranks[-1]
    for dtype in entry.dtypes:
        arrays = _arrays(entry, rank, dtype)
        plain = _settings(entry, rank)
        tried = dict(plain, **TRIALS[claim](rank))
        if _taken(entry, arrays, _sized(entry, plain)) and not _taken(entry, arrays, _sized(entry, tried)):
            yield dtype


def _sized(entry: EntryPoint, settings: Dict[str, Any]) -> Dict[str, Any]:
    """Settings with the size of the output, where a call of the operation says it."""
    if entry.operation != "transposed_convolution":
        return settings
    steps = zip(settings["stride"], settings["dilation"])
    sizes = [(SIZE - 1) * stride + (TAPS - 1) * dilation + 1 for stride, dilation in steps]
    return dict(settings, output_size=sizes, output_padding=[0] * len(sizes))


def _taken(entry: EntryPoint, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> bool:
    assert entry.call is not None
    try:
        np.asarray(entry.call(*entry.takes.arguments(arrays, settings)))
    except Exception:  # whatever a framework raises: that it does is what is asked
        return False
    return True


def _settings(entry: EntryPoint, rank: int) -> Dict[str, Any]:
    word = entry.takes.words.get("valid")
    return {
        "stride": [1] * rank,
        "dilation": [1] * rank,
        "padding": [[0, 0]] * rank if word is None else word.native,
        "groups": CHANNELS if entry.takes.groups == "depthwise" else 1,
    }


def _arrays(entry: EntryPoint, rank: int, dtype: str) -> Mapping[str, np.ndarray]:
    """Ones in the layouts of the entry point."""
    inputs = 1 if entry.takes.groups == "depthwise" else CHANNELS
    sizes = {"N": 1, "C": CHANNELS, "O": CHANNELS, "I": inputs}
    found = {}
    for role, size in (("input", SIZE), ("kernel", TAPS)):
        letters = entry.layouts[role].replace("*", SPATIAL[rank])
        found[role] = np.ones([sizes.get(letter, size) for letter in letters], dtype)
    return found

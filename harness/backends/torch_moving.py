"""PyTorch: functions that move elements and compute nothing."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.tracing.axis_words import first, pairs_of
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.%s.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _rearrange(name: str, direction: str) -> EntryPoint:
    """The entry point `torch.nn.functional.NAME`."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        import torch

        with torch.inference_mode(), system():
            x = torch.from_numpy(np.ascontiguousarray(arrays["input"]))
            return getattr(torch.nn.functional, name)(x, settings[direction]).numpy()

    about: Mapping[str, Any] = {"ranks": (2,), "keeps": {"order": "CRD"}, "free": (direction,)}
    return settled("torch.nn.functional." + name, "rearrange", DOCS % name, **about)(called)


REARRANGEMENTS = (_rearrange("pixel_shuffle", "depth_to_space"), _rearrange("pixel_unshuffle", "space_to_depth"))

MODES = {"zero": "constant", "constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def _pad(arrays: Arrays, settings: Settings) -> Any:
    """The last axis first, of those of space where the others are not padded."""
    import torch

    pairs = pairs_of(settings["padding"], first(arrays["input"].ndim))
    own = pairs if any(map(any, pairs[:2])) else pairs[2:]
    flat = [each for pair in own[::-1] for each in pair]
    fill = {"value": settings["constant"]} if "constant" in settings else {}
    with torch.inference_mode(), system():
        x = torch.from_numpy(np.ascontiguousarray(arrays["input"]))
        return torch.nn.functional.pad(x, flat, mode=settings["boundary"], **fill).numpy()


PADDINGS = (
    settled(
        "torch.nn.functional.pad",
        "padding",
        DOCS % "pad",
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("space of values", "reflect", "wrap"),
    )(_pad),
)
MOVES = (*REARRANGEMENTS, *PADDINGS)

"""PyTorch: functions that move elements and compute nothing."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

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
MOVES = REARRANGEMENTS

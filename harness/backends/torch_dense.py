"""PyTorch: dense layers, by `torch.nn.functional.linear`."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.dense_claims import FIRST, flattening, of_places
from harness.worker.blame import system
from harness.worker.entry import settled

DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html"
NAME = "torch.nn.functional.linear"
DTYPES = ("float32", "float64")
Arrays = Mapping[str, np.ndarray]


def _tensors(arrays: Arrays) -> Any:
    import torch

    given = (arrays[role] for role in ("input", "kernel", "bias") if role in arrays)
    return [torch.from_numpy(np.ascontiguousarray(each)) for each in given]


def _linear(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import torch

    with torch.inference_mode(), system():
        return torch.nn.functional.linear(*_tensors(arrays)).numpy()


def _flattened(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import torch

    with torch.inference_mode(), system():
        x, *parameters = _tensors(arrays)
        return torch.nn.functional.linear(torch.flatten(x, 1), *parameters).numpy()


DENSE = (
    settled(NAME, "dense", DOCS, dtypes=DTYPES, **of_places("OI"))(_linear),
    settled(
        NAME + " (flatten)",
        "dense",
        DOCS,
        dtypes=DTYPES,
        note="of torch.flatten(x, 1)",
        **flattening("OI", "C*", FIRST),
    )(_flattened),
)

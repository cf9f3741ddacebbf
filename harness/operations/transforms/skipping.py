"""A layer that does nothing: the system gives its input back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.canonical.instance import Form
from harness.canonical.settled import Settled
from harness.canonical.window import Linear
from harness.operations.transforms.transform import Transform


@dataclass(frozen=True)
class Skipped(Transform):
    """The layer is skipped, whatever it is: the output is the input.

    It shows itself without a search, and explains more than any setting that comes to the same on some data.
    """

    id = "skipped"
    touches = ("w", "bias", "window")

    def words(self) -> str:
        return "apply the layer; the system gave its input back unchanged"

    def differ(self, conv: Form) -> Form:
        return _one_tap(conv) if isinstance(conv, Linear) else Settled({"x": conv.arrays["x"]}, {}, _Passed())


class _Passed:
    """The meaning of a formula that is its input."""

    def formula(self, np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
        return arrays["x"]

    def output_shape(self, shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]:
        return shapes["x"]

    def ways(self, settings: Mapping[str, Any]) -> Iterable[Callable[..., Any]]:
        return ()

    def rounds(self, settings: Mapping[str, Any]) -> bool:
        return False


def _one_tap(conv: Linear) -> Linear:
    """The same input under a single tap of 1 for each channel by itself."""
    ones, none = (1,) * conv.rank, ((0, 0),) * conv.rank
    window = replace(conv.window, stride=ones, dilation=ones, padding=none, base_dilation=ones)
    window = replace(window, boundary="zero", constant=0.0, reversal=(False,) * conv.rank, groups=conv.x.shape[1])
    return replace(conv, w=np.ones((conv.x.shape[1], 1, *ones), conv.w.dtype), bias=None, window=window)

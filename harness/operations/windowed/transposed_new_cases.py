"""Cases of a transposed convolution that the harness writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.operations.windowed import axis_orders, new_cases
from harness.operations.windowed.new_cases import drawn as drawn
from harness.operations.windowed.new_cases import integers
from harness.worker.spans import cut_pair, span

START = """\
kernel:
  layout: HW                  # I input channels, O output channels per group, D H W
  values:
    - [1, 2, 0]
    - [0, 3, 0]
    - [0, 0, 5]
means: cross-correlation      # what it is the transpose of: cross-correlation (deep learning) or convolution
stride: 2
dilation: 1
padding: same                 # what is cut off the full output: same | valid | 1 | [1, 2] | [[0, 1], [0, 1]]
output_padding: 0             # samples added on the high side
"""
SETTINGS = """\
means: cross-correlation    # the transpose of what do you want? cross-correlation (deep learning) or convolution
stride: {stride}
dilation: {dilation}
padding: {padding}    # what is cut off the full output: same | valid | 1 | [1, 2] | [[0, 1], [0, 1]] | unknown
output_padding: {output_padding}
groups: {groups}
"""
ASSUMED = new_cases.ASSUMED
NODE_LAYOUTS = {"kernel": "IO*", "bias": "O"}
WORDS = {"SAME_UPPER": "same", "VALID": "valid"}
"""Values of a node's `auto_pad` -> paddings of a case; NOTSET is what `pads` says."""


def settings(sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """What SETTINGS has blanks for, by the sizes of input, kernel and perhaps output."""
    return {**new_cases.usual(sizes, ("valid", "same"), _samples), "output_padding": "0"}


def of_definition(text: str, rank: int, layer: str) -> dict[str, str]:
    raise ValueError("a Deconvolution is not read from a definition; give its settings in the case")


def layouts(shapes: Mapping[str, Sequence[int]]) -> list[dict[str, str]]:
    """Orders of axes that fit the shapes of the arrays, by role, the likeliest first; of two groups or more none."""
    return axis_orders.transposed(shapes, settings)


def _samples(padding: str, n: int, taps: int, stride: int) -> int:
    return span(n, stride) - 1 + taps - sum(cut_pair(padding, taps, stride))


def of_node(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a node of an ONNX model as what SETTINGS has blanks for.

    Raises ValueError for what no setting says by itself: the size of the output, and the odd sample cut the other way.
    """
    word = str(attributes.get("auto_pad"))
    if integers(attributes, "output_shape") or word == "SAME_LOWER":
        told = "output_shape" if "output_shape" in attributes else f"auto_pad {word}"
        raise ValueError(f"gives {told}; expected pads, auto_pad SAME_UPPER or VALID")
    return {
        **new_cases.of_node(attributes),
        "padding": WORDS.get(word, new_cases.pads(attributes)),
        "output_padding": str(list(integers(attributes, "output_padding")) or 0),
    }

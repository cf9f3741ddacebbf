"""Cases of a convolution that the harness writes: one to start from, and those of arrays and of nodes of models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.grammar.streams import RawStream
from harness.operations.windowed import axis_orders, definition
from harness.worker.spans import output_size, padding_pair

START = """\
kernel:
  layout: HW                  # O output channels, I input channels per group, D H W
  values:
    - [1, 2, 0]
    - [0, 3, 0]
    - [0, 0, 5]
means: cross-correlation      # what you want computed: cross-correlation (deep learning) or convolution (mathematics)
stride: 1
dilation: 1
padding: same                 # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]]
# prototxt: |                 # instead of stride, dilation, padding and groups: a Caffe layer as its .prototxt has it
#   layer { name: "conv1" type: "Convolution" convolution_param { num_output: 1 kernel_size: 3 pad: 1 } }
"""
SETTINGS = """\
means: cross-correlation    # what do you want? cross-correlation (deep learning) or convolution (mathematics)
stride: {stride}
dilation: {dilation}
padding: {padding}    # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]] | unknown
groups: {groups}
"""
ASSUMED = {"means": "cross-correlation", "stride": "unknown", "padding": "unknown"}
NODE_LAYOUTS = {"kernel": "OI*", "bias": "O"}
WORDS = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}
"""Values of a node's `auto_pad` -> paddings of a case; NOTSET is what `pads` says."""
NUMBERS = {"stride": "strides", "dilation": "dilations"}
"""Keys of a case -> attributes that have one number for each spatial axis, 1 where there is no such attribute."""

TAPS = {"D": 2, "H": 2, "W": 3}
"""Sides of a kernel that is drawn."""

Size = Callable[[str, int, int, int], int]
"""Output samples along an axis, of a padding word, input samples, taps and a stride."""


def settings(sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """What SETTINGS has blanks for, by the sizes of input, kernel and perhaps output."""
    return usual(sizes, ("valid", "same", "full"), _samples)


def layouts(shapes: Mapping[str, Sequence[int]]) -> list[dict[str, str]]:
    """Orders of axes that fit the shapes of the arrays, by role, the likeliest first."""
    return axis_orders.layouts(shapes, settings)


def drawn(letters: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Input and kernel of whole numbers in these orders of axes: all sides differ, then fewer sides do.

    Sums of their products are exact in float32.
    """
    one = {"N": 2, "C": 3, "O": 4, "I": 3, "D": 5, "H": 6, "W": 8}
    for taps, equal in ((TAPS, False), ({**TAPS, "H": 3}, False), ({**TAPS, "H": 3, "D": 3}, True)):
        sizes = {**one, **dict.fromkeys("DHW", one["W"])} if equal else one
        stream = RawStream("PCG64", 0)
        yield (
            _whole(stream, [sizes[each] for each in letters[0]]),
            _whole(stream, [{**one, **taps}[each] for each in letters[1]]),
        )


def _whole(stream: RawStream, shape: Sequence[int]) -> np.ndarray:
    return stream.integers(-9, 9, math.prod(shape)).reshape(shape).astype(np.float64)


def _samples(padding: str, n: int, taps: int, stride: int) -> int:
    return output_size(n, taps, stride, 1, padding_pair(padding, n, taps, stride))


def usual(sizes: Mapping[str, Sequence[int]], paddings: Sequence[str], samples: Size) -> dict[str, str]:
    """The first usual stride and padding with which the output has its sizes; unknown where none gives them."""
    stride, padding = ("unknown", "unknown") if "output" in sizes else ("1", "same")
    for step, word in ((step, word) for step in (1, 2) for word in paddings):
        axes = zip(sizes["input"], sizes["kernel"])
        if list(sizes.get("output", ())) == [samples(word, *axis, step) for axis in axes]:
            stride, padding = str(step), word
            break
    return {"stride": stride, "dilation": "1", "padding": padding, "groups": "1"}


def of_node(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a node of an ONNX model as what SETTINGS has blanks for."""
    return {
        **{key: str(list(integers(attributes, name)) or 1) for key, name in NUMBERS.items()},
        "padding": WORDS.get(str(attributes.get("auto_pad")), pads(attributes)),
        "groups": str(attributes.get("group", 1)),
    }


def of_definition(text: str, rank: int, layer: str) -> dict[str, str]:
    """The settings of a layer of a Caffe definition as SETTINGS has blanks for; raises ValueError for none."""
    found = definition.convolution(text, rank, layer)
    padding = [[each, each] for each in found.padding]
    return {
        "stride": str(list(found.stride)),
        "dilation": str(list(found.dilation)),
        "padding": str(padding),
        "groups": str(found.groups),
    }


def pads(attributes: Mapping[str, Any]) -> str:
    """Pairs of what is added before and behind; ONNX has all of the former first."""
    found = integers(attributes, "pads")
    rank = len(found) // 2
    return str([list(pair) for pair in zip(found[:rank], found[rank:])]) if found else "valid"


def integers(attributes: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """An attribute that is a list of whole numbers; () where there is none."""
    given = attributes.get(name, ())
    return tuple(int(each) for each in given) if isinstance(given, tuple) else ()

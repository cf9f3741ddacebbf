"""What the operations of TensorFlow's graphs compute, in the words of cases: by type, from their attributes."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends.tracing.axis_words import SPATIAL, even, first, last, pairs, steps
from harness.worker.recording import Meaning
from harness.worker.spans import reach, span

Shape = Tuple[int, ...]
Roles = Dict[int, str]
"""Place among the inputs of an operation -> role of the array there; "" for what only says a shape."""
Said = Optional[Tuple[Meaning, Roles]]
TRANSPOSED = ("Conv2DBackpropInput", "Conv3DBackpropInputV2")


class Given:
    """An operation. shapes: of its inputs; values: of those that the graph holds, else None; made: its output's."""

    def __init__(
        self, operation: Any, shapes: Sequence[Shape], values: Sequence[Optional[np.ndarray]], made: Shape
    ) -> None:
        self.kind, self._operation = operation.type, operation
        self.shapes, self.values, self.made = shapes, values, made

    def attribute(self, name: str, default: Any = None) -> Any:
        try:
            found = self._operation.get_attr(name)
        except ValueError:
            return default
        return found.decode() if isinstance(found, bytes) else found

    @property
    def letters(self) -> str:
        """Axes of the first input, as the data format says."""
        return self.axes(len(self.shapes[0]))

    def axes(self, rank: int) -> str:
        """Axes of a tensor, as the data format says."""
        return first(rank) if str(self.attribute("data_format", "NHWC")).startswith("NC") else last(rank)

    def spatial(self, values: Sequence[int]) -> List[int]:
        """Of one number per axis, those of the spatial ones."""
        return [int(each) for each, letter in zip(values, self.axes(len(values))) if letter not in "NC"]


def meaning(given: Given) -> Tuple[Meaning, Roles]:
    """What an operation computes, and the roles of its inputs."""
    say = OPERATIONS.get(given.kind)
    found = say(given) if say and given.shapes and (given.letters or given.kind in TRANSPOSED) else None
    return found if found else (Meaning(None), {})


def _padding(given: Given) -> Any:
    word = given.attribute("padding")
    if word == "EXPLICIT":
        ends = given.attribute("explicit_paddings")
        return pairs(given.spatial(ends[::2]), given.spatial(ends[1::2]))
    return {"SAME": "same_upper", "VALID": "valid"}[word]


def _window(given: Given) -> Dict[str, Any]:
    dilations = given.attribute("dilations", [1] * len(given.shapes[0]))
    found = steps(stride=given.spatial(given.attribute("strides")), dilation=given.spatial(dilations))
    return dict(found, padding=_padding(given))


def _convolution(given: Given) -> Said:
    axes, rank = given.letters, len(given.shapes[0])
    groups = given.shapes[0][axes.index("C")] // given.shapes[1][-2]
    settings = {**_window(given), **({"groups": groups} if groups != 1 else {})}
    return Meaning("convolution", settings, axes, axes, kernel=SPATIAL[rank] + "IO"), {1: "kernel"}


def _depthwise(given: Given) -> Said:
    axes, rank, multiplier = given.letters, len(given.shapes[0]), given.shapes[1][-1]
    settings = {**_window(given), "groups": int(given.shapes[1][-2])}
    kernel = SPATIAL[rank] + ("OI" if multiplier == 1 else "IO")
    return Meaning("convolution", settings, axes, axes, kernel=kernel), {1: "kernel"}


def _transposed(given: Given) -> Said:
    """The gradient of a convolution by its input, whose shape is stated: the rest of the full output is cut off."""
    axes, rank, (made, taken) = given.axes(len(given.made)), len(given.made), (given.made, given.shapes[2])
    settings = steps(
        stride=given.spatial(given.attribute("strides")),
        dilation=given.spatial(given.attribute("dilations", [1] * rank)),
    )
    kernel = SPATIAL[rank] + "OI"
    if made[axes.index("C")] != given.shapes[1][-2]:  # groups share channels: no case says which
        return None
    settings["padding"] = list(map(list, _cuts(given, given.spatial(taken), given.spatial(made))))
    return Meaning("transposed_convolution", settings, axes, axes, kernel=kernel), {0: "", 1: "kernel"}


def _cuts(given: Given, taken: Sequence[int], made: Sequence[int]) -> Iterator[Tuple[int, int]]:
    """What is cut off the full output, low and high: as the convolution pads whose gradient it is."""
    strides = given.spatial(given.attribute("strides"))
    dilations = given.spatial(given.attribute("dilations", [1] * len(given.made)))
    stated = given.spatial(given.attribute("explicit_paddings", [])[::2])
    for axis, (n, size) in enumerate(zip(taken, made)):
        full = reach(n, span(given.shapes[1][axis], dilations[axis]), strides[axis], 1)
        low = {"SAME": max(full - size, 0) // 2, "VALID": 0}.get(given.attribute("padding"))
        low = stated[axis] if low is None else low
        yield low, full - size - low


def _pooled(reduce: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        axes, size = given.letters, given.spatial(given.attribute("ksize"))
        settings = {"reduce": reduce, "window": even(size), **_window(given)}
        if reduce == "average":
            settings["divisor"] = "valid"
        return Meaning("pooling", settings, axes, axes), {}

    return say


def _mean(given: Given) -> Said:
    """The mean over all spatial axes is global pooling, whose output may lack them."""
    axes, places = given.letters, given.values[1]
    if places is None or sorted(axes[int(each)] for each in places.ravel()) != sorted(set(axes) - {"N", "C"}):
        return None
    size = even(given.spatial(given.shapes[0]))
    settings = {"reduce": "average", "window": size, "stride": size, "padding": "valid"}
    return Meaning("pooling", settings, axes, axes if given.attribute("keep_dims") else "NC"), {}


def _dense(given: Given) -> Said:
    if given.values[1] is None or given.attribute("transpose_a") or len(given.shapes[0]) != 2:
        return None
    kernel = "OI" if given.attribute("transpose_b") else "IO"
    return Meaning("dense", {}, "NC", "NC", kernel=kernel), {1: "kernel"}


def _batch_norm(given: Given) -> Said:
    axes = given.letters
    if given.attribute("is_training"):
        return None
    roles = {1: "scale", 2: "offset", 3: "mean", 4: "variance"}
    settings = {"epsilon": _short(given.attribute("epsilon"))}
    return Meaning("normalization", settings, axes, axes, **dict.fromkeys(roles.values(), "C")), roles


def _short(value: float) -> float:
    """A float32 of the graph as a person wrote it."""
    return float(str(np.float32(value)))


def _function(name: str, **keys: str) -> Callable[[Given], Said]:
    """An activation; keys: names of a case -> attributes."""

    def say(given: Given) -> Said:
        settings = {key: _short(given.attribute(attribute)) for key, attribute in keys.items()}
        return Meaning("activation", {"function": name, **settings}), {}

    return say


def _softmax(log: bool) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        axes = last(len(given.shapes[0]))
        return Meaning("softmax", {"over": "C", **({"log": True} if log else {})}, axes, axes), {}

    return say


def _lrn(given: Given) -> Said:
    """The depth radius counts to one side; the sum is divided by nothing."""
    settings = {
        key: _short(given.attribute(each)) for key, each in (("alpha", "alpha"), ("beta", "beta"), ("k", "bias"))
    }
    settings["size"] = 2 * given.attribute("depth_radius") + 1
    said: Dict[str, Any] = {**settings, "divided": "none", "across": "C"}
    return Meaning("local_response_normalization", said, given.letters, given.letters), {}


def _pad(given: Given) -> Said:
    axes, amounts = given.letters, given.values[1]
    fill = given.values[2] if len(given.values) > 2 else np.zeros(())
    if amounts is None or fill is None:
        return None
    sides = {letter: [int(each) for each in side] for letter, side in zip(axes, amounts) if any(side)}
    settings: Dict[str, Any] = {"padding": sides}
    if given.kind == "MirrorPad":
        settings["boundary"] = given.attribute("mode").lower()
    elif float(fill.item()):
        settings.update(boundary="constant", constant=_short(float(fill.item())))
    return Meaning("padding", settings, axes, axes), {}


def _resized(interpolation: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        corners, centres = given.attribute("align_corners"), given.attribute("half_pixel_centers")
        coordinates = "align_corners" if corners else "half_pixel" if centres else "asymmetric"
        size = even(given.spatial(given.made))
        settings: Dict[str, Any] = {"size": size, "interpolation": interpolation, "coordinates": coordinates}
        if interpolation == "nearest":
            settings["nearest_rounding"] = "prefer_ceil" if corners or centres else "floor"
        return Meaning("resize", settings, given.letters, given.letters), {}

    return say


def _rearranged(direction: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        settings = {direction: given.attribute("block_size"), "order": "DCR"}
        return Meaning("rearrange", settings, given.letters, given.letters), {}

    return say


OPERATIONS: Mapping[str, Callable[[Given], Said]] = {
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    **dict.fromkeys(TRANSPOSED, _transposed),
    "MatMul": _dense,
    "MaxPool": _pooled("max"),
    "AvgPool": _pooled("average"),
    "MaxPool3D": _pooled("max"),
    "AvgPool3D": _pooled("average"),
    "Mean": _mean,
    "FusedBatchNorm": _batch_norm,
    "FusedBatchNormV2": _batch_norm,
    "FusedBatchNormV3": _batch_norm,
    "Relu": _function("relu"),
    "Relu6": _function("relu6"),
    "LeakyRelu": _function("leaky_relu", slope="alpha"),
    "Elu": _function("elu"),
    "Selu": _function("selu"),
    "Sigmoid": _function("sigmoid"),
    "Tanh": _function("tanh"),
    "Softplus": _function("softplus"),
    "Softsign": _function("softsign"),
    "Abs": _function("absolute"),
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
    "LRN": _lrn,
    "Pad": _pad,
    "PadV2": _pad,
    "MirrorPad": _pad,
    "ResizeBilinear": _resized("linear"),
    "ResizeNearestNeighbor": _resized("nearest"),
    "DepthToSpace": _rearranged("depth_to_space"),
    "SpaceToDepth": _rearranged("space_to_depth"),
}
"""Type of an operation -> what it says; all others, a bias that is added by itself among them, are of no case."""

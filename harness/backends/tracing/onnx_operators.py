"""What the operators of ONNX compute, in the words of cases: defaults are those of the standard, by opset."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Mapping, Tuple

import numpy as np

from harness.backends.tracing import onnx_windows as windows
from harness.backends.tracing.axis_words import SPATIAL, pairs
from harness.backends.tracing.onnx_node import WEIGHTS, Given, Roles, Said, round_float
from harness.worker.recording import Meaning


def meaning(given: Given) -> Tuple[Meaning, Roles]:
    """What a node computes, and the roles of its inputs; an operation None where no case can say it."""
    say = OPERATORS.get(given.op)
    found = say(given) if say else None
    return found if found else (Meaning(None), {})


def _dense(given: Given) -> Said:
    """MatMul with a matrix that the file holds: at each place by itself where the input has more than two axes."""
    if given.constant(1) is None or len(given.shape(1)) != 2 or not 2 <= given.rank <= 5:
        return None
    letters = "NC" if given.rank == 2 else "N" + SPATIAL[given.rank] + "C"
    return Meaning("dense", {}, letters, letters, kernel="IO" if given.rank == 2 else "CO"), {1: "kernel"}


def _gemm(given: Given) -> Said:
    plain = given.attribute("alpha", 1.0) == given.attribute("beta", 1.0) == 1.0 and not given.attribute("transA", 0)
    bias, outputs = given.constant(2), given.shape(1)[0 if given.attribute("transB", 0) else -1]
    if (
        not plain
        or given.constant(1) is None
        or not (given.absent(2) or (bias is not None and bias.shape == (outputs,)))
    ):
        return None
    return Meaning("dense", {}, "NC", "NC", kernel="OI" if given.attribute("transB", 0) else "IO", bias="O"), WEIGHTS


STATISTICS = {1: "scale", 2: "offset", 3: "mean", 4: "variance"}
VECTORS = dict.fromkeys(STATISTICS.values(), "C")


def _batch_norm(given: Given) -> Said:
    settings: Dict[str, Any] = {"epsilon": round_float(given.attribute("epsilon", 1e-5))}
    if not given.attribute("training_mode", 0):
        return Meaning("normalization", settings, given.letters, given.letters, **VECTORS), STATISTICS
    settings["over"] = "N" + given.letters[2:]
    roles = {1: "scale", 2: "offset"}
    return Meaning("normalization", settings, given.letters, given.letters, scale="C", offset="C"), roles


def _instance_norm(given: Given) -> Said:
    settings = {"over": given.letters[2:], "epsilon": round_float(given.attribute("epsilon", 1e-5))}
    roles = {1: "scale", 2: "offset"}
    return Meaning("normalization", settings, given.letters, given.letters, scale="C", offset="C"), roles


def _group_norm(given: Given) -> Said:
    groups = given.attribute("num_groups", 1)
    settings = {"over": given.letters[1:], "groups": groups, "epsilon": round_float(given.attribute("epsilon", 1e-5))}
    if given.opset < 21 and groups != given.shape()[1]:
        return None  # scale and offset have one number per group there
    roles = {1: "scale", 2: "offset"}
    return Meaning("normalization", settings, given.letters, given.letters, scale="C", offset="C"), roles


def _layer_norm(**more: Any) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        letters = _with_channels_last(given.rank)
        over = letters[int(given.attribute("axis", -1)) % max(given.rank, 1) :]
        settings = {"over": over, "epsilon": round_float(given.attribute("epsilon", 1e-5)), **more}
        if not letters:
            return None
        return Meaning("normalization", settings, letters, letters, scale=over, offset=over), {1: "scale", 2: "offset"}

    return say


def _with_channels_last(rank: int) -> str:
    return "NC" if rank == 2 else "N" + SPATIAL[rank] + "C" if rank in SPATIAL else ""


def _lp_norm(given: Given) -> Said:
    over = given.letters[int(given.attribute("axis", -1))] if given.letters else ""
    statistic = {1: "sum_absolute", 2: "sum_square"}.get(given.attribute("p", 2))
    if not over or statistic is None:
        return None
    place = "deviation" if statistic == "sum_absolute" else "variance"
    settings = {"over": over, "statistic": statistic, "centre": False, "epsilon": 0, "epsilon_at": place}
    return Meaning("normalization", settings, given.letters, given.letters), {}


def _function(name: str, **defaults: Any) -> Callable[[Given], Said]:
    """An activation and its attributes with their defaults; a key may stand for another name of ONNX."""

    def say(given: Given) -> Said:
        settings = {key: round_float(given.attribute(key, default)) for key, default in defaults.items()}
        return Meaning("activation", {"function": name, **settings}), {}

    return say


def _renamed(name: str, key: str, attribute: str, default: float) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        return Meaning("activation", {"function": name, key: round_float(given.attribute(attribute, default))}), {}

    return say


def _clip(given: Given) -> Said:
    found: Dict[str, Any] = {}
    for index, (key, attribute) in enumerate((("low", "min"), ("high", "max")), 1):
        value = given.attribute(attribute, None) if given.absent(index) else given.constant(index)
        if value is None and not given.absent(index):
            return None
        if value is not None and math.isfinite(float(value)) and abs(float(value)) < 3.4e38:
            found[key] = round_float(float(value))
    return Meaning("activation", {"function": "clip", **found}), {}


def _prelu(given: Given) -> Said:
    """One slope for all is a leaky ReLU; one for each channel is the only other kind that cases have."""
    slope, channels = given.constant(1), given.shape()[1:2]
    if slope is None or not given.letters:
        return None
    if slope.size == 1:
        return Meaning("activation", {"function": "leaky_relu", "slope": round_float(float(slope.item()))}), {}
    if slope.size != max(channels, default=0) or slope.ndim != given.rank - 1 or slope.shape[0] != slope.size:
        return None
    return Meaning("activation", {"function": "prelu"}, given.letters, given.letters, slope="C"), {1: "slope"}


def _softmax(log: bool) -> Callable[[Given], Said]:
    """From opset 13 one axis, the last by default; before, all axes from the second on, taken as one."""

    def say(given: Given) -> Said:
        letters = given.letters
        axis = int(given.attribute("axis", -1 if given.opset >= 13 else 1)) % max(given.rank, 1)
        if not letters:
            return None
        settings: Dict[str, Any] = {"over": letters[axis] if given.opset >= 13 else letters[axis:]}
        return Meaning("softmax", {**settings, "log": True} if log else settings, letters, letters), {}

    return say


def _lrn(given: Given) -> Said:
    numbers = {"alpha": given.attribute("alpha", 1e-4), "beta": given.attribute("beta", 0.75)}
    settings = {key: round_float(each) for key, each in numbers.items()}
    settings.update(k=round_float(given.attribute("bias", 1.0)), size=given.attribute("size", 1))
    settings.update(divided="size", across="C")
    return Meaning("local_response_normalization", settings, given.letters, given.letters), {}


BOUNDARIES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _pad(given: Given) -> Said:
    ends = given.attribute("pads", None) if given.absent(1) else given.constant(1)
    fill = given.attribute("value", 0.0) if given.absent(2) else given.constant(2)
    axes = range(given.rank) if given.absent(3) else given.constant(3)
    if ends is None or fill is None or axes is None or not given.letters:
        return None
    sides = zip(axes, pairs(ends[: len(axes)], ends[len(axes) :]))
    settings: Dict[str, Any] = {"padding": {given.letters[axis]: side for axis, side in sides if any(side)}}
    mode = given.attribute("mode", "constant")
    if mode != "constant":
        settings["boundary"] = BOUNDARIES[mode]
    elif float(np.asarray(fill).item()):
        settings.update(boundary="constant", constant=round_float(float(np.asarray(fill).item())))
    return Meaning("padding", settings, given.letters, given.letters), {}


def _rearranged(direction: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        settings = {direction: given.attribute("blocksize", 1), "order": given.attribute("mode", "DCR")}
        return Meaning("rearrange", settings, given.letters, given.letters), {}

    return say


def _gelu(given: Given) -> Said:
    return Meaning("activation", {"function": "gelu", "approximate": given.attribute("approximate", "none")}), {}


OPERATORS: Mapping[str, Callable[[Given], Said]] = {
    "Conv": windows.convolution,
    "ConvTranspose": windows.transposed,
    "MaxPool": windows.pooled("max"),
    "AveragePool": windows.pooled("average"),
    "LpPool": windows.pooled("norm"),
    "GlobalMaxPool": windows.whole("max"),
    "GlobalAveragePool": windows.whole("average"),
    "GlobalLpPool": windows.whole("norm"),
    "ReduceMean": windows.mean,
    "MatMul": _dense,
    "Gemm": _gemm,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm(),
    "RMSNormalization": _layer_norm(statistic="mean_square", centre=False),
    "LpNormalization": _lp_norm,
    "Relu": _function("relu"),
    "LeakyRelu": _renamed("leaky_relu", "slope", "alpha", 0.01),
    "ThresholdedRelu": _renamed("threshold", "theta", "alpha", 1.0),
    "Clip": _clip,
    "PRelu": _prelu,
    "Elu": _function("elu", alpha=1.0),
    "Selu": _function("selu", alpha=1.67326319217681884765625, gamma=1.05070102214813232421875),
    "Celu": _function("celu", alpha=1.0),
    "Gelu": _gelu,
    "Sigmoid": _function("sigmoid"),
    "Tanh": _function("tanh"),
    "Softplus": _function("softplus"),
    "Softsign": _function("softsign"),
    "HardSigmoid": _function("hard_sigmoid", alpha=0.2, beta=0.5),
    "HardSwish": _function("hard_swish"),
    "Mish": _function("mish"),
    "Abs": _function("absolute"),
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
    "LRN": _lrn,
    "Pad": _pad,
    "Resize": windows.resize,
    "Upsample": windows.resize,
    "DepthToSpace": _rearranged("depth_to_space"),
    "SpaceToDepth": _rearranged("space_to_depth"),
}
"""Operator -> what it says; all others are recorded as operators of no case."""

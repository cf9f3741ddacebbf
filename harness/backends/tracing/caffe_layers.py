"""What the layers of Caffe compute, in the words of cases. Fields and defaults are those of BVLC's caffe.proto.

A definition comes as the parent has read it: field -> values, each a text or such fields again.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends.tracing.axis_words import even, first, pairs, steps
from harness.worker.recording import Meaning

Blobs = Sequence[np.ndarray]
Said = Optional[Tuple[Meaning, Dict[str, np.ndarray]]]
"""What a layer computes, and its blobs by role, as cases read them."""
Shape = Sequence[int]


class Fields:
    """The fields of a message; what is not there has the default of Caffe."""

    def __init__(self, fields: Mapping[str, Sequence[Any]]) -> None:
        self._fields = fields

    def texts(self, name: str) -> List[str]:
        return [str(each) for each in self._fields.get(name, ())]

    def text(self, name: str, default: str = "") -> str:
        return (self.texts(name) or [default])[0]

    def number(self, name: str, default: float) -> float:
        return float(self.text(name, str(default)))

    def flag(self, name: str, default: bool) -> bool:
        return self.text(name, str(default)).lower() in ("true", "1", "t")

    def inner(self, name: str) -> Fields:
        return Fields((self._fields.get(name) or [{}])[0])

    def all(self, name: str) -> List[Fields]:
        return [Fields(each) for each in self._fields.get(name, ())]

    def sizes(self, name: str, short: str, rank: int, default: int) -> List[int]:
        """One number per axis: repeated, or with `_h` and `_w` behind a shorter name."""
        if "%s_h" % short in self._fields:
            return [int(self.number("%s_%s" % (short, axis), default)) for axis in "hw"]
        found = [int(each) for each in self.texts(name)] or [default]
        return found * rank if len(found) == 1 else found


def meaning(kind: str, layer: Fields, blobs: Blobs, taken: Shape, made: Shape) -> Tuple[Meaning, Dict[str, np.ndarray]]:
    """What a layer of this type computes of an input of the shape `taken`, and its blobs by role."""
    say = LAYERS.get(kind)
    found = say(layer, blobs, taken) if say else None
    if found:
        return found
    return Meaning(None), {str(index): blob for index, blob in enumerate(blobs)}


def _weights(blobs: Blobs) -> Dict[str, np.ndarray]:
    return {role: blob if role == "kernel" else blob.ravel() for role, blob in zip(("kernel", "bias"), blobs)}


def _window(param: Fields, rank: int) -> Dict[str, Any]:
    pad = param.sizes("pad", "pad", rank, 0)
    found = steps(
        stride=param.sizes("stride", "stride", rank, 1), dilation=param.sizes("dilation", "dilation", rank, 1)
    )
    return dict(found, padding=pairs(pad, pad))


def _moved(operation: str, kernel: str) -> Callable[[Fields, Blobs, Shape], Said]:
    def say(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
        param, letters = layer.inner("convolution_param"), first(len(taken))
        if int(param.number("axis", 1)) != 1 or not blobs or len(letters) < 3:
            return None
        settings, groups = _window(param, len(taken) - 2), int(param.number("group", 1))
        if groups != 1:
            settings["groups"] = groups
        return Meaning(operation, settings, letters, letters, kernel=kernel + letters[2:], bias="O"), _weights(blobs)

    return say


def _pooled(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """The size is rounded up unless the layer says FLOOR; an average counts pads, and nothing beyond them."""
    param, letters, rank = layer.inner("pooling_param"), first(len(taken)), len(taken) - 2
    reduce = {"MAX": "max", "0": "max", "AVE": "average", "1": "average"}.get(param.text("pool", "MAX"))
    if reduce is None or rank < 1:
        return None
    if param.flag("global_pooling", False):
        size = even(taken[2:])
        return Meaning(
            "pooling", {"reduce": reduce, "window": size, "stride": size, "padding": "valid"}, letters, letters
        ), {}
    window = param.sizes("kernel_size", "kernel", rank, 1)
    settings: Dict[str, Any] = {"reduce": reduce, "window": even(window), **_window(param, rank)}
    if param.text("round_mode", "CEIL") in ("CEIL", "0"):
        settings["rounding"] = "ceil"
    if reduce == "average":
        settings["divisor"] = "padded"
    return Meaning("pooling", settings, letters, letters), {}


def _dense(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """The layer flattens its input itself: the kernel has the input's axes, in the order in which they lie."""
    param, letters = layer.inner("inner_product_param"), first(len(taken))
    if int(param.number("axis", 1)) != 1 or not blobs or not letters:
        return None
    found, inner = _weights(blobs), tuple(taken[1:])
    outputs = int(np.prod(blobs[0].shape)) // int(np.prod(inner))
    turned = param.flag("transpose", False)
    found["kernel"] = blobs[0].reshape((*inner, outputs) if turned else (outputs, *inner))
    kernel = letters[1:] + "O" if turned else "O" + letters[1:]
    return Meaning("dense", {}, letters, "NC", kernel=kernel, bias="O"), found


def _batch_norm(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """Mean and variance are kept as sums: they are divided by the third blob, and 0 where that is 0."""
    if len(blobs) != 3 or not layer.inner("batch_norm_param").flag("use_global_stats", True):
        return None
    factor = float(blobs[2].ravel()[0])
    scale, letters = np.float32(1 / factor if factor else 0), first(len(taken))
    found = {"mean": blobs[0].ravel() * scale, "variance": blobs[1].ravel() * scale}
    settings = {"epsilon": layer.inner("batch_norm_param").number("eps", 1e-5)}
    return Meaning("normalization", settings, letters, letters, mean="C", variance="C"), found


def _scale(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """No case is about a factor alone; its arrays have their roles."""
    return Meaning(None), {role: blob.ravel() for role, blob in zip(("scale", "offset"), blobs)}


def _lrn(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """Within a channel the sum is divided by the area, and k is taken as 1, whatever is given."""
    param, letters = layer.inner("lrn_param"), first(len(taken))
    settings: Dict[str, Any] = {key: param.number(key, default) for key, default in (("alpha", 1.0), ("beta", 0.75))}
    settings.update(size=int(param.number("local_size", 5)), k=param.number("k", 1.0), divided="size", across="C")
    if param.text("norm_region", "ACROSS_CHANNELS") in ("WITHIN_CHANNEL", "1"):
        settings.update(k=1.0, divided="area", across="HW")
    return Meaning("local_response_normalization", settings, letters, letters), {}


def _softmax(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    letters, axis = first(len(taken)), int(layer.inner("softmax_param").number("axis", 1))
    return (Meaning("softmax", {"over": letters[axis]}, letters, letters), {}) if letters else None


def _relu(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    slope = layer.inner("relu_param").number("negative_slope", 0)
    return Meaning("activation", {"function": "leaky_relu", "slope": slope} if slope else {"function": "relu"}), {}


def _prelu(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    """One slope that channels share is a leaky ReLU."""
    letters, slope = first(len(taken)), blobs[0].ravel()
    if len(slope) == 1:
        return Meaning("activation", {"function": "leaky_relu", "slope": float(slope[0])}), {}
    return Meaning("activation", {"function": "prelu"}, letters, letters, slope="C"), {"slope": slope}


def _elu(layer: Fields, blobs: Blobs, taken: Shape) -> Said:
    return Meaning("activation", {"function": "elu", "alpha": layer.inner("elu_param").number("alpha", 1)}), {}


def _plain(name: str) -> Callable[[Fields, Blobs, Shape], Said]:
    return lambda layer, blobs, taken: (Meaning("activation", {"function": name}), {})


LAYERS: Mapping[str, Callable[[Fields, Blobs, Shape], Said]] = {
    "Convolution": _moved("convolution", "OI"),
    "Deconvolution": _moved("transposed_convolution", "IO"),
    "Pooling": _pooled,
    "InnerProduct": _dense,
    "BatchNorm": _batch_norm,
    "Scale": _scale,
    "LRN": _lrn,
    "Softmax": _softmax,
    "ReLU": _relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "Sigmoid": _plain("sigmoid"),
    "TanH": _plain("tanh"),
    "AbsVal": _plain("absolute"),
    "BNLL": _plain("softplus"),
}
"""Type of a layer -> what it says; all others are recorded as layers of no case."""

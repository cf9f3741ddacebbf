"""What the layers of Keras 3 compute, in the words of cases: by class, from the layer's own attributes."""

from __future__ import annotations

import operator
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

from harness.backends.tracing.axis_words import SPATIAL, even, first, grouped, last, pairs, steps
from harness.worker.recording import Meaning
from harness.worker.spans import reach, span

Shape = Sequence[int]
Roles = Dict[str, str]
"""Name of a variable of the layer -> role of the array that it is."""
Said = Optional[Tuple[Meaning, Roles]]
Say = Callable[[Any, Shape, Shape], Said]
WEIGHTS = {"kernel": "kernel", "bias": "bias"}
WORDS = {"same": "same_upper", "valid": "valid"}


def meaning(layer: Any, taken: Shape, made: Shape) -> Tuple[Meaning, Roles]:
    """What a layer computes of an input of the shape `taken`, and the roles of its variables."""
    say = LAYERS.get(type(layer).__name__)
    found = say(layer, taken, made) if say and type(layer).__module__.startswith("keras.") else None
    return found if found else (Meaning(None), {})


def letters(layer: Any, rank: int) -> str:
    """Axes of the layer's tensors, as its data format says."""
    return first(rank) if getattr(layer, "data_format", "") == "channels_first" else last(rank)


def _spatial(layer: Any, shape: Shape) -> Tuple[int, ...]:
    return tuple(size for size, letter in zip(shape, letters(layer, len(shape))) if letter not in "NC")


def _padding(layer: Any, size: Shape) -> Any:
    """The layer's word as cases have it; a causal one as pairs."""
    if layer.padding == "causal":
        return pairs([span(k, d) - 1 for k, d in zip(size, layer.dilation_rate)], [0] * len(size))
    return WORDS[layer.padding]


def _convolution(layer: Any, taken: Shape, made: Shape) -> Said:
    axes = letters(layer, len(taken))
    settings = steps(stride=layer.strides, dilation=layer.dilation_rate)
    settings.update(padding=_padding(layer, layer.kernel_size), **grouped(layer.groups))
    return Meaning("convolution", settings, axes, axes, kernel=SPATIAL[len(taken)] + "IO", bias="O"), WEIGHTS


def depthwise(layer: Any, taken: Shape, made: Shape) -> Said:
    """Each channel by itself; its kernel [..., C, 1] has the letters O I, one with a multiplier is re-read so."""
    axes, spatial = letters(layer, len(taken)), SPATIAL[len(taken)]
    settings = steps(stride=layer.strides, dilation=layer.dilation_rate)
    settings.update(padding=_padding(layer, layer.kernel_size), groups=int(taken[axes.index("C")]))
    kernel = spatial + ("OI" if layer.depth_multiplier == 1 else "IO")
    return Meaning("convolution", settings, axes, axes, kernel=kernel, bias="O"), WEIGHTS


def pointwise(layer: Any, taken: Shape, made: Shape) -> Said:
    """The second half of a separable layer."""
    axes = letters(layer, len(taken))
    settings = {"stride": 1, "padding": "valid"}
    return Meaning("convolution", settings, axes, axes, kernel=SPATIAL[len(taken)] + "IO", bias="O"), WEIGHTS


def _transposed(layer: Any, taken: Shape, made: Shape) -> Said:
    """What is cut off stands as pairs where no word says it: the rest of the full output, high, may be below 0."""
    axes = letters(layer, len(taken))
    settings = steps(stride=layer.strides, dilation=layer.dilation_rate)
    settings["padding"] = layer.padding
    spans = list(map(span, layer.kernel_size, layer.dilation_rate))
    if layer.output_padding is not None or (layer.padding == "valid" and any(map(operator.lt, spans, layer.strides))):
        rows = zip(_spatial(layer, taken), _spatial(layer, made), spans, layer.strides, _each(layer, len(spans)))
        settings["padding"] = [_cut(layer.padding, *row) for row in rows]
    return Meaning("transposed_convolution", settings, axes, axes, kernel=SPATIAL[len(taken)] + "OI", bias="O"), WEIGHTS


def _each(layer: Any, count: int) -> Sequence[Optional[int]]:
    more = layer.output_padding
    return list(more) if isinstance(more, (list, tuple)) else [more] * count


def _cut(word: str, n: int, made: int, extent: int, stride: int, more: Optional[int]) -> Sequence[int]:
    """[low, high] that is cut off the full output of one axis, by a kernel of this extent."""
    total = stride + extent - 2 if more is None else extent + extent % 2 - 2 + more
    low = 0 if word == "valid" else extent - 1 - min((total + 1) // 2, extent - 1)
    return [low, reach(n, extent, stride, 1) - made - low]


def _dense(layer: Any, taken: Shape, made: Shape) -> Said:
    rank = len(taken)
    if not 2 <= rank <= 5 or getattr(layer, "lora_enabled", False):
        return None
    return Meaning("dense", {}, last(rank), last(rank), kernel="IO" if rank == 2 else "CO", bias="O"), WEIGHTS


def _runs_on(backend: str) -> bool:
    """Whether Keras computes by this framework: on PyTorch, an average with `same` repeats the border, which no setting
    says."""
    import keras

    return bool(keras.backend.backend() == backend)


def _pooled(reduce: str) -> Say:
    def say(layer: Any, taken: Shape, made: Shape) -> Said:
        axes = letters(layer, len(taken))
        settings: Dict[str, Any] = {"reduce": reduce, "window": even(layer.pool_size)}
        settings.update(steps(stride=layer.strides), padding=WORDS[layer.padding])
        if reduce == "average":
            settings["divisor"] = "valid"
        repeats = reduce == "average" and layer.padding == "same" and _runs_on("torch")
        return None if repeats else (Meaning("pooling", settings, axes, axes), {})

    return say


def _global(reduce: str) -> Say:
    def say(layer: Any, taken: Shape, made: Shape) -> Said:
        axes, size = letters(layer, len(taken)), even(_spatial(layer, taken))
        settings = {"reduce": reduce, "window": size, "stride": size, "padding": "valid"}
        return Meaning("pooling", settings, axes, axes if layer.keepdims else "NC"), {}

    return say


def _along(axis: Any, rank: int) -> Tuple[str, str]:
    """(letters of a tensor, those of these axes): channels are the last, or the second where that is meant."""
    places = sorted(int(each) % rank for each in (axis if isinstance(axis, (list, tuple)) else [axis]))
    axes = first(rank) if places == [1] and rank > 2 else last(rank)
    return axes, "".join(axes[place] for place in places) if axes else ""


VECTORS = {"gamma": "scale", "beta": "offset"}


def _batch_norm(layer: Any, taken: Shape, made: Shape) -> Said:
    axes, channel = _along(layer.axis, len(taken))
    if channel != "C":
        return None
    roles = {**VECTORS, "moving_mean": "mean", "moving_variance": "variance"}
    return Meaning("normalization", {"epsilon": layer.epsilon}, axes, axes, **dict.fromkeys(roles.values(), "C")), roles


def _layer_norm(**more: Any) -> Say:
    def say(layer: Any, taken: Shape, made: Shape) -> Said:
        axes, over = _along(layer.axis, len(taken))
        if not over or getattr(layer, "rms_scaling", False):
            return None
        roles = {**VECTORS, "scale": "scale"}
        settings = {"over": over, "epsilon": layer.epsilon, **more}
        return Meaning("normalization", settings, axes, axes, scale=over, offset=over), roles

    return say


def _group_norm(layer: Any, taken: Shape, made: Shape) -> Said:
    axes, channel = _along(layer.axis, len(taken))
    if channel != "C":
        return None
    groups = layer.groups if layer.groups != -1 else taken[axes.index("C")]
    settings = {"over": first(len(taken))[1:], "groups": int(groups), "epsilon": layer.epsilon}
    return Meaning("normalization", settings, axes, axes, scale="C", offset="C"), VECTORS


def _activation(layer: Any, taken: Shape, made: Shape) -> Said:
    return function(layer.activation, taken)


def _relu(layer: Any, taken: Shape, made: Shape) -> Said:
    """One that has a slope and a limit at once, or a threshold, is no function of cases."""
    slope, highest = float(layer.negative_slope), layer.max_value
    if layer.threshold or (slope and highest is not None):
        return None
    if highest is not None:
        return _clipped(float(highest)), {}
    settings = {"function": "leaky_relu", "slope": slope} if slope else {"function": "relu"}
    return Meaning("activation", settings), {}


def _clipped(highest: float) -> Meaning:
    return Meaning(
        "activation", {"function": "relu6"} if highest == 6 else {"function": "clip", "low": 0, "high": highest}
    )


def _leaky(layer: Any, taken: Shape, made: Shape) -> Said:
    return Meaning("activation", {"function": "leaky_relu", "slope": float(layer.negative_slope)}), {}


def _elu(layer: Any, taken: Shape, made: Shape) -> Said:
    return Meaning("activation", {"function": "elu", "alpha": float(layer.alpha)}), {}


def _prelu(layer: Any, taken: Shape, made: Shape) -> Said:
    """One slope for each channel, which is where other axes are shared; one for each element is no case."""
    axes, shape = last(len(taken)), tuple(layer.alpha.shape)
    if not axes or any(size != 1 for size in shape[:-1]) or shape[-1] != taken[-1]:
        return None
    return Meaning("activation", {"function": "prelu"}, axes, axes, slope="C"), {"alpha": "slope"}


def _softmax(layer: Any, taken: Shape, made: Shape) -> Said:
    return _soft({"axis": layer.axis}, taken)


def _upsampled(layer: Any, taken: Shape, made: Shape) -> Said:
    axes, kind = letters(layer, len(taken)), getattr(layer, "interpolation", "nearest")
    factors = layer.size if isinstance(layer.size, (list, tuple)) else [layer.size]
    settings: Dict[str, Any] = {"size": even(_spatial(layer, made)), "scale": [float(each) for each in factors]}
    if kind == "nearest":
        settings.update(interpolation="nearest", coordinates="asymmetric", nearest_rounding="floor")
    elif kind == "bilinear":
        settings.update(interpolation="linear", coordinates="half_pixel")
    else:
        return None
    return Meaning("resize", settings, axes, axes), {}


def _padded(sign: int, amounts: str) -> Say:
    """Zeros on the sides, or, with a sign of -1, cut off."""

    def say(layer: Any, taken: Shape, made: Shape) -> Said:
        axes, given = letters(layer, len(taken)), getattr(layer, amounts)
        sides = [given] if len(taken) == 3 and not isinstance(given[0], (list, tuple)) else given
        named = zip(SPATIAL[len(taken)], sides)
        settings = {"padding": {letter: [sign * int(each) for each in side] for letter, side in named if any(side)}}
        return Meaning("padding", settings, axes, axes), {}

    return say


# --- functions, which layers name as their activation ----------------------------------------------------------------


def function(given: Any, taken: Shape, **more: Any) -> Said:
    """What a function of `keras.activations` computes, with its own defaults."""
    say = FUNCTIONS.get(getattr(given, "__name__", ""))
    return say(more, taken) if say else None


def _plain(name: str, **settings: Any) -> Callable[[Mapping[str, Any], Shape], Said]:
    return lambda given, taken: (Meaning("activation", {"function": name, **settings}), {})


def _soft(given: Mapping[str, Any], taken: Shape, **more: Any) -> Said:
    axes = last(len(taken))
    axis = given.get("axis", -1)
    if not axes or not isinstance(axis, int):
        return None
    return Meaning("softmax", {"over": axes[axis], **more}, axes, axes), {}


FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any], Shape], Said]] = {
    "relu": _plain("relu"),
    "relu6": _plain("relu6"),
    "leaky_relu": _plain("leaky_relu", slope=0.2),
    "gelu": _plain("gelu", approximate="none"),
    "silu": _plain("silu"),
    "swish": _plain("silu"),
    "mish": _plain("mish"),
    "elu": _plain("elu", alpha=1.0),
    "selu": _plain("selu"),
    "celu": _plain("celu", alpha=1.0),
    "sigmoid": _plain("sigmoid"),
    "hard_sigmoid": _plain("hard_sigmoid", alpha=1 / 6, beta=0.5),
    "hard_silu": _plain("hard_swish"),
    "hard_swish": _plain("hard_swish"),
    "tanh": _plain("tanh"),
    "softplus": _plain("softplus"),
    "softsign": _plain("softsign"),
    "log_sigmoid": _plain("log_sigmoid"),
    "softmax": _soft,
    "log_softmax": lambda given, taken: _soft(given, taken, log=True),
}
"""Functions of `keras.activations` by name, as they are without arguments."""
LAYERS: Mapping[str, Say] = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), depthwise),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _transposed),
    "Dense": _dense,
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"), _pooled("max")),
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"), _pooled("average")),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"), _global("max")),
    **dict.fromkeys(("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"), _global("average")),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm(),
    "RMSNormalization": _layer_norm(statistic="mean_square", centre=False),
    "GroupNormalization": _group_norm,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    **dict.fromkeys(("UpSampling1D", "UpSampling2D", "UpSampling3D"), _upsampled),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"), _padded(1, "padding")),
    **dict.fromkeys(("Cropping1D", "Cropping2D", "Cropping3D"), _padded(-1, "cropping")),
}
"""Class of a layer -> what it says; all others are recorded as layers of no case."""

"""What the functions of PyTorch compute, in the words of cases.

Functions are known by their last name: `torch.conv2d`, `torch.nn.functional.conv2d` and `aten.conv2d` are one. The
names of arguments are those of PyTorch's own signatures, `input` for the first.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from harness.backends.tracing.axis_words import SPATIAL, even, first, grouped, last, pairs, steps
from harness.worker.recording import Meaning

Arguments = Mapping[str, Any]
Roles = Dict[str, str]
"""Name of an argument -> role of the array that it is."""
Said = Optional[Tuple[Meaning, Roles]]
WEIGHTS = {"weight": "kernel", "bias": "bias"}


def meaning(name: str, given: Arguments, made: Sequence[int]) -> Tuple[Meaning, Roles]:
    """What a call computes whose output has the shape `made`, and the roles of its arguments."""
    say = FUNCTIONS.get(name)
    found = say(given, made) if say and hasattr(given.get("input"), "shape") else None
    return found if found else (Meaning(None), {})


def _rank(given: Arguments) -> int:
    return len(given["input"].shape)


def _each(value: Any, count: int) -> List[int]:
    """One number per axis."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return [int(each) for each in (values * count if len(values) == 1 else values)]


def _batched(given: Arguments, count: int) -> bool:
    """Whether the input has a batch axis; where it has not, no letters are said."""
    return _rank(given) == count + 2


def _convolution(given: Arguments, made: Sequence[int]) -> Said:
    count = len(given["weight"].shape) - 2
    if not _batched(given, count):
        return None
    padding = given["padding"]
    if isinstance(padding, str):
        said: Any = {"same": "same_upper", "valid": "valid"}[padding]
    else:
        said = pairs(_each(padding, count), _each(padding, count))
    settings = steps(stride=_each(given["stride"], count), dilation=_each(given["dilation"], count))
    letters = first(count + 2)
    settings.update(padding=said, **grouped(given["groups"]))
    return Meaning("convolution", settings, letters, letters, kernel="OI" + letters[2:], bias="O"), WEIGHTS


def _transposed(given: Arguments, made: Sequence[int]) -> Said:
    count = len(given["weight"].shape) - 2
    if not _batched(given, count):
        return None
    cut, more = _each(given["padding"], count), _each(given["output_padding"], count)
    settings = steps(stride=_each(given["stride"], count), dilation=_each(given["dilation"], count))
    settings.update(padding=pairs(cut, cut), **grouped(given["groups"]))
    if any(more):
        settings["output_padding"] = even(more)
    letters = first(count + 2)
    return Meaning("transposed_convolution", settings, letters, letters, kernel="IO" + letters[2:], bias="O"), WEIGHTS


def _linear(given: Arguments, made: Sequence[int]) -> Said:
    rank = _rank(given)
    if not 2 <= rank <= 5:
        return None
    return Meaning("dense", {}, last(rank), last(rank), kernel="OI" if rank == 2 else "OC", bias="O"), WEIGHTS


def _pooled(reduce: str, count: int) -> Callable[[Arguments, Sequence[int]], Said]:
    def say(given: Arguments, made: Sequence[int]) -> Said:
        if not _batched(given, count):
            return None
        window, padding = _each(given["kernel_size"], count), _each(given.get("padding", 0), count)
        stride = _each(given["stride"], count) if given.get("stride") not in (None, [], ()) else window
        settings: Dict[str, Any] = {"reduce": reduce, "window": even(window), "padding": pairs(padding, padding)}
        settings.update(steps(stride=stride, dilation=_each(given.get("dilation", 1), count)))
        if given.get("ceil_mode"):
            settings["rounding"] = "ceil"
        if reduce == "average":
            settings["divisor"] = "padded" if given.get("count_include_pad", True) else "valid"
        if reduce == "norm":
            settings.update(p=given["norm_type"], padding="valid")
        own = given.get("divisor_override")
        letters = first(count + 2)
        return None if own else (Meaning("pooling", settings, letters, letters), {})

    return say


def _adaptive(reduce: str, count: int) -> Callable[[Arguments, Sequence[int]], Said]:
    """Windows of one size where the output's size divides the input's; others are bins of the whole input."""

    def say(given: Arguments, made: Sequence[int]) -> Said:
        sizes, outputs, letters = list(given["input"].shape[2:]), list(made[2:]), first(count + 2)
        bins: Said = Meaning("pooling", {"reduce": reduce, "output_size": even(outputs)}, letters, letters), {}
        if not _batched(given, count) or any(size % output for size, output in zip(sizes, outputs)):
            return bins if _batched(given, count) else None
        return _tiles(reduce, [size // output for size, output in zip(sizes, outputs)], letters)

    return say


def _tiles(reduce: str, window: Sequence[int], output: str) -> Said:
    """Windows side by side, without padding."""
    settings = {"reduce": reduce, "window": even(window), "stride": even(window), "padding": "valid"}
    return Meaning("pooling", settings, first(len(window) + 2), output), {}


def _mean(given: Arguments, made: Sequence[int]) -> Said:
    """The mean over all spatial axes is global pooling, whose output may lack them."""
    rank, axes = _rank(given), given.get("dim")
    if rank not in SPATIAL or not axes or sorted(each % rank for each in _each(axes, 1)) != list(range(2, rank)):
        return None
    return _tiles("average", given["input"].shape[2:], first(rank) if given.get("keepdim") else "NC")


def _batch_norm(given: Arguments, made: Sequence[int]) -> Said:
    rank, settings = _rank(given), {"epsilon": given["eps"]}
    roles = {"weight": "scale", "bias": "offset"}
    if given.get("training"):
        settings["over"] = "N" + first(rank)[2:]
    else:
        roles.update(running_mean="mean", running_var="variance")
    return Meaning("normalization", settings, first(rank), first(rank), **dict.fromkeys(roles.values(), "C")), roles


def _instance_norm(given: Arguments, made: Sequence[int]) -> Said:
    if not given.get("use_input_stats", True):
        return _batch_norm({**given, "training": False}, made)
    letters = first(_rank(given))
    settings = {"over": letters[2:], "epsilon": given["eps"]}
    roles = {"weight": "scale", "bias": "offset"}
    return Meaning("normalization", settings, letters, letters, scale="C", offset="C"), roles


def _group_norm(given: Arguments, made: Sequence[int]) -> Said:
    letters = first(_rank(given))
    settings = {"over": letters[1:], "groups": given["num_groups"], "epsilon": given["eps"]}
    return Meaning("normalization", settings, letters, letters, scale="C", offset="C"), {
        "weight": "scale",
        "bias": "offset",
    }


def _layer_norm(**more: Any) -> Callable[[Arguments, Sequence[int]], Said]:
    """Over the last axes: the letters are those with channels last, but for an image that is normalized whole."""

    def say(given: Arguments, made: Sequence[int]) -> Said:
        rank, count = _rank(given), len(given["normalized_shape"])
        letters = first(rank) if count == rank - 1 else last(rank)
        over = letters[rank - count :]
        epsilon = given["eps"] if given["eps"] is not None else _smallest(given["input"])
        settings = {"over": over, "epsilon": epsilon, **more}
        roles = {"weight": "scale", "bias": "offset"}
        return (
            (Meaning("normalization", settings, letters, letters, scale=over, offset=over), roles) if letters else None
        )

    return say


def _smallest(tensor: Any) -> float:
    """The relative spacing of the tensor's numbers, which RMS normalization takes where no epsilon is given."""
    import torch

    return float(torch.finfo(tensor.dtype).eps)


def _normalized(given: Arguments, made: Sequence[int]) -> Said:
    letters, axes = first(_rank(given)), given["dim"]
    if not letters or given["p"] != 2:
        return None
    over = "".join(letters[each] for each in _each(axes, 1))
    settings = {"over": over, "statistic": "sum_square", "centre": False, "epsilon": given["eps"]}
    return Meaning("normalization", {**settings, "epsilon_at": "deviation_floor"}, letters, letters), {}


def _lrn(given: Arguments, made: Sequence[int]) -> Said:
    settings = {key: given[key] for key in ("size", "alpha", "beta", "k")}
    letters = first(_rank(given))
    return Meaning("local_response_normalization", {**settings, "divided": "size", "across": "C"}, letters, letters), {}


def _function(name: str, **keys: str) -> Callable[[Arguments, Sequence[int]], Said]:
    """An activation; keys: names of a case -> arguments of PyTorch."""

    def say(given: Arguments, made: Sequence[int]) -> Said:
        settings = {key: given[argument] for key, argument in keys.items() if given.get(argument) is not None}
        return Meaning("activation", {"function": name, **settings}), {}

    return say


def _threshold(given: Arguments, made: Sequence[int]) -> Said:
    """Only where what is below becomes 0."""
    return (
        None if given["value"] else (Meaning("activation", {"function": "threshold", "theta": given["threshold"]}), {})
    )


def _prelu(given: Arguments, made: Sequence[int]) -> Said:
    """One slope for all is a leaky ReLU."""
    letters, slope = first(_rank(given)), given["weight"]
    if slope.numel() == 1:
        return Meaning("activation", {"function": "leaky_relu", "slope": float(slope)}), {}
    return Meaning("activation", {"function": "prelu"}, letters, letters, slope="C"), {"weight": "slope"}


def _hard_sigmoid(given: Arguments, made: Sequence[int]) -> Said:
    return Meaning("activation", {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0.5}), {}


def _softmax(log: bool) -> Callable[[Arguments, Sequence[int]], Said]:
    def say(given: Arguments, made: Sequence[int]) -> Said:
        letters, axis = first(_rank(given)), given.get("dim")
        if not letters or axis is None:
            return None
        return Meaning("softmax", {"over": letters[axis], **({"log": True} if log else {})}, letters, letters), {}

    return say


BOUNDARIES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(given: Arguments, made: Sequence[int]) -> Said:
    """The amounts stand for the last axis first."""
    letters, amounts = first(_rank(given)), list(given["pad"])
    if not letters:
        return None
    sides = list(zip(reversed(letters), pairs(amounts[::2], amounts[1::2])))
    settings: Dict[str, Any] = {"padding": {letter: side for letter, side in reversed(sides) if any(side)}}
    if given.get("mode", "constant") != "constant":
        settings["boundary"] = BOUNDARIES[given["mode"]]
    elif given.get("value"):
        settings.update(boundary="constant", constant=float(given["value"]))
    return Meaning("padding", settings, letters, letters), {}


def _interpolate(given: Arguments, made: Sequence[int]) -> Said:
    """A factor that is given maps coordinates, too, unless it is to be computed anew of the sizes.

    No case has areas of windows that overlap, or antialiasing between corners, which are not aligned then.
    """
    mode, letters, sizes = given["mode"], first(_rank(given)), list(given["input"].shape[2:])
    if mode == "area" and any(n % m for n, m in zip(sizes, made[2:])):
        return None
    if given.get("antialias") and given.get("align_corners") and sizes != list(made[2:]):
        return None
    kind = {"nearest": "nearest", "nearest-exact": "nearest", "bicubic": "cubic", "area": "area"}.get(mode, "linear")
    corners, factor = bool(given.get("align_corners")), given.get("scale_factor")
    settings: Dict[str, Any] = {"size": even(made[2:]), "interpolation": kind}
    settings["coordinates"] = "align_corners" if corners else "asymmetric" if mode == "nearest" else "half_pixel"
    if factor is not None and not given.get("recompute_scale_factor") and kind != "area":
        factors = list(factor) if isinstance(factor, (list, tuple)) else [factor] * (_rank(given) - 2)
        settings["scale"] = [float(each) for each in factors]
    if kind == "nearest":
        settings["nearest_rounding"] = "floor" if mode == "nearest" else "prefer_ceil"
    if kind == "cubic":
        settings["cubic_coefficient"] = -0.5 if given.get("antialias") else -0.75
    if given.get("antialias"):
        settings.update(antialias=True, outside="renormalize")
    return Meaning("resize", settings, letters, letters), {}


def _upsampled(mode: str) -> Callable[[Arguments, Sequence[int]], Said]:
    """The operator behind `interpolate`, as an exported program has it."""

    def say(given: Arguments, made: Sequence[int]) -> Said:
        return _interpolate({**given, "mode": mode, "scale_factor": given.get("scale_factors")}, made)

    return say


UPSAMPLING = {
    **{"upsample_nearest%dd" % count: "nearest" for count in (1, 2, 3)},
    **{"upsample_nearest_exact%dd" % count: "nearest-exact" for count in (1, 2, 3)},
    "upsample_linear1d": "linear",
    "upsample_bilinear2d": "bilinear",
    "upsample_trilinear3d": "trilinear",
    "upsample_bicubic2d": "bicubic",
}


def _shuffled(direction: str, factor: str) -> Callable[[Arguments, Sequence[int]], Said]:
    def say(given: Arguments, made: Sequence[int]) -> Said:
        letters = first(_rank(given))
        return Meaning("rearrange", {direction: given[factor], "order": "CRD"}, letters, letters), {}

    return say


FUNCTIONS: Mapping[str, Callable[[Arguments, Sequence[int]], Said]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    "linear": _linear,
    **{"max_pool%dd" % count: _pooled("max", count) for count in (1, 2, 3)},
    **{"avg_pool%dd" % count: _pooled("average", count) for count in (1, 2, 3)},
    **{"lp_pool%dd" % count: _pooled("norm", count) for count in (1, 2, 3)},
    **{"adaptive_avg_pool%dd" % count: _adaptive("average", count) for count in (1, 2, 3)},
    **{"adaptive_max_pool%dd" % count: _adaptive("max", count) for count in (1, 2, 3)},
    "mean": _mean,
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm(),
    "rms_norm": _layer_norm(statistic="mean_square", centre=False),
    "normalize": _normalized,
    "local_response_norm": _lrn,
    "relu": _function("relu"),
    "relu6": _function("relu6"),
    "leaky_relu": _function("leaky_relu", slope="negative_slope"),
    "hardtanh": _function("clip", low="min_val", high="max_val"),
    "clamp": _function("clip", low="min", high="max"),
    "clip": _function("clip", low="min", high="max"),
    "prelu": _prelu,
    "elu": _function("elu", alpha="alpha"),
    "selu": _function("selu"),
    "celu": _function("celu", alpha="alpha"),
    "gelu": _function("gelu", approximate="approximate"),
    "silu": _function("silu"),
    "mish": _function("mish"),
    "hardsigmoid": _hard_sigmoid,
    "hardswish": _function("hard_swish"),
    "sigmoid": _function("sigmoid"),
    "tanh": _function("tanh"),
    "softplus": _function("softplus", beta="beta", threshold="threshold"),
    "softsign": _function("softsign"),
    "logsigmoid": _function("log_sigmoid"),
    "log_sigmoid": _function("log_sigmoid"),
    "abs": _function("absolute"),
    "threshold": _threshold,
    "softmax": _softmax(False),
    "log_softmax": _softmax(True),
    "pad": _pad,
    "interpolate": _interpolate,
    **{name: _upsampled(mode) for name, mode in UPSAMPLING.items()},
    "pixel_shuffle": _shuffled("depth_to_space", "upscale_factor"),
    "pixel_unshuffle": _shuffled("space_to_depth", "downscale_factor"),
}
"""Name of a function -> what it says; all others are recorded as functions of no case."""

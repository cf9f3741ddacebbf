"""What is meant of each operation, and what systems have otherwise of it, by the tables of `docs/conventions.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.canonical.settled import LEFT_OUT, TWICE
from harness.canonical.window import Pairs
from harness.operations.dense_formula import MOVED
from harness.operations.local_response_normalization_formula import BELOW
from harness.operations.normalization_formula import ONE_PLUS
from harness.operations.pooling_formula import FIRST_CLIPPED, KEPT, LAST_CLIPPED, SCALED, ZERO
from harness.operations.rearrange import BUFFER, DARKNET, EXCHANGED, REVERSED
from harness.operations.transforms.arrays import KernelAxes, ReshapeNotTranspose, ReverseKernel, TransposeKernelSpatial
from harness.operations.transforms.settings import PaddingSplit

IMAGE = (2, 3, 7, 8)
NO_WINDOW = dict.fromkeys(("window", "stride", "dilation", "padding", "rounding"))
PLAIN = {"padding": "valid", "rounding": "floor", "dilation": (1, 1)}


@dataclass(frozen=True)
class Meant:
    """Settings of a call, and the conventions that are planted in it by name: settings, or transforms.

    shape: of the input; others: of further arrays; vectors: numbers by role, one for each channel. size: of the values.
    """

    settings: Mapping[str, Any]
    conventions: Mapping[str, Any]
    shape: tuple[int, ...] = IMAGE
    others: Sequence[tuple[int, ...]] = ()
    layout: str = "NCHW,NCHW"
    vectors: Mapping[str, Sequence[float]] = field(default_factory=dict)
    size: float = 2.0

    def drawn(self, rng: np.random.Generator) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
        """Arrays in their order, and vectors by role."""
        arrays = [rng.normal(size=self.shape) * self.size, *(rng.normal(size=each) for each in self.others)]
        return arrays, {role: np.asarray(each, float) for role, each in self.vectors.items()}


def _pooling(conventions: Mapping[str, Any], shape: tuple[int, ...] = IMAGE, **settings: Any) -> Meant:
    return Meant({"reduce": "max", **settings}, conventions, shape)


def _with(*changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by what they say."""
    return {", ".join(f"{key} {value}" for key, value in each.items() if value is not None): each for each in changes}


AVERAGE = {"reduce": "average", "window": 3, "stride": 2, "padding": 1}
POOLING = (
    _pooling(
        _with({"rounding": "ceil"}, {"reduce": "average", "divisor": "valid"}, {"stride": (3, 3)}),
        window=3,
        stride=2,
        shape=(2, 3, 8, 10),
    ),
    _pooling(
        _with(
            *({"padding": each} for each in (((0, 2), (0, 2)), ((2, 0), (2, 0)), ((0, 0), (0, 0)), ((0, 1), (0, 1)))),
            {"fill": ZERO},
            {"stride": (1, 1)},
            {"window": (2, 2)},
        ),
        window=3,
        stride=2,
        padding=1,
    ),
    _pooling(
        _with({"padding": ((1, 1), (1, 1))}, {"dilation": (1, 1)}), window=3, dilation=2, stride=1, padding="same"
    ),
    _pooling(_with({"window": (2, 3), "stride": (1, 2)}), window=[3, 2], stride=[2, 1]),
    _pooling(_with({"divisor": "padded"}, {"reduce": "max", "divisor": None}, {"fill": FIRST_CLIPPED}), **AVERAGE),
    _pooling(
        _with({"divisor": "window"}, {"divisor": "valid"}, {"rounding": "floor"}, {"rounding": KEPT}),
        shape=(2, 3, 8, 10),
        **AVERAGE,
        rounding="ceil",
        divisor="padded",
    ),
    _pooling(_with({"divisor": "valid"}, {"fill": LAST_CLIPPED}), **AVERAGE, divisor="window"),
    _pooling(
        _with({"overhang": SCALED}, {"p": 1.0}),
        shape=(2, 3, 8, 10),
        reduce="norm",
        p=2,
        window=3,
        stride=2,
        rounding="ceil",
    ),
    _pooling(
        {"windows": {"window": (3, 4), "stride": (2, 2), "output_size": None, **PLAIN}},
        reduce="average",
        output_size=[3, 3],
    ),
    _pooling({"bins": {"output_size": (2, 3), **NO_WINDOW}}, reduce="average", window=[4, 3], stride=[2, 2]),
)


def _resize(*changes: Mapping[str, Any], shape: tuple[int, ...] = (2, 3, 6, 7), **settings: Any) -> Meant:
    return Meant(settings, _with(*changes), shape)


GRIDS = tuple({"coordinates": each} for each in ("align_corners", "asymmetric"))
SCALED_UP = {"scale": (1.75, 1.75)}
KINDS = tuple(
    {"interpolation": kind, "cubic_coefficient": coefficient, **rest, "nearest_rounding": None}
    for kind, coefficient, rest in (
        ("area", None, {"coordinates": None, "outside": None, "antialias": None}),
        ("cubic", -0.75, {"outside": "edge", "antialias": False}),
        ("cubic", -0.5, {"outside": "renormalize", "antialias": False}),
        ("lanczos3", None, {"outside": "renormalize", "antialias": False}),
    )
)
NEAREST = (
    {"coordinates": "asymmetric", "nearest_rounding": "floor"},
    {"nearest_rounding": "prefer_ceil"},
    {"coordinates": "align_corners", "nearest_rounding": "prefer_ceil"},
    {"nearest_rounding": "ceil"},
    {"nearest_rounding": "floor"},
    *GRIDS,
)
CUBIC = {"cubic_coefficient": -0.5, "outside": "renormalize"}
RESIZE = (
    *(_resize(*NEAREST, size=size, interpolation="nearest") for size in ([9, 10], [11, 15], [12, 14], [4, 3])),
    _resize(*GRIDS, SCALED_UP, *KINDS, {"size": (12, 11)}, {"size": (12, 13)}, size=[11, 12], interpolation="linear"),
    _resize(*GRIDS, {"antialias": True, "outside": "renormalize"}, size=[4, 3], interpolation="linear"),
    _resize(
        {"size": (12, 13), "scale": None},
        {"scale": None, "size": (11, 12)},
        {"coordinates": "half_pixel_symmetric"},
        interpolation="linear",
        scale=1.85,
    ),
    _resize(
        *GRIDS,
        CUBIC,
        {"cubic_coefficient": -0.5},
        {"outside": "zero"},
        {"cubic_coefficient": -0.6},
        size=[11, 12],
        interpolation="cubic",
    ),
    _resize({"antialias": True, **CUBIC}, *GRIDS, size=[4, 3], interpolation="cubic"),
)
STATISTICS = {
    "mean": [0.5, -0.25, 0.75],
    "variance": [0.0625, 0.125, 0.5],
    "scale": [1.0, -2.0, 1.5],
    "offset": [0.5, 1.0, -1.0],
}
AFFINE = {"scale": [1.0, -2.0, 1.5, 0.75], "offset": [0.5, 1.0, -1.0, 0.25]}
EPSILONS = tuple({"epsilon": each} for each in (1e-3, 1e-6, 2e-5, 0.0))
PLACES = tuple({"epsilon_at": each} for each in ("deviation", "variance_floor", "deviation_floor"))


def _normalization(
    *changes: Mapping[str, Any], vectors: Mapping[str, Any], size: float = 0.1, **settings: Any
) -> Meant:
    channels = len(next(iter(vectors.values()), [0] * 3))
    return Meant(settings, _with(*changes), (2, channels, 5, 6), vectors=vectors, size=size)


OVER = tuple({"over": each} for each in ("CHW", "HW", "NHW", "C"))
NORMALIZATION = (
    _normalization(
        *({"slots": each} for each in (ONE_PLUS, "scale and offset exchanged", "mean and variance exchanged")),
        *({"slots": f"{each} left out"} for each in ("scale", "offset", "mean")),
        {"statistic": "deviation"},
        {"factor": 0.0},
        {"over": "NHW"},
        vectors=STATISTICS,
        epsilon=1e-5,
    ),
    _normalization(*EPSILONS, vectors={**STATISTICS, "variance": [0.001, 0.002, 0.004]}, epsilon=1e-5),
    _normalization(*PLACES, vectors=STATISTICS, epsilon=1e-2),
    _normalization(
        *EPSILONS, *OVER[:2], {"statistic": "unbiased_variance"}, {"centre": False},
        vectors=AFFINE, over="NHW", epsilon=1e-5,
    ),
    _normalization(*OVER[1:], {"groups": 2}, {"groups": 4}, vectors=AFFINE, over="CHW", epsilon=1e-5),
    _normalization({"order": "interleaved"}, {"groups": 1}, vectors=AFFINE, over="CHW", groups=2, epsilon=1e-5),
    _normalization(
        {"epsilon": 1e-3}, {"epsilon": 1e-5}, {"centre": True}, vectors={"scale": AFFINE["scale"]},
        over="C", statistic="mean_square", centre=False, epsilon=1e-6,
    ),
    _normalization(
        {"statistic": "sum_absolute", "epsilon_at": "deviation"}, {"over": "CHW"}, vectors={}, over="C",
        statistic="sum_square", centre=False, epsilon=1e-12, epsilon_at="deviation_floor",
    ),
)  # fmt: skip
DENSE_VECTORS = {"bias": [0.5, -1.25, 2.0, 0.75, -0.3]}
FLAT = (
    *({"flattened": each} for each in ("HWC", "CWH", "WHC")),
    *({"kernel_flattened": f"CHW{MOVED}{each}"} for each in ("HWC", "CWH")),
    {"bias": LEFT_OUT},
    {"bias": TWICE},
)
DENSE = (
    Meant(
        {"flattened": "CHW"},
        {**_with(*FLAT), "reshaped": (ReshapeNotTranspose("kernel", "IOHW", "OIHW"),)},
        (6, 3, 3, 4),
        ((5, 36),),
        "NCHW,OI,NC",
        DENSE_VECTORS,
    ),
    Meant(
        {"flattened": "C"},
        {**_with(*FLAT[-2:]), "not transposed": (KernelAxes((1, 0, 2)),)},
        (12, 5),
        ((5, 5),),
        "NC,OI,NC",
        DENSE_VECTORS,
    ),
)


def _activation(*changes: Mapping[str, Any], **settings: Any) -> Meant:
    return Meant(settings, _with(*changes))


SLOPES = tuple({"slope": each} for each in (0.3, 0.2, 0.25, 0.1, 0.07))
ACTIVATION = (
    _activation(
        *SLOPES,
        {"function": "relu", "slope": None},
        {"function": "elu", "alpha": 1.0, "slope": None},
        function="leaky_relu",
    ),
    _activation(
        {"approximate": "tanh"}, {"approximate": "quick"}, {"function": "silu", "approximate": None}, function="gelu"
    ),
    _activation({"alpha": 1 / 6}, {"function": "sigmoid", "alpha": None, "beta": None}, function="hard_sigmoid"),
    _activation({"alpha": 0.5}, {"function": "celu", "alpha": 0.5}, function="elu"),
    _activation(
        {"function": "relu6"},
        {"function": "clip", "low": -1.0, "high": 1.0},
        {"function": "leaky_relu", "slope": 0.01},
        {"function": "softplus", "beta": 1.0},
        {"function": "absolute"},
        {"function": "threshold", "theta": 1.0},
        function="relu",
    ),
    _activation(
        {"function": "mish"}, {"function": "hard_swish"}, {"function": "gelu", "approximate": "none"}, function="silu"
    ),
    _activation({"function": "softsign"}, {"function": "sigmoid"}, {"function": "log_sigmoid"}, function="tanh"),
)
SOFTMAX = (
    Meant({"over": "C"}, _with(*({"over": each} for each in ("H", "W", "CHW", "HW", "N")), {"log": True})),
    Meant({"over": "W", "log": True}, _with({"over": "C"}, {"log": False})),
)
LRN = (
    Meant(
        {"size": 5, "alpha": 1e-1, "beta": 0.75, "k": 1.0},
        _with(
            {"divided": "none"},
            {"size": 11},
            {"size": 2},
            {"beta": 0.5},
            {"k": 2.0},
            {"alpha": 1.0},
            {"across": "HW"},
            {"alpha": 0.037},
        ),
        (2, 7, 5, 6),
    ),
    Meant({"size": 4, "alpha": 1e-1}, _with({"even_size": BELOW}, {"divided": "none"}), (2, 7, 5, 6)),
    Meant(
        {"size": 3, "alpha": 1.0, "across": "HW", "divided": "area"},
        _with({"divided": "size"}, {"across": "C"}),
        (2, 7, 5, 6),
    ),
)
BOUNDARIES = tuple({"boundary": each} for each in ("edge", "reflect", "symmetric", "wrap"))


def _sides(h: tuple[int, int], w: tuple[int, int]) -> dict[str, Any]:
    return {"padding": (("H", *h), ("W", *w))}


PADDING = (
    Meant(
        {"padding": {"H": [1, 2], "W": [0, 3]}},
        _with(
            *BOUNDARIES,
            {"boundary": "constant", "constant": 0.7},
            _sides((0, 3), (1, 2)),
            _sides((2, 1), (3, 0)),
            _sides((1, 0), (2, 3)),
        ),
    ),
    Meant(
        {"padding": {"H": [2, 1], "W": [1, 2]}, "boundary": "reflect"},
        _with(*BOUNDARIES[:1], *BOUNDARIES[2:], {"boundary": "zero"}),
    ),
)
REARRANGE = (
    Meant(
        {"depth_to_space": 2},
        _with({"order": "CRD"}, {"blocks": EXCHANGED}, {"blocks": BUFFER}, {"channels": REVERSED}),
        (2, 12, 3, 5),
    ),
    Meant(
        {"space_to_depth": 2},
        _with({"order": "CRD"}, {"blocks": EXCHANGED}, {"blocks": BUFFER}, {"blocks": DARKNET}),
        (2, 4, 4, 6),
    ),
)


def _moved(pairs: Pairs) -> PaddingSplit:
    """A sample more cut off before, one fewer behind."""
    return PaddingSplit(pairs, tuple((low - 1, high + 1) for low, high in pairs))


SQUARE = ((3, 3, 3, 3),)
TRANSPOSED = (
    Meant(
        {"means": "cross-correlation", "stride": 2, "padding": 1},
        {
            "reversed": (ReverseKernel((0, 1)),),
            "transposed": (TransposeKernelSpatial((0, 1, 3, 2)),),
            "channels exchanged": (KernelAxes((1, 0, 2, 3)),),
            "other cut": lambda form: (_moved(form.window.padding),),
        },
        (2, 3, 5, 6),
        SQUARE,
        "NCHW,IOHW,NCHW",
    ),
)
MEANT: Mapping[str, Sequence[Meant]] = {
    "pooling": POOLING,
    "resize": RESIZE,
    "normalization": NORMALIZATION,
    "dense": DENSE,
    "activation": ACTIVATION,
    "softmax": SOFTMAX,
    "local_response_normalization": LRN,
    "padding": PADDING,
    "rearrange": REARRANGE,
    "transposed_convolution": TRANSPOSED,
}

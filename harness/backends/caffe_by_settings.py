"""Caffe: layers that are told by settings: `Pooling`, `LRN`, `BatchNorm` with a `Scale` or without, `InnerProduct`."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

import numpy as np

from harness.backends import caffe_definition as definition
from harness.backends.caffe_definition import layers, pooling
from harness.backends.caffe_net import forward
from harness.backends.dense_claims import FIRST, flattening
from harness.backends.norm_claims import GIVEN, UNDER_THE_ROOT
from harness.backends.parameter_shapes import of_channels
from harness.worker.entry import EntryPoint, settled

DOCS = "https://caffe.berkeleyvision.org/tutorial/layers/%s.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]

# --- pooling ---------------------------------------------------------------------------------------------------------

KEPT = "ceil, with the last window even behind the input where nothing is padded"
ABOUT: Mapping[str, Any] = {
    "ranks": (2,),
    "words": {"rounding": {"floor": "round_mode: FLOOR", KEPT: ""}},
    "free": ("window", "stride", "padding"),
    "limits": ("even", "below"),
    "dtypes": ("float32",),
    "note": "the size is rounded up by default; without a stride it is 1",
}


def _pooling(method: str, reduce: str, **keeps: Any) -> EntryPoint:
    def called(arrays: Arrays, settings: Settings) -> Any:
        x = arrays["input"]
        return forward(layers(x, ("Pooling", pooling(method, settings))), x)

    demands = {"reduce": reduce, "dilation": 1}
    return settled("caffe.Pooling(%s)" % method, "pooling", DOCS % "pooling", demands=demands, keeps=keeps, **ABOUT)(
        called
    )


POOLING = (_pooling("MAX", "max"), _pooling("AVE", "average", divisor="padded"))

# --- normalization ---------------------------------------------------------------------------------------------------


def _batch_norm(name: str, scaled: bool, factor: float, **about: Any) -> EntryPoint:
    """`BatchNorm` with given statistics, which are divided by a stored factor (0: they are left out)."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        x = arrays["input"]
        epsilon = "batch_norm_param { use_global_stats: true eps: %.9g }" % settings["epsilon"]
        stacked: List[Tuple[str, str]] = [("BatchNorm", epsilon)]
        stored = {role: of_channels(arrays[role], x.shape[1]) for role in arrays if role != "input"}
        blobs = {"BatchNorm": [stored["mean"], stored["variance"], np.array([factor], np.float32)]}
        if scaled:
            stacked.append(("Scale", "scale_param { bias_term: true }"))
            blobs["Scale"] = [stored["scale"], stored["offset"]]
        return forward(layers(x, *stacked), x, blobs)

    return settled("caffe." + name, "normalization", DOCS % "batchnorm", dtypes=("float32",), **about)(called)


FACTOR = "statistics are stored with a factor, a third blob, by which they are divided"
GIVEN_ONLY: Mapping[str, Any] = dict(GIVEN, arrays=("mean", "variance"))
NO_STATISTICS: Mapping[str, Any] = dict(GIVEN_ONLY, keeps=dict(UNDER_THE_ROOT, factor=0.0))
NORMALIZATIONS = (
    _batch_norm("BatchNorm", False, 1.0, note=FACTOR + "; here 1", **GIVEN_ONLY),
    _batch_norm("BatchNorm(factor=0)", False, 0.0, note=FACTOR + "; 0 makes both of them 0", **NO_STATISTICS),
    _batch_norm("BatchNorm + Scale", True, 1.0, note=FACTOR + "; here 1", **GIVEN),
)

# --- local response normalization ------------------------------------------------------------------------------------


def _local_response(across: str, **takes: Any) -> EntryPoint:
    """The layer `LRN`, over the channels or within each of them."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        return forward(definition.local_response(arrays["input"], settings, across), arrays["input"])

    return settled(
        "caffe.LRN (%s)" % definition.REGIONS[across],
        "local_response_normalization",
        DOCS % "lrn",
        ranks=(2,),
        demands={"across": across},
        limits=("odd",),
        dtypes=("float32",),
        **takes,
    )(called)


LOCAL_RESPONSES = (
    _local_response("C", keeps={"divided": "size"}, free=("size", "alpha", "beta", "k")),
    _local_response("HW", keeps={"divided": "area", "k": 1.0}, free=("size", "alpha", "beta")),
)

# --- dense -----------------------------------------------------------------------------------------------------------


def _inner_product(arrays: Arrays, settings: Settings) -> Any:
    blobs = [arrays[role] for role in ("kernel", "bias") if role in arrays]
    return forward(definition.inner_product(arrays), arrays["input"], {definition.DENSE: blobs})


DENSE: EntryPoint = settled(
    "caffe.InnerProduct",
    "dense",
    DOCS % "innerproduct",
    dtypes=("float32",),
    note="it flattens its input itself; pycaffe: a network of one layer is made for every call",
    **flattening("OI", "C*", FIRST),
)(_inner_product)

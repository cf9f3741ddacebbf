"""Caffe (BVLC): layers by pycaffe, each in a network of its own; a bad setting aborts the process."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from harness.backends.caffe_definition import DENSE, REGIONS, inner_product, local_response, network
from harness.backends.dense_claims import FIRST, flattening
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, Settings, Transposition, entry_point, settled

if TYPE_CHECKING:
    import caffe

NAME = "caffe"


def start() -> str:
    global caffe
    os.environ.setdefault("GLOG_minloglevel", "2")  # or every layer that is set up is told
    import caffe

    return str(caffe.__version__)


@entry_point(
    "caffe.Convolution",
    ranks=[1, 2, 3],
    docs="https://caffe.berkeleyvision.org/tutorial/layers/convolution.html",
    explicit="even",
    stride=True,
    dilation=True,
    groups="any",
    bias=True,
    dtypes=("float32",),
    note="pycaffe: a network of one layer is made for every call",
)
def convolution(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _forward("Convolution", x, w, s)


@entry_point(
    "caffe.Deconvolution",
    ranks=[1, 2, 3],
    operation="transposed_convolution",
    docs="https://caffe.berkeleyvision.org/tutorial/layers/deconvolution.html",
    kernel="IO*",
    explicit="even",
    groups="any",
    bias=True,
    dtypes=("float32",),
    note="the kernel is [I, O / groups, ...]; pycaffe: a network of one layer is made for every call",
)
def deconvolution(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _forward("Deconvolution", x, w, s)


def _ran(definition: str, x: np.ndarray, layer: str, blobs: Sequence[np.ndarray] = ()) -> Any:
    """The output of a network of one layer with these blobs."""
    with tempfile.NamedTemporaryFile("w", suffix=".prototxt") as file:
        file.write(definition)
        file.flush()
        with system():
            net = caffe.Net(file.name, caffe.TEST)
    with system():
        net.blobs["data"].data[...] = x
        for number, blob in enumerate(blobs):
            net.params[layer][number].data[...] = blob
        return net.forward()[layer].copy()


def _forward(kind: str, x: np.ndarray, w: np.ndarray, s: Any) -> Any:
    return _ran(network(x, w, s, kind), x, "conv", [w] if s.bias is None else [w, s.bias])


def _inner_product(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    blobs = [arrays[role] for role in ("kernel", "bias") if role in arrays]
    return _ran(inner_product(arrays), arrays["input"], DENSE, blobs)


def _local_response(across: str, **takes: Any) -> EntryPoint:
    """The layer `LRN`, over the channels or within each of them."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        return _ran(local_response(arrays["input"], settings, across), arrays["input"], "norm")

    return settled(
        "caffe.LRN (%s)" % REGIONS[across],
        "local_response_normalization",
        "https://caffe.berkeleyvision.org/tutorial/layers/lrn.html",
        ranks=(2,),
        demands={"across": across},
        limits=("odd",),
        dtypes=("float32",),
        **takes,
    )(called)


ENTRY_POINTS = (
    convolution,
    deconvolution,
    _local_response("C", keeps={"divided": "size"}, free=("size", "alpha", "beta", "k")),
    _local_response("HW", keeps={"divided": "area", "k": 1.0}, free=("size", "alpha", "beta")),
    settled(
        "caffe.InnerProduct",
        "dense",
        "https://caffe.berkeleyvision.org/tutorial/layers/innerproduct.html",
        dtypes=("float32",),
        note="it flattens its input itself; pycaffe: a network of one layer is made for every call",
        **flattening("OI", "C*", FIRST),
    )(_inner_product),
)

"""Caffe (BVLC): `Convolution`, `Deconvolution`, `InnerProduct`, by pycaffe; a bad setting aborts the process."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from harness.backends.caffe_definition import DENSE, inner_product, network
from harness.backends.dense_claims import FIRST, flattening
from harness.worker.blame import system
from harness.worker.entry import Settings, Transposition, entry_point, settled

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


def _network(definition: str) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".prototxt") as file:
        file.write(definition)
        file.flush()
        with system():
            return caffe.Net(file.name, caffe.TEST)


def _forward(kind: str, x: np.ndarray, w: np.ndarray, s: Any) -> Any:
    net = _network(network(x, w, s, kind))
    with system():
        net.blobs["data"].data[...] = x
        weights = net.params["conv"]
        weights[0].data[...] = w
        if s.bias is not None:
            weights[1].data[...] = s.bias
        return net.forward()["conv"].copy()


def _inner_product(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    net = _network(inner_product(arrays))
    with system():
        net.blobs["data"].data[...] = arrays["input"]
        for blob, role in zip(net.params[DENSE], ("kernel", "bias")):
            blob.data[...] = arrays[role]
        return net.forward()[DENSE].copy()


ENTRY_POINTS = (
    convolution,
    deconvolution,
    settled(
        "caffe.InnerProduct",
        "dense",
        "https://caffe.berkeleyvision.org/tutorial/layers/innerproduct.html",
        dtypes=("float32",),
        note="it flattens its input itself; pycaffe: a network of one layer is made for every call",
        **flattening("OI", "C*", FIRST),
    )(_inner_product),
)

"""Caffe (BVLC): layers by pycaffe, each in a network of its own; a bad setting aborts the process."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from harness.backends.caffe_by_settings import DENSE, LOCAL_RESPONSES, NORMALIZATIONS, POOLING
from harness.backends.caffe_definition import network
from harness.backends.caffe_net import forward
from harness.worker.entry import Settings, Transposition, entry_point

NAME = "caffe"


def start() -> str:
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


def _forward(kind: str, x: np.ndarray, w: np.ndarray, s: Any) -> Any:
    return forward(network(x, w, s, kind), x, {kind: [w] if s.bias is None else [w, s.bias]})


ENTRY_POINTS = (convolution, deconvolution, DENSE, *POOLING, *LOCAL_RESPONSES, *NORMALIZATIONS)

"""TensorFlow.js: its pure JavaScript backend on Node."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Sequence

import numpy as np

from harness.backends.child import Child
from harness.backends.tfjs_by_settings import Declaring
from harness.worker.entry import Settings, Transposition, Word, entry_point
from harness.worker.loop import Declined

NAME = "tfjs"
DTYPES = ("float32", "int32", "complex64")
"""Those that TensorFlow.js has; which of them a function takes, it says itself."""
node: Child


def start() -> str:
    global node
    node = Child(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "tfjs.js")])
    return node.first_line()


def _declaration(name: str, rank: int, **more: Any) -> Dict[str, Any]:
    return {
        "name": "tfjs." + name,
        "ranks": [rank],
        "docs": "https://js.tensorflow.org/api/latest/#" + name,
        "input": "N*C",
        "kernel": "*IO",
        "output": "N*C",
        "words": {"same": Word("same", "same_upper"), "valid": Word("valid", "valid")},
        "stride": True,
        "dilation": True,
        "together": False,
        "dtypes": ("float32",),
        **more,
    }


def _call(name: str, x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    padding = s.padding if isinstance(s.padding, str) else [[0, 0], *s.padding, [0, 0]]
    steps = {"strides": s.stride, "dilations": s.dilation, "padding": padding}
    return node.ask(json.dumps({"name": name, "x": _about(x), "w": _about(w), **steps}), x, w, "C")


def _about(array: np.ndarray) -> Any:
    if str(array.dtype) not in DTYPES:
        raise Declined("TensorFlow.js has no numbers of dtype %s" % array.dtype)
    return [str(array.dtype), array.shape]


@entry_point(**_declaration("conv1d", 1))
def conv1d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv1d", x, w, s)


@entry_point(**_declaration("conv2d", 2, explicit="uneven"))
def conv2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv2d", x, w, s)


@entry_point(**_declaration("conv3d", 3))
def conv3d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv3d", x, w, s)


def _transposed(name: str, rank: int) -> Dict[str, Any]:
    return {
        "name": "tfjs." + name,
        "operation": "transposed_convolution",
        "ranks": [rank],
        "docs": "https://js.tensorflow.org/api/latest/#" + name,
        "input": "N*C",
        "kernel": "*OI",
        "output": "N*C",
        "words": {"same": Word("same", "same"), "valid": Word("valid", "valid")},
        "dilation": False,
        "output_size": True,
        "dtypes": ("float32",),
        "note": "the kernel is [..., O, I]; the size of the output is always said",
    }


def _transpose(name: str, x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    shape = [len(x), *s.output_size, w.shape[-2]]
    steps = {"strides": s.stride, "padding": s.padding, "shape": shape}
    return node.ask(json.dumps({"name": name, "x": _about(x), "w": _about(w), **steps}), x, w, "C")


@entry_point(**_transposed("conv2dTranspose", 2))
def conv2d_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose("conv2dTranspose", x, w, s)


@entry_point(**_transposed("conv3dTranspose", 3))
def conv3d_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose("conv3dTranspose", x, w, s)


def _told(name: str, x: np.ndarray, w: np.ndarray, arguments: Sequence[Any]) -> Any:
    about = {"name": name, "x": _about(x), "w": _about(w), "arguments": list(arguments)}
    return node.ask(json.dumps(about), x, w, "C")


ENTRY_POINTS = (conv1d, conv2d, conv3d, conv2d_transpose, conv3d_transpose, *Declaring(_told).every())

"""TensorFlow: the convolutions of `tf.nn`, called eagerly."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from harness.backends.tensorflow_by_settings import ACTIVATIONS, POOLING, SOFTMAXES
from harness.backends.tensorflow_dense import DENSE
from harness.backends.tensorflow_moving import MOVES
from harness.backends.tensorflow_normalization import LOCAL_RESPONSES, NORMALIZATIONS
from harness.backends.tensorflow_resize import RESIZES
from harness.worker.entry import Settings, Transposition, Word, entry_point
from harness.worker.loop import Declined

if TYPE_CHECKING:
    import tensorflow as tf

NAME = "tensorflow"
FLOATS = ("float16", "float32", "float64")
DOCS = "https://www.tensorflow.org/api_docs/python/tf/nn/%s"
GROUPED = {"groups": "any", "measured": ["groups", "float16", "int32"]}


def start() -> str:
    global tf
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    return str(tf.__version__)


def about() -> Dict[str, str]:
    """What computes: oneDNN is taken on newer processors only, and where the environment does not say otherwise."""
    from tensorflow.python.util import _pywrap_util_port  # private: other versions may lack it

    return {"oneDNN": "used" if _pywrap_util_port.IsMklEnabled() else "not used"}


def _declaration(name: str, **more: Any) -> Dict[str, Any]:
    return {
        "name": "tensorflow.nn." + name,
        "docs": DOCS % name,
        "input": "N*C",
        "kernel": "*IO",
        "output": "N*C",
        "words": {"same": Word("SAME", "same_upper"), "valid": Word("VALID", "valid")},
        "keywords": {} if name == "convolution" else {"padding": "padding="},
        "stride": True,
        "dilation": True,
        "dtypes": FLOATS,
        "measured": ["float16"],
        **more,
    }


def _full(values: Any) -> Any:
    """Settings of the spatial axes as TensorFlow wants them: batch and channel axes, too."""
    return [1, *values, 1]


def _padding(s: Settings) -> Any:
    return s.padding if isinstance(s.padding, str) else [[0, 0], *s.padding, [0, 0]]


@entry_point(**_declaration("conv1d", ranks=[1], dtypes=FLOATS + ("int32",), **GROUPED))
def conv1d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return tf.nn.conv1d(x, w, s.stride[0], s.padding, dilations=s.dilation[0])


@entry_point(**_declaration("conv2d", ranks=[2], explicit="uneven", dtypes=FLOATS + ("int32",), **GROUPED))
def conv2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return tf.nn.conv2d(x, w, _full(s.stride), _padding(s), dilations=_full(s.dilation))


@entry_point(
    **_declaration(
        "conv3d",
        ranks=[3],
        measured=["dilation", "float16"],
        note="a dilation above 1 needs oneDNN, which takes it as float32: other machines, or settings, may refuse it",
    )
)
def conv3d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return tf.nn.conv3d(x, w, _full(s.stride), s.padding, dilations=_full(s.dilation))


@entry_point(
    **_declaration("convolution", ranks=[1, 2, 3], together=False, note="groups work in 1-D and 2-D, undocumented")
)
def convolution(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return tf.nn.convolution(x, w, list(s.stride), s.padding, dilations=list(s.dilation))


@entry_point(
    **_declaration(
        "depthwise_conv2d",
        ranks=[2],
        kernel="OI*",
        groups="depthwise",
        explicit="uneven",
        together=False,
        measured=["uneven_strides", "float16"],
        note="strides that differ between the axes need oneDNN, which takes them as float32: other machines, or "
        "settings, may refuse them; the kernel [C*M, 1, H, W] is handed over as [H, W, C, M]: output channel c*M + m",
    )
)
def depthwise_conv2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    if len(w) % s.groups:
        raise Declined("a kernel of %d outputs cannot be handed over as [H, W, %d, M]" % (len(w), s.groups))
    kernel = w.reshape((s.groups, -1) + w.shape[2:]).transpose(2, 3, 0, 1)
    return tf.nn.depthwise_conv2d(x, kernel, _full(s.stride), _padding(s), dilations=list(s.dilation))


def _transposed(name: str, rank: int) -> Dict[str, Any]:
    return {
        "name": "tensorflow.nn." + name,
        "operation": "transposed_convolution",
        "docs": DOCS % name,
        "ranks": [rank],
        "input": "N*C",
        "kernel": "*OI",
        "output": "N*C",
        "words": {"same": Word("SAME", "same"), "valid": Word("VALID", "valid")},
        "output_size": True,
        "dtypes": FLOATS,
        "measured": ["dilation", "together", "float16"],
        "note": "the kernel is [..., O, I]; the size of the output is always said; a dilation above 1 needs oneDNN, "
        "which takes it as float32: other machines, or settings, may refuse it",
    }


def _transpose(function: Any, x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    shape = [len(x), *s.output_size, w.shape[-2]]
    return function(x, w, shape, list(s.stride), s.padding, dilations=list(s.dilation))


@entry_point(**_transposed("conv1d_transpose", 1))
def conv1d_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(tf.nn.conv1d_transpose, x, w, s)


@entry_point(**_transposed("conv2d_transpose", 2))
def conv2d_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(tf.nn.conv2d_transpose, x, w, s)


@entry_point(**_transposed("conv3d_transpose", 3))
def conv3d_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(tf.nn.conv3d_transpose, x, w, s)


ENTRY_POINTS = (
    conv1d,
    conv2d,
    conv3d,
    convolution,
    depthwise_conv2d,
    conv1d_transpose,
    conv2d_transpose,
    conv3d_transpose,
    *POOLING,
    *ACTIVATIONS,
    *SOFTMAXES,
    *NORMALIZATIONS,
    *LOCAL_RESPONSES,
    *DENSE,
    *RESIZES,
    *MOVES,
)

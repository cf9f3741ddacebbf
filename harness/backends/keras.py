"""Keras 3: `keras.ops.conv` and `conv_transpose`, on the backend that KERAS_BACKEND names or the first installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.backends.keras_by_settings import ACTIVATIONS, POOLING, SOFTMAXES
from harness.backends.keras_dense import DENSE
from harness.backends.keras_moving import MOVES
from harness.backends.keras_normalization import NORMALIZATIONS
from harness.backends.keras_resize import RESIZES
from harness.worker.entry import Settings, Transposition, Word, entry_point

if TYPE_CHECKING:
    import keras

NAME = "keras"
BACKENDS = ("tensorflow", "torch", "jax")


def start() -> str:
    global keras
    if not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = next((each for each in BACKENDS if importlib.util.find_spec(each)), BACKENDS[0])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["JAX_ENABLE_X64"] = "1"  # or 64-bit data would become 32-bit
    import keras

    return "%s (%s)" % (keras.__version__, keras.backend.backend())


@entry_point(
    "keras.ops.conv",
    ranks=[1, 2, 3],
    docs="https://keras.io/api/ops/nn/#conv-function",
    input="N*C",
    kernel="*IO",
    output="N*C",
    words={"same": Word("same", "same_upper"), "valid": Word("valid", "valid")},
    stride=True,
    dilation=True,
    together=False,
    note="groups follow from the kernel's channels; data_format channels_last",
)
def conv(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _called(keras.ops.conv, x, w, s)


@entry_point(
    "keras.ops.conv_transpose",
    ranks=[1, 2, 3],
    operation="transposed_convolution",
    docs="https://keras.io/api/ops/nn/#conv_transpose-function",
    input="N*C",
    kernel="*OI",
    output="N*C",
    words={"same": Word("same", "same"), "valid": Word("valid", "valid_filled")},
    together=False,
    measured=["dilation"],
    note="the kernel is [..., O, I]; data_format channels_last",
)
def conv_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _called(keras.ops.conv_transpose, x, w, s)


def _called(function: Callable[..., Any], x: np.ndarray, w: np.ndarray, s: Settings | Transposition) -> Any:
    result = function(
        keras.ops.convert_to_tensor(x),
        keras.ops.convert_to_tensor(w),
        strides=tuple(s.stride),
        padding=s.padding,
        data_format="channels_last",
        dilation_rate=tuple(s.dilation),
    )
    return keras.ops.convert_to_numpy(result)


ENTRY_POINTS = (conv, conv_transpose, *POOLING, *ACTIVATIONS, *SOFTMAXES, *NORMALIZATIONS, *DENSE, *RESIZES, *MOVES)

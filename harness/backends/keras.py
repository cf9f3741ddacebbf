"""Keras 3: `keras.ops.conv`, on the one backend that KERAS_BACKEND names or the first that is installed."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any

import numpy as np

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
    result = keras.ops.conv(
        keras.ops.convert_to_tensor(x),
        keras.ops.convert_to_tensor(w),
        strides=tuple(s.stride),
        padding=s.padding,
        data_format="channels_last",
        dilation_rate=tuple(s.dilation),
    )
    return keras.ops.convert_to_numpy(result)


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
    result = keras.ops.conv_transpose(
        keras.ops.convert_to_tensor(x),
        keras.ops.convert_to_tensor(w),
        strides=tuple(s.stride),
        padding=s.padding,
        data_format="channels_last",
        dilation_rate=tuple(s.dilation),
    )
    return keras.ops.convert_to_numpy(result)


ENTRY_POINTS = (conv, conv_transpose)

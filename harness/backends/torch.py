"""PyTorch: the convolutions of `torch.nn.functional`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from harness.backends.torch_by_settings import ACTIVATIONS, POOLING, SOFTMAXES
from harness.backends.torch_dense import DENSE
from harness.backends.torch_moving import MOVES
from harness.backends.torch_normalization import LOCAL_RESPONSES, NORMALIZATIONS
from harness.backends.torch_resize import RESIZES
from harness.worker.blame import system
from harness.worker.entry import Settings, Transposition, Word, entry_point

if TYPE_CHECKING:
    import torch

NAME = "torch"
DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.%s.html"


def start() -> str:
    global torch
    import torch

    return str(torch.__version__)


def about() -> Dict[str, str]:
    """What computes: the instructions that ATen takes, its math libraries, and how many threads share a sum."""
    found = {"instructions": str(torch.backends.cpu.get_cpu_capability())}
    libraries = [name for name in ("mkldnn", "mkl") if getattr(torch.backends, name).is_available()]
    return dict(found, libraries=", ".join(libraries) or "none", threads=str(torch.get_num_threads()))


def _declaration(name: str, rank: int) -> Dict[str, Any]:
    return {
        "name": "torch.nn.functional." + name,
        "docs": DOCS % name,
        "ranks": [rank],
        "words": {"same": Word("same", "same_upper", strided=False), "valid": Word("valid", "valid")},
        "explicit": "even",
        "stride": True,
        "dilation": True,
        "groups": "any",
        "bias": True,
        "dtypes": DTYPES,
        "measured": ["float16"],
    }


def _tensor(array: np.ndarray) -> Any:
    """The array as a tensor; torch takes no negative strides."""
    return torch.from_numpy(np.ascontiguousarray(array))


def _call(function: Any, x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    padding = s.padding if isinstance(s.padding, str) else [low for low, _ in s.padding or ()]
    with torch.inference_mode(), system():
        bias = None if s.bias is None else _tensor(s.bias)
        return function(_tensor(x), _tensor(w), bias, s.stride, padding, s.dilation, s.groups).numpy()


@entry_point(**_declaration("conv1d", 1))
def conv1d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call(torch.nn.functional.conv1d, x, w, s)


@entry_point(**_declaration("conv2d", 2))
def conv2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call(torch.nn.functional.conv2d, x, w, s)


@entry_point(**_declaration("conv3d", 3))
def conv3d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call(torch.nn.functional.conv3d, x, w, s)


def _transposed(name: str, rank: int) -> Dict[str, Any]:
    return {
        "name": "torch.nn.functional." + name,
        "operation": "transposed_convolution",
        "docs": DOCS % name,
        "ranks": [rank],
        "explicit": "even",
        "output_padding": True,
        "groups": "any",
        "bias": True,
        "dtypes": ("float16", "float32", "float64"),
        "measured": ["float16"],
        "note": "the kernel is [I, O / groups, ...]",
    }


def _transpose(function: Any, x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    padding = [low for low, _ in s.padding]
    with torch.inference_mode(), system():
        bias = None if s.bias is None else _tensor(s.bias)
        y = function(_tensor(x), _tensor(w), bias, s.stride, padding, s.output_padding, s.groups, s.dilation)
        return y.numpy()


@entry_point(**_transposed("conv_transpose1d", 1), kernel="IO*")
def conv_transpose1d(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(torch.nn.functional.conv_transpose1d, x, w, s)


@entry_point(**_transposed("conv_transpose2d", 2), kernel="IO*")
def conv_transpose2d(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(torch.nn.functional.conv_transpose2d, x, w, s)


@entry_point(**_transposed("conv_transpose3d", 3), kernel="IO*")
def conv_transpose3d(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(torch.nn.functional.conv_transpose3d, x, w, s)


ENTRY_POINTS = (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    *POOLING,
    *ACTIVATIONS,
    *SOFTMAXES,
    *NORMALIZATIONS,
    *LOCAL_RESPONSES,
    *DENSE,
    *RESIZES,
    *MOVES,
)

"""Theano: `theano.tensor.nnet.conv2d` and `conv3d`, with the kernel reversed (the default) and without; pooling."""

from __future__ import annotations

import os
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Dict, Tuple

import numpy as np

from harness.backends.theano_by_settings import POOLING
from harness.worker.entry import Settings, Transposition, Word, entry_point

if TYPE_CHECKING:
    import theano
    from theano.tensor import nnet

NAME = "theano"
DOCS = "https://theano-pymc.readthedocs.io/en/latest/library/tensor/nnet/conv.html#theano.tensor.nnet.%s"
WORDS = {"same": Word("half", "half"), "valid": Word("valid", "valid"), "full": Word("full", "full")}


def start() -> str:
    global nnet, theano
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    compiled = os.path.join(base, "framework-agreement", "theano")
    # without blas.ldflags the import fails where it cannot ask NumPy for the flags of its own BLAS
    os.environ["THEANO_FLAGS"] = "device=cpu,blas.ldflags=,base_compiledir=" + compiled
    os.environ["THEANORC"] = os.devnull
    import theano
    from theano.tensor import nnet

    return str(theano.__version__)


def _declaration(name: str, rank: int, **more: Any) -> Dict[str, Any]:
    return {
        "name": "theano.tensor.nnet." + name,
        "ranks": [rank],
        "docs": DOCS % name.split("(")[0],
        "words": WORDS,
        "keywords": {"padding": "border_mode=valid"},
        "explicit": "uneven",
        "stride": True,
        "dilation": True,
        "groups": "any",
        "note": "border_mode half pads by k // 2 on both sides: an even kernel makes the output larger",
        **more,
    }


@lru_cache(maxsize=512)
def _compiled(function: str, rank: int, dtypes: Tuple[str, str], settings: Tuple[Tuple[str, Any], ...]) -> Any:
    """A function of `nnet` under some settings, as a program of two arrays with `rank` axes."""
    x, w = (theano.tensor.TensorType(dtype, (False,) * rank)(each) for dtype, each in zip(dtypes, "xw"))
    return theano.function([x, w], attrgetter(function)(nnet)(x, w, **dict(settings)))


def _ran(function: str, x: np.ndarray, w: np.ndarray, s: Any, **settings: Any) -> Any:
    settings.update(subsample=tuple(s.stride), filter_dilation=tuple(s.dilation), num_groups=s.groups)
    program = _compiled(function, x.ndim, (str(x.dtype), str(w.dtype)), tuple(settings.items()))
    return program(np.ascontiguousarray(x), np.ascontiguousarray(w))


def _call(name: str, flip: bool, x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    border = s.padding if isinstance(s.padding, str) else _border(s.padding)
    return _ran(name, x, w, s, border_mode=border, filter_flip=flip)


def _border(pairs: Any) -> Tuple[Any, ...]:
    """(h, w) where both sides are padded alike, else ((top, bottom), (left, right))."""
    if all(low == high for low, high in pairs):
        return tuple(low for low, _ in pairs)
    return tuple((low, high) for low, high in pairs)


@entry_point(**_declaration("conv2d", 2, reversal=True))
def conv2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv2d", True, x, w, s)


@entry_point(**_declaration("conv2d(filter_flip=False)", 2))
def conv2d_unflipped(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv2d", False, x, w, s)


@entry_point(**_declaration("conv3d", 3, explicit="even", reversal=True))
def conv3d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv3d", True, x, w, s)


@entry_point(**_declaration("conv3d(filter_flip=False)", 3, explicit="even"))
def conv3d_unflipped(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv3d", False, x, w, s)


GRADIENT = "abstract_conv.conv2d_grad_wrt_inputs"


def _transposed(options: str, **more: Any) -> Dict[str, Any]:
    return {
        "name": "theano.tensor.nnet." + GRADIENT + options,
        "operation": "transposed_convolution",
        "ranks": [2],
        "docs": DOCS % GRADIENT,
        "kernel": "IO*",
        "explicit": "even",
        "output_padding": True,
        "groups": "any",
        "note": "the gradient of conv2d by its input, whose size is said",
        **more,
    }


def _transpose(flip: bool, x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    shape = (len(x), w.shape[1] * s.groups, *s.output_size)
    border = tuple(low for low, _ in s.padding)
    return _ran(GRADIENT, x, w, s, input_shape=shape, filter_shape=w.shape, border_mode=border, filter_flip=flip)


@entry_point(**_transposed("", reversal=True))
def conv2d_gradient(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(True, x, w, s)


@entry_point(**_transposed("(filter_flip=False)"))
def conv2d_gradient_unflipped(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _transpose(False, x, w, s)


ENTRY_POINTS = (
    *(conv2d, conv2d_unflipped, conv3d, conv3d_unflipped, conv2d_gradient, conv2d_gradient_unflipped),
    *POOLING,
)

"""Systems that compute what is meant, each in an arithmetic of its own: one for every rung of the ladder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from harness.canonical.window import pad
from harness.rounding import formats, winograd
from harness.worker.entry import EntryPoint, Settings
from tests.fakes.honest import correlate, declared, padding_of, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "arithmetic"
DTYPES = ("float16", "float32", "float64", "int8")


def inputs_in(fmt: formats.Format) -> Callable[..., np.ndarray]:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        single = (fmt.round(each).astype(np.float32) for each in (x, w))
        return correlate(*single, s).astype(x.dtype)

    return call


def stored_in(fmt: formats.Format) -> Callable[..., np.ndarray]:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        return fmt.round(inputs_in(fmt)(x, w, s)).astype(x.dtype)

    return call


def half_sums(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return correlate(x.astype(np.float16), w.astype(np.float16), s).astype(x.dtype)


def wide_sums(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return correlate(x.astype(np.float32), w.astype(np.float32), s).astype(x.dtype)


def brain_sums(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """Every partial sum is rounded to bfloat16: each tap is added by a call of its own."""
    rounding = formats.BFLOAT16.round
    total: Any = 0.0
    for o_c_tap in np.ndindex(*w.shape[1:]):
        one = np.zeros_like(w)
        one[(slice(None), *o_c_tap)] = w[(slice(None), *o_c_tap)]
        total = rounding(total + rounding(correlate(rounding(x), rounding(one), s)))
    return total.astype(x.dtype)


def saturating(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    wide = correlate(x.astype(np.int64), w.astype(np.int64), s)
    return formats.saturated(wide.astype(np.float64), x.dtype.name).astype(x.dtype)


def flushing(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    x, w = (formats.flushed(each, x.dtype.name).astype(x.dtype) for each in (x, w))
    return formats.flushed(correlate(x, w, s), x.dtype.name).astype(x.dtype)


def transformed(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """A Fourier transform along every spatial axis, summed over channels: groups, stride and dilation are not done."""
    x = pad(x, padding_of(x, w, s))
    axes, sizes = tuple(range(2, x.ndim)), x.shape[2:]
    spectrum = np.einsum("nc...,oc...->no...", np.fft.fftn(x, sizes, axes), np.conj(np.fft.fftn(w, sizes, axes)))
    y = np.fft.ifftn(spectrum, sizes, axes).real
    return y[(..., *(slice(n - k + 1) for n, k in zip(sizes, w.shape[2:])))].astype(x.dtype)


def tiles(m: int) -> Callable[..., np.ndarray]:
    """Winograd's F(m x m, 3 x 3), every step in float32: outputs by the multiple of m."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        AT, G, BT = (matrix.astype(np.float32) for matrix in winograd.matrices(m, 3))
        cut = sliding_window_view(pad(x, padding_of(x, w, s)), (m + 2, m + 2), axis=(2, 3))[:, None, :, ::m, ::m]
        products = (G @ w @ G.T)[None, :, :, None, None] * (BT @ cut @ BT.T)
        y = (AT @ products.sum(axis=2) @ AT.T).swapaxes(3, 4)
        return y.reshape(*y.shape[:2], y.shape[2] * m, y.shape[4] * m)

    return call


def named(name: str, call: Callable[..., np.ndarray], **changes: Any) -> EntryPoint:
    return declared(name, dtypes=DTYPES, **changes)(call)


ENTRY_POINTS = (
    named("plain", correlate),
    named("wide", wide_sums),
    named("float32", inputs_in(formats.FLOAT32)),
    named("tf32", inputs_in(formats.TF32)),
    named("bfloat16", inputs_in(formats.BFLOAT16)),
    named("bfloat16_stored", stored_in(formats.BFLOAT16)),
    named("float16_stored", stored_in(formats.FLOAT16)),
    named("half_sums", half_sums),
    named("brain_sums", brain_sums),
    named("saturating", saturating),
    named("flushing", flushing),
    named("fourier", transformed, algorithm="fft"),
    named("winograd_2", tiles(2), algorithm="winograd"),
    named("winograd_4", tiles(4), algorithm="winograd"),
)

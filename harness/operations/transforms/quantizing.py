"""What systems make of the weights that they store: another floating-point format, whole numbers, a few decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.rounding.formats import BFLOAT16, FLOAT16, significand

LEVELS = (127.0, 127.5, 128.0)
"""Whole numbers of 8 bits to which systems scale the largest magnitude: TFLite, PyTorch and fixed-point formats."""
DECIMALS = range(1, 7)


@dataclass(frozen=True)
class Quantizer:
    """One way to store weights.

    words: what they are rounded to. of: the weights that are then used, (O, I, *spatial), float64. lines: the same as
    NumPy, of w.
    """

    words: str
    of: Callable[[np.ndarray], np.ndarray]
    lines: tuple[str, ...]


def symmetric(w: np.ndarray, most: float, each: bool) -> np.ndarray:
    """Whole multiples of a scale by which the largest magnitude, of all or of an output channel, is `most`."""
    scale = np.abs(w).max(axis=_axes(w, each), keepdims=True) / most
    return np.asarray(np.rint(w / np.where(scale > 0, scale, 1)) * scale)


def asymmetric(w: np.ndarray, each: bool) -> np.ndarray:
    """Whole multiples of a scale, 256 of them from the smallest to the largest value, zero among them."""
    low = np.minimum(w.min(axis=_axes(w, each), keepdims=True), 0)
    scale = (np.maximum(w.max(axis=_axes(w, each), keepdims=True), 0) - low) / 255
    scale = np.where(scale > 0, scale, 1)
    zero = np.rint(-low / scale)
    return np.asarray((np.clip(np.rint(w / scale) + zero, 0, 255) - zero) * scale)


def _axes(w: np.ndarray, each: bool) -> tuple[int, ...]:
    return tuple(range(int(each), w.ndim))


def _symmetric(most: float, each: bool) -> Quantizer:
    return Quantizer(
        f"int8 with {_scales(each)} by which the largest is {most:g}",
        lambda w: symmetric(w, most, each),
        (f"s = abs(w).max(axis={_text(each)}, keepdims=True) / {most:g}", "w = np.rint(w / s) * s"),
    )


def _asymmetric(each: bool) -> Quantizer:
    axes = f"axis={_text(each)}, keepdims=True"
    return Quantizer(
        f"uint8 with a zero point and {_scales(each)}",
        lambda w: asymmetric(w, each),
        (
            f"low = np.minimum(w.min({axes}), 0)",
            f"s = (np.maximum(w.max({axes}), 0) - low) / 255",
            "zero = np.rint(-low / s)",
            "w = (np.clip(np.rint(w / s) + zero, 0, 255) - zero) * s",
        ),
    )


def _scales(each: bool) -> str:
    return "a scale for each output channel" if each else "one scale"


def _text(each: bool) -> str:
    return "tuple(range(1, w.ndim))" if each else "None"


def _decimals(places: int) -> Quantizer:
    return Quantizer(f"{places} decimals", lambda w: np.round(w, places), (f"w = np.round(w, {places})",))


def _all() -> Iterator[tuple[str, Quantizer]]:
    yield "float16", Quantizer("float16", FLOAT16.round, ("w = w.astype(np.float16).astype(np.float64)",))
    scale = 2.0**BFLOAT16.digits
    mantissa = ("m, e = np.frexp(w)", f"w = np.ldexp(np.rint(m * {scale:g}) / {scale:g}, e)")
    yield "bfloat16", Quantizer("bfloat16", lambda w: significand(w, BFLOAT16.digits), mantissa)
    for each, suffix in ((False, ""), (True, " by channel")):
        yield from ((f"int8 ({most:g}){suffix}", _symmetric(most, each)) for most in LEVELS)
        yield f"uint8{suffix}", _asymmetric(each)
    yield from ((f"{places} decimals", _decimals(places)) for places in DECIMALS)


QUANTIZERS: dict[str, Quantizer] = dict(_all())
"""Name -> one way to store weights."""

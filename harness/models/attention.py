"""Attention as one call: softmax(q k^T / sqrt(d)) v, and what people make of it instead.

Errors are those of first order, those of different scores taken for independent: with P = softmax(s),
dy = sum over m of P_m (v_m - y) ds_m + P_m dv_m.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.models.join import Arrays, Join

TAKEN = ("query", "key", "value")


@dataclass(frozen=True)
class Attention:
    """One way to attend. scale: the factor before the softmax; causal: to places before only; axis: of the softmax."""

    scale: float
    causal: bool = False
    axis: int = -1

    def weights(self, arrays: Arrays) -> np.ndarray:
        q, k, _ = arrays
        s = self.scale * np.matmul(q, k.swapaxes(-1, -2))
        if self.causal:
            s = np.where(np.tri(*s.shape[-2:], dtype=np.bool_), s, -np.inf)
        weights = np.exp(s - s.max(self.axis, keepdims=True))
        return np.asarray(weights / weights.sum(self.axis, keepdims=True))

    def values(self, arrays: Arrays) -> np.ndarray:
        return np.asarray(np.matmul(self.weights(arrays), arrays[2]))

    def errors(self, arrays: Arrays, errors: Arrays) -> np.ndarray:
        q, k, _ = (each**2 for each in arrays)
        of_q, of_k, of_v = (each**2 for each in errors)
        of_s = self.scale**2 * (np.matmul(of_q, k.swapaxes(-1, -2)) + np.matmul(q, of_k.swapaxes(-1, -2)))
        weights = self.weights(arrays)
        return np.asarray(np.sqrt(_moved(weights, of_s, arrays[2]) + np.matmul(weights**2, of_v)))

    def size(self, arrays: Arrays) -> np.ndarray:
        """What is rounded: the sums before the softmax, what they move, and the sums behind it."""
        q, k, v = map(np.abs, arrays)
        weights = self.weights(arrays)
        of_s = 1 + self.scale * np.sqrt(q.shape[-1]) * np.matmul(q, k.swapaxes(-1, -2))
        return np.asarray(np.sqrt(_moved(weights, of_s**2, arrays[2])) + np.sqrt(v.shape[-2]) * np.matmul(weights, v))


def ways(taken: Arrays, y: np.ndarray) -> Iterator[Join]:
    """What is done with queries, keys and values, where their shapes fit."""
    q, k, v = (each.shape for each in taken)
    if min(map(len, (q, k, v))) < 3 or q[-1] != k[-1] or k[:-1] != v[:-1] or (*q[:-1], v[-1]) != y.shape:
        return
    usual = q[-1] ** -0.5
    named = {
        "attention": Attention(usual),
        "attention to the places before": Attention(usual, causal=True),
        "attention without its factor": Attention(1.0),
        "attention whose softmax is over the queries": Attention(usual, axis=-2),
    }
    for words, way in named.items() if q[:-2] == k[:-2] else ():
        yield Join(words, way.values, way.errors, size=way.size)


def _moved(weights: np.ndarray, of_s: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The square of what errors before the softmax, of these squares, make: sum P^2 (v - y)^2 ds^2, multiplied out."""
    y, square = np.matmul(weights, v), weights**2 * of_s
    found = np.matmul(square, v**2) - 2 * y * np.matmul(square, v) + y**2 * square.sum(-1, keepdims=True)
    return np.asarray(np.maximum(found, 0.0))

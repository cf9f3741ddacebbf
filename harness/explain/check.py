"""Candidates evaluated in full, in float64, with what they leave open inferred from the values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from harness.explain.outputs import inferred
from harness.explain.question import Question
from harness.explain.variants import Transforms
from harness.reference import direct
from harness.transform import Bias, OutputAxes, Scale, Transform
from harness.transform.settings import SCALES, scale_factors
from harness.window import Convolution

LOOK = 2
"""Images and output channels that are looked at first: most candidates end there."""


def applied(conv: Convolution, transforms: Iterable[Transform]) -> Convolution:
    """What a system computes that differs by `transforms`."""
    for transform in transforms:
        conv = transform.differ(conv)
    return conv


def read(y: np.ndarray, transforms: Iterable[Transform], shape: tuple[int, ...]) -> np.ndarray:
    """What is seen of the output `y`: in `shape` where only some images or channels of it are, all of it for ()."""
    partial = y.shape[:2]
    for transform in transforms:
        y = transform.read(y)
        partial = (0, 0) if isinstance(transform, OutputAxes) and -1 in transform.source else partial
    if not shape or shape[:2] == y.shape[:2] == partial or any(seen > whole for seen, whole in zip(shape, y.shape)):
        return y
    return y[tuple(slice(0, size) for size in shape)]


def completed(question: Question, transforms: Transforms) -> Transforms | None:
    """`transforms`, with the bias or scale that they leave open filled in, if they give the observed values."""
    open_ = [each for each in transforms if _left_open(each)]
    stated = tuple(each for each in transforms if each not in open_)
    conv = applied(question.conv, stated)
    if min(conv.output_shape, default=0) < 1:
        return None
    if not open_:
        quick = _part(conv, stated, question.observed)
        if quick is not None and not _fits(question, quick, question.observed[:LOOK, :LOOK]):
            return None
    whole = direct(conv)
    y = read(whole, stated, question.observed.shape)
    if y.shape != question.observed.shape:
        return None
    if not open_:
        return transforms if _fits(question, y, question.observed) else None
    filled = _fill(question, open_[0], whole, _unread(question.observed, whole.shape, stated), conv)
    if filled is None:
        return None
    whole = (
        whole * _column(filled.factors, whole) if isinstance(filled, Scale) else whole + _column(filled.values, whole)
    )
    y = read(whole, stated, question.observed.shape)
    named = tuple(filled if each is open_[0] else each for each in transforms)
    return named if _fits(question, y, question.observed) else None


def _unread(observed: np.ndarray, shape: tuple[int, ...], transforms: Transforms) -> np.ndarray:
    """What was seen, where it stands in the output: the inverse of `read`, NaN where nothing was."""
    places = read(np.arange(math.prod(shape)).reshape(shape), transforms, observed.shape)
    whole = np.full(shape, np.nan)
    whole.flat[places] = observed
    return whole


def _left_open(transform: Transform) -> bool:
    return (isinstance(transform, Bias) and transform.kind == "unknown") or isinstance(transform, Scale)


def _part(conv: Convolution, transforms: Transforms, observed: np.ndarray) -> np.ndarray | None:
    """The first images and output channels, where that is much cheaper and nothing mixes them; else None."""
    if conv.window.groups > 1 or any(type(each).read is not Transform.read for each in transforms):
        return None
    if len(conv.x) * len(conv.w) <= LOOK * LOOK * 4 or observed.shape[2:] != conv.output_shape[2:]:
        return None
    return direct(
        replace(conv, x=conv.x[:LOOK], w=conv.w[:LOOK], bias=None if conv.bias is None else conv.bias[:LOOK])
    )[: observed.shape[0], : observed.shape[1]]


def _fits(question: Question, y: np.ndarray, observed: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):
        return y.shape == observed.shape and not bool((np.abs(y - observed) > question.slack).any())


def _column(values: Iterable[float], y: np.ndarray) -> np.ndarray:
    return np.asarray(list(values)).reshape(-1, *(1,) * (y.ndim - 2))


def _fill(
    question: Question, transform: Transform, y: np.ndarray, seen: np.ndarray, conv: Convolution
) -> Bias | Scale | None:
    """The transform with values per output channel; None where some channel does not tell or nothing is changed."""
    kind = "offset" if isinstance(transform, Bias) else "factor"
    values = inferred(kind, y, seen)
    known = np.isfinite(values)
    if not known.any():
        return None
    if kind == "offset":
        values = np.where(known, values, 0.0)
        return None if (np.abs(values) <= question.slack).all() else Bias("unknown", _short(values, question.slack))
    largest = float(np.abs(y).max(initial=0)) or 1.0
    slack = 2 * question.slack / largest
    if (np.abs(values[known] - 1) <= slack).all() or (np.abs(values[known]) <= slack).all():
        return None
    return _named(np.where(known, values, 1.0), known, conv.w, slack)


def _named(values: np.ndarray, known: np.ndarray, w: np.ndarray, slack: float) -> Scale:
    """The scale by its name, where one comes to these factors; a plain number else."""
    for name in SCALES:
        rule = scale_factors(name, w)
        if np.isfinite(rule).all() and (np.abs(rule - values)[known] <= slack).all():
            return Scale(name, tuple(rule.tolist()))
    for top in (2.0, 3.0, 4.0, 255.0, 256.0, 0.5, -1.0, 1 / 255, 1 / 256, 1 / 3, 0.25):
        if (np.abs(top - values)[known] <= slack).all():
            return Scale(f"{top:.6g}", (top,) * len(values))
    return Scale("a factor of " + ", ".join(f"{value:.6g}" for value in values[:8]), _short(values, slack))


def _short(values: np.ndarray, slack: float) -> tuple[float, ...]:
    """The values with as many decimals as the slack lets them have."""
    decimals = 15 if slack <= 0 else int(np.clip(2 - np.floor(np.log10(slack)), 0, 15))
    return tuple(round(float(value), decimals) for value in values)

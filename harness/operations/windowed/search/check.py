"""Candidates evaluated in full, in float64, with what they leave open inferred from the values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from harness.canonical.gaps import output
from harness.canonical.window import Linear
from harness.operations.budget import Budget
from harness.operations.transforms import in_order
from harness.operations.transforms.transform import Transform, applied, located, read
from harness.operations.transforms.values import SCALES, Bias, Scale, scale_factors
from harness.operations.windowed.search.fitted import Sums, fitted
from harness.operations.windowed.search.inference import inferred
from harness.operations.windowed.search.naming import RARER_FACTORS, called, of_stated, short
from harness.operations.windowed.search.outputs import FACTORS, OPEN
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms

ROUNDING = 2.0**-44
"""Share of a value by which float64 arithmetic may be off."""
LOOK = 2
"""Images and output channels that are looked at first: most candidates end there."""
CHECK, CHECKED, CONFIRMED = 300_000, (30, 3), (600, 6)
"""Work (see `budget`) to check a candidate; for each output and each product of its own; and to hold these against
their bounds."""


def completions(question: Question, transforms: Transforms, budget: Budget) -> Iterator[Transforms]:
    """`transforms`, with what they leave open filled in, if they give the observed values; likeliest first."""
    if OPEN not in transforms:
        whole = completed(question, transforms, budget)
        if whole is not None:  # not even a change may be what explains it
            yield whole
        return
    stated = tuple(each for each in transforms if each != OPEN)
    conv = _evaluated(question, stated, budget)
    if conv is None:
        return
    y = output(conv)
    room = np.broadcast_to(question.slack if question.room is None else question.room, question.observed.shape)
    seen, within = (_channels(_unread(each, y.shape, stated)) for each in (question.observed, room))
    sums = Sums(_channels(y), seen, np.nan_to_num(within), conv, question.dtype, question.count(stated))
    for ends in fitted(sums):
        yield in_order((*stated, *ends))


def _channels(y: np.ndarray) -> np.ndarray:
    """(N, O, *spatial) as (channels, elements)."""
    return np.moveaxis(y, 1, 0).reshape(y.shape[1], -1)


def _evaluated(question: Question, stated: Transforms, budget: Budget) -> Linear | None:
    """What is to be evaluated of a candidate, whose work is taken: the images of its output that are seen.

    None where its output has not what was observed.
    """
    conv: Linear = applied(question.form, stated)
    whole, shape = conv.output_shape, question.observed.shape
    if min(whole, default=0) < 1 or located(np.broadcast_to(0, whole), stated, shape).shape != shape:
        return None
    if not any(each.reads for each in stated):  # which may mix them
        conv = replace(conv, x=conv.x[: shape[0]])
    budget.take(work(conv, CHECKED))
    return conv


def work(conv: Linear, each: tuple[int, int]) -> int:
    """Work on a candidate, for each output and each product of its own."""
    return CHECK + math.prod(conv.output_shape) * (each[0] + each[1] * conv.terms)


def completed(question: Question, transforms: Transforms, budget: Budget) -> Transforms | None:
    """`transforms`, with the bias or scale that they leave open filled in, if they give the observed values."""
    open_ = [each for each in transforms if _left_open(each)]
    stated = tuple(each for each in transforms if each not in open_)
    conv = _evaluated(question, stated, budget)
    if conv is None:
        return None
    rounding = ROUNDING * np.abs(question.observed)  # of values that are scaled, beyond that of what was meant
    if open_:
        question = replace(question, slack=question.slack + float(np.nanmax(rounding)))
    part = _part(conv, stated, question.observed)
    if part is not None and not _fits(question, _guessed(question, open_, part), question.observed[:LOOK, :LOOK]):
        return None
    whole = output(conv)
    y = read(whole, stated, question.observed.shape)
    if not open_:
        return transforms if _fits(question, y, question.observed) else None
    slack = question.slack if question.room is None else question.room
    room = np.full(question.observed.shape, slack) + float(np.nanmax(rounding))
    seen, within = (_unread(each, whole.shape, stated) for each in (question.observed, room))
    filled = _fill(open_[0], whole, (seen, within), conv, question.slack)
    if filled is None:
        return None
    whole = (
        whole * _column(filled.factors, whole)
        if isinstance(filled, Scale)
        else whole + _column(filled.added(conv.offsets) - conv.offsets, whole)
    )
    y = read(whole, stated, question.observed.shape)
    named = tuple(filled if each is open_[0] else each for each in transforms)
    return named if _fits(question, y, question.observed) else None


def _unread(observed: np.ndarray, shape: tuple[int, ...], transforms: Transforms) -> np.ndarray:
    """What was seen, where it stands in the output: the inverse of `read`, NaN where nothing was."""
    places = located(np.arange(math.prod(shape)).reshape(shape), transforms, observed.shape)
    whole = np.full(shape, np.nan)
    whole.flat[places] = observed
    return whole


def _left_open(transform: Transform) -> bool:
    return transform in (Bias("unknown"), Scale("", ()))


def _part(conv: Linear, transforms: Transforms, observed: np.ndarray) -> np.ndarray | None:
    """The first images and output channels, where that is much cheaper and nothing mixes them; else None."""
    if conv.window.groups > 1 or any(each.reads for each in transforms):
        return None
    if len(conv.x) * len(conv.w) <= LOOK * LOOK * 4 or observed.shape[2:] != conv.output_shape[2:]:
        return None
    part = replace(conv.channels(slice(LOOK)), x=conv.x[:LOOK])
    return output(part)[: observed.shape[0], : observed.shape[1]]


def _guessed(question: Question, open_: list[Transform], y: np.ndarray) -> np.ndarray:
    """`y`, the first images and output channels, with the bias or scale that fits it best, if one is left open."""
    seen = question.observed[:LOOK, :LOOK]
    if not open_ or y.shape != seen.shape:
        return y
    offset = isinstance(open_[0], Bias)
    best, *_ = inferred("offset" if offset else "factor", y, seen, np.zeros(seen.shape))
    return np.asarray(y + _column(best, y) if offset else y * _column(best, y))


def _fits(question: Question, y: np.ndarray, observed: np.ndarray) -> bool:
    """Whether nothing that is known of both (no NaN) is further off than it may be."""
    with np.errstate(invalid="ignore", over="ignore"):  # an output may truly be infinite, or too large
        return y.shape == observed.shape and not bool((np.abs(y - observed) > question.slack).any())


def _column(values: Iterable[float], y: np.ndarray) -> np.ndarray:
    return np.asarray(list(values)).reshape(-1, *(1,) * (y.ndim - 2))


def _fill(
    transform: Transform, y: np.ndarray, seen: tuple[np.ndarray, np.ndarray], conv: Linear, slack: float
) -> Bias | Scale | None:
    """The transform with values per output channel; None where some channel does not tell or nothing is changed."""
    offset = isinstance(transform, Bias)
    best, low, high = inferred("offset" if offset else "factor", y, *seen)
    known = np.isfinite(best)
    unchanged = 0.0 if offset else 1.0
    no_change = (low <= unchanged) & (unchanged <= high)
    if not known.any() or no_change[known].all() or ((low <= 0) & (high >= 0))[known].all():
        return None
    limits = best, low, high, known
    return _bias(*limits, np.nanmax(seen[1]), conv, slack) if offset else _scale(*limits, conv)


def _bias(
    best: np.ndarray, low: np.ndarray, high: np.ndarray, known: np.ndarray, room: float, conv: Linear, slack: float
) -> Bias | None:
    """The bias with these numbers, by what was done with the stated one where that explains them."""
    if conv.biased and (np.abs(np.abs(best) - np.abs(conv.offsets))[known] <= slack).all():
        return None  # the bias left out or added twice, as other candidates say
    stated = of_stated(best, (high - low) / 2, conv.offsets, conv.w.shape[1]) if known.all() else iter(())
    values = [short(*each) if finite else 0.0 for finite, *each in zip(known, best, low, high)]
    # what is no more than half a printed digit is nobody's bias
    own = Bias("unknown", tuple(values)) if np.abs(values).max() > room else None
    return next(stated, own)


def _scale(best: np.ndarray, low: np.ndarray, high: np.ndarray, known: np.ndarray, conv: Linear) -> Scale | None:
    """The scale with these numbers, one for all channels where it may be."""
    best, low, high = _common(best, low, high, known)
    values = [short(*each) if finite else 1.0 for finite, *each in zip(known, best, low, high)]
    named = _named(values, np.where(known, low, -np.inf), np.where(known, high, np.inf), conv.w)
    silent = ((low <= 0) & (high >= 0))[known].any()  # a channel without values, which nobody scaled to nothing
    return None if silent and named.fitted else named


def _common(best: np.ndarray, low: np.ndarray, high: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, ...]:
    """Numbers of all channels and their limits: one for all of them, where the limits of all have one in common."""
    least, most = low[known].max(), high[known].min()
    if least > most:
        return best, low, high
    one = np.clip(best[known].mean(), least, most)
    return tuple(np.full(len(best), each) for each in (one, least, most))


def _named(values: list[float], low: np.ndarray, high: np.ndarray, w: np.ndarray) -> Scale:
    """The scale by its name, where one lies within these limits; plain numbers else."""
    for name in SCALES:
        rule = scale_factors(name, w)
        if ((low <= rule) & (rule <= high)).all():
            return Scale(name, tuple(rule.tolist()))
    for name, factor in {**FACTORS, **RARER_FACTORS}.items():
        if ((low <= factor) & (factor <= high)).all():
            return Scale(name, (factor,) * len(values))
    return Scale(called(np.array(values)), tuple(values))

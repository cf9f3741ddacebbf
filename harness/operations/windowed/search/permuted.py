"""Output channels in another order, however many there are: read off a few places that all channels are known at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from harness.canonical.axis import outputs_at
from harness.canonical.window import Linear
from harness.operations.transforms import in_order
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.transform import applied
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms

PLACES = 6
"""Places at which channels are told apart."""
MOST = 512
"""Channels up to which their order is looked for: each is held against each."""


def permuted(question: Question, every: Iterable[Transforms]) -> Iterator[Transforms]:
    """Orders of the output channels that give what was observed, with each of some changes of the window."""
    places = _places(question)
    if not len(places) or not 1 < len(question.form.w) <= MOST:
        return
    for changes in every:
        conv = applied(question.form, changes)
        if conv.output_shape == question.observed.shape and (order := _order(conv, question, places)):
            yield in_order((*changes, ChannelOrder("output", "any", order=order)))


def _places(question: Question) -> np.ndarray:
    """Some (n, *spatial) at which every channel is known."""
    known = np.argwhere(np.isfinite(question.observed).all(axis=1))
    return np.random.default_rng(0).permutation(known)[:PLACES]


def _order(conv: Linear, question: Question, places: np.ndarray) -> tuple[int, ...]:
    """The channel that stands in place of each; () where they are in order, or not those of `conv`."""
    image, *at = places.T
    seen = question.observed[(image, slice(None), *at)]
    count = seen.shape[1]
    whole = np.insert(np.repeat(places, count, axis=0), 1, np.tile(np.arange(count), len(places)), axis=1)
    meant = outputs_at(conv, whole).reshape(seen.shape)
    if not (np.abs(np.sort(meant, axis=1) - np.sort(seen, axis=1)) <= question.slack).all():
        return ()
    alike = (np.abs(seen[:, :, None] - meant[:, None]) <= question.slack).all(axis=0)
    order = tuple(alike.argmax(axis=1).tolist())
    return order if alike.sum() == count and sorted(order) == list(range(count)) != list(order) else ()

"""Why a layer of B is not what A's means, in words and as code that was run.

Asked are layers that only one side has, the operation's own search, settings that both sides state, and a factor and an
offset of each channel; of several layers, the last and the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.judge.verdict import Observation
from harness.models import affine, fitting
from harness.models.claiming import Walker
from harness.models.inverting import before
from harness.models.joined_otherwise import joined_otherwise
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair
from harness.models.one_sided import UNKNOWN, added, left_out, left_out_besides, stated_otherwise
from harness.models.other_numbers import other_numbers
from harness.models.reasons import Why, searched
from harness.models.unfolded import unfolded, written_out
from harness.operations import TABLE
from harness.operations.transforms.preparing import Offset
from harness.rounding.compare import distance


def why(walker: Walker, pair: Pair) -> Why:
    """What explains that a cut is not what A's layers mean."""
    if (found := written_out(pair)) is not None:
        return found
    stated = (stated_otherwise, _of_vectors) if _is_all_settings(pair) else (_by_search, stated_otherwise)
    for attempt in (
        left_out,
        added,
        joined_otherwise,
        unfolded,
        *stated,
        _of_one_of_two,
        left_out_besides,
        _by_numbers,
    ):
        found = attempt(walker, pair)
        if found is not None:
            return found
    return Why(words="nothing that is known here explains it")


def _is_all_settings(pair: Pair) -> bool:
    """Whether a layer of A has settings and no weights but vectors: what both sides state says best how they differ."""
    roles = TABLE[pair.of_a[0].operation or ""].ROLES if len(pair.of_a) == 1 and pair.of_a[0].operation in TABLE else {}
    return bool(roles) and not any(role.weights and not role.vector for role in roles.values())


def _by_search(walker: Walker, pair: Pair) -> Why | None:
    judge, seen = pair.outcome.judge, pair.outcome.seen
    return None if judge is None or seen is None else searched(judge, seen)


def _of_vectors(walker: Walker, pair: Pair) -> Why | None:
    """What the search finds; where that is numbers of which it knows nothing, rather the vectors that are others.

    An offset of the input is such numbers, too: the layer is judged on the input that it had.
    """
    found = _by_search(walker, pair)
    if found is not None and _is_told(found):
        return found
    return other_numbers(walker, pair) or found


def _of_one_of_two(walker: Walker, pair: Pair) -> Why | None:
    """What explains the last of several layers of A, or the first of two: numbers of which nothing is known come last.

    An offset before a function is what the layer before it lacks, as a bias.
    """
    last = _of_the_last(walker, pair)
    if last is not None and _is_told(last):
        return last
    return _of_the_first(walker, pair) or last


def _is_told(found: Why) -> bool:
    """Whether it is more than numbers of which nothing is known."""
    return any(change.get("kind") != UNKNOWN and change["id"] != Offset.id for change in found.transforms)


def _of_the_last(walker: Walker, pair: Pair) -> Why | None:
    """What explains the last of several layers of A, those before it being as they are meant."""
    if len(pair.of_a) < 2 or len(pair.taken) != 1:
        return None
    (signal,) = pair.taken.values()
    try:
        for layer in pair.of_a[:-1]:
            signal = walker.meaning.of_layer(layer, [signal])
        last = fitting.of_layer(walker.meaning, pair.of_a[-1], [replace(signal, spread=None)], pair.seen)
        slack = walker.meaning.of_layer(pair.of_a[-1], [signal]).error
    except NotJudged:
        return None
    if last.judge is None or last.seen is None or slack.shape != last.seen.values.shape:
        return None
    known = np.ones(slack.shape, bool)
    return searched(last.judge, replace(last.seen, known=known, slack=slack))


def _of_the_first(walker: Walker, pair: Pair) -> Why | None:
    """What explains the first of two layers of A, where what the second does can be undone."""
    if len(pair.of_a) != 2 or len(pair.taken) != 1:
        return None
    found = before(walker.meaning, pair.of_a[1], pair.seen)
    if found is None:
        return None
    (signal,) = pair.taken.values()
    first = fitting.of_layer(walker.meaning, pair.of_a[0], [signal], pair.seen)
    if first.judge is None or first.seen is None or first.seen.values.shape != found.values.shape:
        return None
    return searched(first.judge, Observation(found.values, first.seen.dtype, "winograd", found.known, found.slack))


def _by_numbers(walker: Walker, pair: Pair) -> Why | None:
    """A factor or an offset of each output channel, which leave rounding only."""
    judge, seen = pair.outcome.judge, pair.outcome.seen
    if judge is None or seen is None or judge.intended.y.shape != seen.values.shape:
        return None
    ladder = judge.intended.ladder(seen.dtype)
    line = affine.line(judge.intended.y, seen.values)
    if line is None or not ladder.fit(distance(seen.values, line.of(judge.intended.y))):
        return None
    changes = tuple(line.changes())
    return Why(changes, (), "; ".join(map(_number_words, changes)))


def _number_words(change: Mapping[str, Any]) -> str:
    numbers = change.get("factors", change.get("values", []))
    shown = ", ".join(f"{each:.7g}" for each in numbers[:8]) + (" ..." if len(numbers) > 8 else "")
    return f"B multiplies its output channels by {shown}" if "factors" in change else f"B adds {shown} to its channels"

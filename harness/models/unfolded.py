"""Faults of two layers of B that A has in one, or of one that A writes out: what would have to be otherwise in B's."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.judge.verdict import Judge, Observation
from harness.models import fitting
from harness.models.carried import Signal, canonical_letters
from harness.models.claiming import Walker
from harness.models.layer_case import Letters, NotJudged, case_of
from harness.models.matching import Pair
from harness.models.reasons import Why, searched
from harness.operations import TABLE
from harness.rounding.formats import DTYPES

ROUNDINGS = 2
"""What A means may be off twice by what its arithmetic rounds: what was folded in has been rounded, too."""


def unfolded(walker: Walker, pair: Pair) -> Why | None:
    """The setting of the last layer of B that explains the fault, as that in A has another."""
    if len(pair.of_a) != 1 or len(pair.of_b) < 2 or pair.of_b[-1].operation not in TABLE:
        return None
    last = pair.of_b[-1]
    if last.operation == pair.of_a[0].operation:
        return None
    try:
        meant = walker.meaning.value(pair.a, pair.taken)
        taken = walker.b.signal(last.inputs[0])
        judge = Judge(case_of(walker.b, last, taken))
    except NotJudged:
        return None
    why = searched(judge, seen) if (seen := _seen(walker, pair, meant, judge)) is not None else None
    return None if why is None else _of_settings(why, last.name, last.operation or "", "in what A has folded")


def written_out(pair: Pair) -> Why | None:
    """The setting that B's layer has otherwise than what A writes out."""
    outcome = pair.outcome
    if len(pair.of_a) < 2 or len(pair.of_b) != 1 or outcome.judge is None or outcome.seen is None:
        return None
    found, layer = searched(outcome.judge, outcome.seen), pair.of_b[0]
    return None if found is None else _of_settings(found, layer.name, layer.operation or "", "in what A writes out")


def _seen(walker: Walker, pair: Pair, meant: Signal, judge: Judge) -> Observation | None:
    """What A means, as if B's last layer had given it."""
    axes = Letters.of(walker.b, pair.of_b[-1]).back(canonical_letters(judge.intended.y.ndim))
    own = Signal(judge.intended.y, axes, pair.seen.dtype)
    values = fitting.placed(meant, own)
    room = fitting.placed(Signal(meant.error, meant.letters, meant.dtype), own)
    if values is None or room is None or pair.seen.dtype not in DTYPES:
        return None
    rounded = values.astype(pair.seen.dtype)
    return Observation(rounded, pair.seen.dtype, "direct", np.ones(rounded.shape, bool), ROUNDINGS * room)


def _of_settings(why: Why, name: str, operation: str, where: str) -> Why | None:
    """Settings that B's layer would need to give what A gives; where: in words, where A has them."""
    keys = TABLE[operation].SETTINGS
    if not all(change["id"] in keys and "value" in change for change in why.transforms):
        return None
    changes = tuple({"id": each["id"], "a": each["value"], "b": each["was"]} for each in why.transforms)
    told = "; ".join(f"{each['id']} is {_said(each['b'])} in {name}, {_said(each['a'])} {where}" for each in changes)
    return Why(changes, (), told)


def _said(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

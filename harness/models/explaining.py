"""Why a layer of B is not what A's means, in words and as code that was run.

Asked are the operation's own search, the settings that both sides state, and layers that only one side has.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.explanation.answers import transform_json
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.models import affine, fitting
from harness.models.carried import Signal
from harness.models.fitting import Outcome
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair, Walker
from harness.models.traced import Layer
from harness.operations import TABLE
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms.transform import Transform
from harness.rounding.compare import distance

Changes = tuple[Mapping[str, Any], ...]
"""Transforms as JSON has them: `id`, and what it is about."""
MOST_SETTINGS = 3
"""Settings in which both sides may differ at once."""
USUAL = "numpy"


@dataclass(frozen=True)
class Why:
    """What explains a fault. transforms: () where nothing does. alternatives: others that the data do not rule out.

    code: system -> program that computes what B gave, and was run. cleared: layers of A that have no part in it.
    """

    transforms: Changes = ()
    alternatives: tuple[Changes, ...] = ()
    words: str = ""
    code: Mapping[str, str] | None = None
    left: Outcome | None = None


def why(walker: Walker, pair: Pair) -> Why:
    """What explains that a cut is not what A's layers mean."""
    for attempt in (_by_what_is_missing, _by_what_is_more, _by_search, _by_settings, _by_parts, _by_numbers):
        found = attempt(walker, pair)
        if found is not None:
            return found
    return Why(words="nothing that is known here explains it")


# --- the search of the operation -------------------------------------------------------------------------------------


def _by_search(walker: Walker, pair: Pair) -> Why | None:
    outcome = pair.outcome
    if outcome.judge is None or outcome.seen is None:
        return None
    return _searched(walker, outcome.judge, outcome.seen) or _before_another_function(walker, outcome)


def _searched(walker: Walker, judge: Judge, seen: Observation) -> Why | None:
    answer = diagnose(judge, seen)
    if not answer.explanations or not answer.explanations[0].transforms:
        return None
    first = answer.explanations[0]
    return Why(
        tuple(transform_json(each) for each in first.transforms),
        tuple(_alternatives(answer)),
        first.words,
        _code(walker, judge, first.transforms),
    )


def _alternatives(answer: Answer) -> Iterator[Changes]:
    """Explanations that are as simple as the first and do not come to the same."""
    first = answer.explanations[0]
    for each in answer.explanations[1:]:
        if len(each.transforms) == len(first.transforms) and each.group != first.group:
            yield tuple(transform_json(change) for change in each.transforms)


def _before_another_function(walker: Walker, outcome: Outcome) -> Why | None:
    """What explains it where B's layer keeps positive values only: those that are left."""
    assert outcome.judge is not None and outcome.seen is not None
    values = outcome.seen.values
    if not values.size or values.min() < 0 or not (values == 0).any() or not values.any():
        return None
    return _searched(walker, outcome.judge, replace(outcome.seen, known=values > 0))


def _code(walker: Walker, judge: Judge, transforms: Sequence[Transform]) -> Mapping[str, str]:
    """A program in B's system, or in NumPy where that does not run here."""
    system = system_of(walker.b.trace.system)
    for wanted in dict.fromkeys((system, USUAL)):
        found = {each.system: each.program for each in fix.proofs(judge.case, [tuple(transforms)], [wanted])}
        if wanted in found:
            return {wanted: found[wanted]}
    return {}


def system_of(name: str) -> str:
    """The system in which programs for a traced one are written."""
    lower = name.lower()
    if "keras" in lower or "tf" in lower.split("."):
        return "tensorflow"
    return next((each for each in SYSTEMS if each in lower), USUAL)


# --- the settings that both sides state ------------------------------------------------------------------------------


def _by_settings(walker: Walker, pair: Pair) -> Why | None:
    """Settings of A's layer that, as B states them, give what B gave."""
    if len(pair.of_a) != 1 or not pair.of_b or pair.of_a[0].operation not in TABLE:
        return None
    one, other = pair.of_a[0], pair.of_b[-1]
    if one.operation != other.operation:
        return None
    for changes in _differing(one.settings, other.settings):
        changed = replace(one, settings={**one.settings, **changes}, name=f"{one.name}, changed")
        outcome = fitting.of_layer(walker.meaning, changed, list(pair.taken.values()), pair.seen)
        if outcome.agrees:
            transforms = tuple(
                {"id": key, "a": one.settings.get(key), "b": other.settings.get(key)} for key in sorted(changes)
            )
            code = _code(walker, outcome.judge, ()) if outcome.judge else {}
            return Why(transforms, (), "; ".join(map(_setting_words, transforms)), code)
    return None


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What B states otherwise, or not at all, the fewest settings first."""
    keys = [key for key in dict.fromkeys([*a, *b]) if a.get(key) != b.get(key) and key in b]
    for count in range(1, min(len(keys), MOST_SETTINGS) + 1):
        for chosen in itertools.combinations(keys, count):
            yield {key: b[key] for key in chosen}


def _setting_words(change: Mapping[str, Any]) -> str:
    stated = "leaves it out" if change["a"] is None else f"has {change['a']!r}"
    return f"{change['id']} is {change['b']!r} in B; A {stated}"


# --- factors and offsets ---------------------------------------------------------------------------------------------


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


# --- layers that one side has ----------------------------------------------------------------------------------------


def _by_what_is_missing(walker: Walker, pair: Pair) -> Why | None:
    """A layer of A without which it is what B gave."""
    for layer in pair.of_a if len(pair.taken) == 1 and not _is_same_operation(pair) else ():
        rest = [each for each in pair.of_a if each is not layer]
        if _chain(walker, rest, pair).agrees:
            kind = layer.operation or layer.native or "layer"
            return Why(({"id": kind, "missing": layer.name},), (), f"B leaves out {layer.name} ({kind}) of A")
    return None


def _is_same_operation(pair: Pair) -> bool:
    return len(pair.of_a) == len(pair.of_b) == 1 and pair.of_a[0].operation == pair.of_b[0].operation


def _chain(walker: Walker, layers: Sequence[Layer], pair: Pair) -> Outcome:
    """What layers of A make in a row of the only cut that a pair starts from."""
    (signal,) = pair.taken.values()
    try:
        for layer in layers:
            signal = walker.meaning.of_layer(layer, [signal])
    except NotJudged as problem:
        return Outcome(why=str(problem))
    return fitting.of_signal(signal, pair.seen)


def _by_what_is_more(walker: Walker, pair: Pair) -> Why | None:
    """Layers of B to which there is nothing in A."""
    if pair.of_a or not pair.of_b:
        return None
    kinds = [each.operation or each.native or "layer" for each in pair.of_b]
    names = ", ".join(each.name for each in pair.of_b)
    changes = tuple({"id": kind, "more": each.name} for kind, each in zip(kinds, pair.of_b))
    return Why(changes, (), f"B has {names} ({', '.join(kinds)}), to which there is nothing in A")


# --- one of several layers -------------------------------------------------------------------------------------------


def _by_parts(walker: Walker, pair: Pair) -> Why | None:
    """What explains the last of several layers of A, those before it being as they are meant."""
    if len(pair.of_a) < 2 or len(pair.taken) != 1:
        return None
    (signal,) = pair.taken.values()
    try:
        for layer in pair.of_a[:-1]:
            signal = walker.meaning.of_layer(layer, [signal])
        last = fitting.of_layer(walker.meaning, pair.of_a[-1], [_plain(signal)], pair.seen)
    except NotJudged:
        return None
    if last.judge is None or last.seen is None:
        return None
    slack = np.broadcast_to(_slack(walker, pair.of_a[-1], signal), last.seen.values.shape)
    return _searched(walker, last.judge, replace(last.seen, slack=slack))


def _plain(signal: Signal) -> Signal:
    return replace(signal, spread=None)


def _slack(walker: Walker, layer: Layer, signal: Signal) -> np.ndarray:
    """How far the running error of what a layer takes moves its output."""
    return walker.meaning.of_layer(layer, [signal]).error

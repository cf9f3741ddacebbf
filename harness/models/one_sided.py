"""Faults of what one side has: a layer that B leaves out, one that only B has, a setting that B states otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.explanation.answers import transform_json
from harness.explanation.diagnosis import diagnose
from harness.models import fitting
from harness.models.claiming import Walker
from harness.models.fitting import Outcome
from harness.models.joined_otherwise import called, handed_on
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair
from harness.models.reasons import Changes, Why, searched
from harness.models.traced import Layer
from harness.operations import TABLE
from harness.operations.operation import Operation

MOST_SETTINGS = 3
"""Settings in which both sides may differ at once."""
UNKNOWN = "unknown"


def stated_otherwise(walker: Walker, pair: Pair) -> Why | None:
    """Settings of A's layer that, as B states them, give what B gave."""
    if len(pair.of_a) != 1 or not pair.of_b or pair.of_a[0].operation not in TABLE:
        return None
    one, other = pair.of_a[0], pair.of_b[-1]
    if one.operation != other.operation:
        return None
    for settings in _differing(one.settings, other.settings):
        outcome = _with(walker, pair, settings)
        if outcome.agrees:
            return _of_settings(walker, pair, settings, outcome)
    return None


def _with(walker: Walker, pair: Pair, settings: Mapping[str, Any]) -> Outcome:
    """What A's layer would give with other settings."""
    changed = replace(pair.of_a[0], settings=settings, name=f"{pair.of_a[0].name}, changed")
    return fitting.of_layer(walker.meaning, changed, list(pair.taken.values()), pair.seen)


def _of_settings(walker: Walker, pair: Pair, b: Mapping[str, Any], outcome: Outcome) -> Why:
    """The settings that differ; but those that A has and B cannot have, beside what it states otherwise."""
    a = pair.of_a[0].settings
    gone = [key for key in a if key not in b and not _with(walker, pair, {**b, key: a[key]}).why]
    keys = sorted([*gone, *(key for key in b if a.get(key) != b[key])])
    transforms = tuple({"id": key, "a": a.get(key), "b": b.get(key)} for key in keys)
    proof = (outcome.judge.case, ()) if outcome.judge else None
    return Why(transforms, (), "; ".join(map(_setting_words, transforms)), proof)


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A's settings with what B states otherwise, the fewest first; all of B's; A's without what B leaves out."""
    stated = [key for key in b if a.get(key) != b[key]]
    yield from ({**a, **{key: b[key] for key in chosen}} for chosen in _some(stated))
    if stated:
        yield dict(b)
    left_out = [key for key in a if key not in b]
    yield from ({key: value for key, value in a.items() if key not in chosen} for chosen in _some(left_out))


def _some(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for count in range(1, min(len(keys), MOST_SETTINGS) + 1):
        yield from itertools.combinations(keys, count)


def _setting_words(change: Mapping[str, Any]) -> str:
    of_a, of_b = ("leaves it out" if change[side] is None else f"has {change[side]!r}" for side in "ab")
    return f"{change['id']}: A {of_a}, B {of_b}"


def left_out(walker: Walker, pair: Pair) -> Why | None:
    """A layer of A without which it is what B gave; several, where B hands on what they take."""
    if len(pair.of_a) == 1 and (found := handed_on(pair, pair.of_a[0])):
        return found
    if len(pair.of_a) > 1 and not pair.of_b:
        return _all_missing(pair)
    for layer in pair.of_a if len(pair.taken) == 1 and not _is_same_operation(pair) else ():
        rest = [each for each in pair.of_a if each is not layer]
        if _chain(walker, rest, pair).agrees:
            return _missing(layer)
    return None


def left_out_besides(walker: Walker, pair: Pair) -> Why | None:
    """One of two layers of A that B leaves out, and what explains the other on one of the tensors that are left."""
    if len(pair.of_a) != 2:
        return None
    of_b = {walker.cuts.image.get(name) for layer in pair.of_b for name in layer.inputs}
    left = [pair.taken[name] for name in pair.of_a[0].inputs if name in pair.taken and name in of_b]
    for one, rest in itertools.permutations(pair.of_a):
        for signal in left:
            outcome = fitting.of_layer(walker.meaning, rest, [signal], pair.seen)
            found = searched(outcome.judge, outcome.seen) if outcome.judge and outcome.seen else None
            if found is not None:
                gone = _missing(one)
                words = f"{gone.words}; {found.words}"
                return replace(found, transforms=(*gone.transforms, *found.transforms), alternatives=(), words=words)
    return None


def _missing(layer: Layer) -> Why:
    kind = layer.operation or called(layer)
    return Why(({"id": kind, "missing": layer.name},), (), f"B leaves out {layer.name} ({kind}) of A")


def _all_missing(pair: Pair) -> Why | None:
    """That B has nothing in the place of layers of A, but one of the tensors that they take."""
    if not any(fitting.of_signal(each, pair.seen).agrees for each in pair.taken.values()):
        return None
    changes = tuple({"id": each.operation or called(each), "missing": each.name} for each in pair.of_a)
    return Why(changes, (), f"B leaves out {', '.join(each.name for each in pair.of_a)} of A")


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


def added(walker: Walker, pair: Pair) -> Why | None:
    """Layers of B to which there is nothing in A; where they were not traced, an operation that gives what they did."""
    if pair.of_a:
        return None
    if not pair.of_b:
        found = filter(None, (_untraced(walker, pair, each) for each in TABLE.values()))
        return min(found, key=lambda why: len(why.transforms), default=None)
    kinds = [each.operation or each.native or "layer" for each in pair.of_b]
    names = ", ".join(each.name for each in pair.of_b)
    changes = tuple({"id": kind, "more": each.name} for kind, each in zip(kinds, pair.of_b))
    return Why(changes, (), f"B has {names} ({', '.join(kinds)}), to which there is nothing in A")


def _untraced(walker: Walker, pair: Pair, operation: Operation) -> Why | None:
    """An operation without parameters of its own, and the settings with which it gives what B gave."""
    if any(role.weights and not role.vector for role in operation.ROLES.values()) or len(pair.taken) != 1:
        return None
    asked = {**operation.SETTINGS, **operation.FIELDS}
    open_ = {key: UNKNOWN for key, usual in operation.TAKEN_FOR_UNKNOWN.items() if usual is not None and key in asked}
    layer = Layer("untraced", operation.NAME, open_, tuple(pair.taken), (pair.b,), {}, {})
    outcome = fitting.of_layer(walker.meaning, layer, list(pair.taken.values()), pair.seen)
    if outcome.judge is None or outcome.seen is None:
        return None
    answer = diagnose(outcome.judge, outcome.seen)
    first = next(iter(answer.explanations), None)
    if first is None or not all(change.is_convention for change in first.transforms):
        return None
    found: Changes = tuple(transform_json(each) for each in first.changes)
    words = "; ".join(change.words() for change in first.changes) or "as it is usual"
    return Why(({"id": operation.NAME, "more": None}, *found), (), f"B has one {operation.NAME} more: {words}")

"""Everything that the probes find of an entry point that moves a window, and where its declaration says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from harness.canonical import layout
from harness.canonical.window import CONSTANT
from harness.operations.card import Card, Fault
from harness.operations.windowed.probes import axes, behind_sums
from harness.operations.windowed.probes.algorithm import DIRECT, algorithm
from harness.operations.windowed.probes.boundary_rules import filled
from harness.operations.windowed.probes.by_numbers import negative
from harness.operations.windowed.probes.by_shape import by_shape
from harness.operations.windowed.probes.channel_orders import IN_ORDER
from harness.operations.windowed.probes.faults import Rules, Trials, faults, trials, watched
from harness.operations.windowed.probes.integers import integers
from harness.operations.windowed.probes.linearity import MADE, linearity
from harness.operations.windowed.probes.padding_rules import RULES, Rule
from harness.operations.windowed.probes.precision import precision
from harness.operations.windowed.probes.properties import NO_WORD, OF_LARGER, OTHERWISE, conventions
from harness.operations.windowed.probes.subject import Subject, usual_dtype
from harness.parent.asking import Asking, together
from harness.rounding.formats import DTYPES
from harness.worker.entry import EntryPoint

UNMEASURED = "not measured, as the sums are changed"


class Operation(NamedTuple):
    """How entry points of one operation are measured.

    kind: how to call them. rules: what their padding words may come to. negative: what padding below zero comes to.
    differences: those that are its own.
    """

    kind: type[Subject]
    conventions: Callable[[Sequence[Subject]], Asking[dict[str, Any]]]
    rules: Mapping[str, tuple[Rule, str]]
    trials: Trials
    negative: Callable[[Subject], Asking[str]]
    differences: Callable[[EntryPoint, dict[str, Any]], Iterator[str]]


def card(backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
    """Measures one entry point that computes a convolution; where that makes something of its sums, these."""
    operation = Operation(Subject, conventions, RULES, trials, negative, _own_differences)
    found: Card = yield from measured(operation, backend, version, entry)
    if found.declined or not (found.unreadable or any(fault.words.startswith(MADE) for fault in found.faults)):
        return found
    return (yield from _of_sums(found, entry.at(usual_dtype(entry))))


def _of_sums(card: Card, entry: EntryPoint) -> Asking[Card]:
    """The card with the conventions of the sums and what is made of them, where that is known; else as it is."""
    for ending in (yield from behind_sums.measured(entry, entry.ranks[0])):
        found = yield from behind_sums.beneath(_conventions(entry), ending)
        if found:
            unmeasured = {"algorithm": UNMEASURED, "integers exact below": UNMEASURED, "by size": {}}
            algorithm = card.algorithm or unmeasured
            known = {**found, **{name: _dtypes_only(found[name]) for name in ("dtypes", "promotion")}, "overflow": {}}
            told = [*card.differences, f"ending: declared none, measured {ending.formula}"]
            card = replace(card, conventions=known, algorithm=algorithm, ending=ending.formula)
            return replace(card, unreadable="", differences=told)
    return card


def nothing() -> Asking[list[Fault]]:
    """An asking without a question."""
    yield from ()
    return []


def _dtypes_only(found: Mapping[str, str]) -> dict[str, str]:
    """The dtypes of answers without their numbers, which no ending leaves right in every dtype."""
    return {given: answer.partition(OTHERWISE)[0] for given, answer in found.items()}


def _conventions(entry: EntryPoint) -> Asking[dict[str, Any] | None]:
    """The conventions of an entry point, None where its axes cannot be read."""
    found = yield from together({str(rank): axes.subject(entry, rank) for rank in entry.ranks})
    subjects = [each for each in found.values() if isinstance(each, Subject)]
    return (yield from conventions(subjects)) if subjects else None


def measured(operation: Operation, backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
    """Measures one entry point."""
    seen: list[Fault] = []
    entry = entry.at(usual_dtype(entry))
    found: Card = yield from watched(_measured(operation, backend, version, entry, seen), seen)
    return found


def _measured(operation: Operation, backend: str, version: str, entry: EntryPoint, seen: list[Fault]) -> Asking[Card]:
    found = yield from together({str(rank): axes.subject(entry, rank, operation.kind) for rank in entry.ranks})
    subjects = [each for each in found.values() if isinstance(each, Subject)]
    if not subjects:
        first = next(iter(found.values()))
        return Card(entry.name, backend, version, faults=seen, unreadable=first.reason, declined=first.declined)
    planar = next((subject for subject in subjects if subject.rank == 2), subjects[0])
    parts = yield from together({"conventions": operation.conventions(subjects), "algorithm": algorithm(planar)})
    known = parts["conventions"]
    dtypes = [dtype for dtype, answer in known["dtypes"].items() if answer == dtype]
    rules = _rules(operation, known)
    more = yield from together(
        {
            "precision": precision(subjects[0], _floating(known["dtypes"])),
            "faults": faults(subjects, rules, dtypes, operation.trials),
            "integers": integers(planar, dtypes),
            "linearity": linearity(planar),
            "shapes": by_shape(planar) if operation.kind is Subject else nothing(),
        }
    )
    shapes = [] if more["linearity"] else more["shapes"]  # what is made of sums alters their numbers
    known["numbers"] += yield from operation.negative(planar)
    return Card(
        entry.name,
        backend,
        version,
        known,
        {} if shapes else more["precision"],  # read by one convention, which is not that of all sizes
        parts["algorithm"],
        [*more["faults"], *more["integers"], *more["linearity"], *shapes, *seen, *_contradictions(entry, known)],
        [*differences(entry, known, parts["algorithm"]), *operation.differences(entry, known)],
    )


def _floating(dtypes: Mapping[str, str]) -> list[str]:
    """The dtypes of data that give numbers of a floating dtype: of another, where zeros that are padded widen it."""
    right = {given: answer.partition(OF_LARGER)[0] for given, answer in dtypes.items() if OTHERWISE not in answer}
    return [given for given, answer in right.items() if answer in DTYPES]


def _rules(operation: Operation, measured: dict[str, Any]) -> Rules:
    """What the padding words come to, as far as a known rule says it."""
    words = {name.removeprefix("padding "): found for name, found in measured.items() if name.startswith("padding ")}
    of = {
        word: found["fits"][0]
        for word, found in words.items()
        if found["fits"] and found["fits"][0] in operation.rules and found["boundary"] == "zero"
    }
    always = frozenset(word for word in of if measured["kernel larger"].get(word) in words[word]["fits"])
    return Rules(of, always, measured)


def _contradictions(entry: EntryPoint, measured: dict[str, Any]) -> Iterator[Fault]:
    """Padding words with a rule for some sizes only, words taken that are none, dtypes that depend on the size."""
    for name in entry.takes.words:
        found = measured[f"padding {name}"]
        if found["rule"] and found["exceptional"]:
            words = f"padding {name} is {found['rule']}, but not for {found['exceptional']} of {found['checked']} sizes"
            yield Fault(
                words, found["exceptions"][0], excluded=not (entry.takes.together or found["exceptional alone"])
            )
    if measured["unknown word"].startswith("taken"):
        call = f"padding={NO_WORD!r} is {measured['unknown word']}"
        yield Fault("an unknown word for the padding is accepted", call, excluded=True)
    changing = {dtype: found for dtype, found in measured["dtypes"].items() if OF_LARGER in found}
    if changing:
        call = "; ".join(f"{dtype}: {found}" for dtype, found in changing.items())
        words = "the dtype of the output depends on the size of the kernel"
        yield Fault(words, call, excluded=not set(changing) & set(entry.dtypes))


def differences(entry: EntryPoint, measured: dict[str, Any], algorithm: dict[str, Any]) -> Iterator[str]:
    """Where the declaration of an entry point and what was measured differ; every sentence begins with the property."""
    for rank in entry.ranks:
        if rank not in measured["ranks"]:
            yield f"ranks: {rank} is declared and cannot be read"
            continue
        for role, letters in entry.layouts.items():
            yield from _differs(role, layout.expand(letters, rank), measured[role][rank])
        flags = measured["reversal"][rank]
        yield from _differs("reversal", [entry.takes.reversal] * len(flags), flags)
    for name, word in entry.takes.words.items():
        found = measured[f"padding {name}"]
        if word.recipe not in found["fits"]:
            yield f"padding {name}: declared {word.recipe}, measured {found['rule'] or 'no known rule'}"
        if entry.takes.stride and word.strided == found["refuses"].startswith("a stride above 1"):
            refused = found["refuses"] or "nothing"
            yield f"padding {name}: strided is declared {word.strided}, measured: refuses {refused}"
    if entry.takes.groups == "any":
        yield from _differs("groups", IN_ORDER, measured["groups"])
    if entry.takes.groups != "one":
        yield from _differs("depthwise", IN_ORDER, measured["depthwise"])
    for dtype in entry.dtypes:
        yield from _differs(f"dtypes: {dtype}", dtype, measured["dtypes"].get(dtype, dtype))
    if entry.algorithm == "direct":
        yield from _differs("algorithm", DIRECT, algorithm["algorithm"])


def _own_differences(entry: EntryPoint, measured: dict[str, Any]) -> Iterator[str]:
    """Those of convolutions only."""
    if entry.takes.explicit != "no" and f"{entry.takes.explicit} as given" not in measured["numbers"]:
        yield f"numbers: declared {entry.takes.explicit}, measured {measured['numbers']}"
    for name, own in entry.takes.boundaries.items():
        told = filled(own) if name == CONSTANT else own
        if name not in measured["boundaries"].get(told, name).split(" or "):
            yield f"boundaries: {told} is declared {name}, measured {measured['boundaries'][told]}"


def _differs(name: str, declared: Any, measured: Any) -> Iterator[str]:
    if measured != declared and measured != "none":
        yield f"{name}: declared {declared}, measured {measured}"

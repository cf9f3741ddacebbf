"""Everything that the probes find of an entry point that moves a window, and where its declaration says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.canonical import layout
from harness.operations.card import Card, Fault
from harness.operations.windowed.probes import axes
from harness.operations.windowed.probes.algorithm import DIRECT, algorithm
from harness.operations.windowed.probes.by_numbers import negative
from harness.operations.windowed.probes.faults import Rules, faults, watched
from harness.operations.windowed.probes.integers import integers
from harness.operations.windowed.probes.padding import RULES
from harness.operations.windowed.probes.precision import precision
from harness.operations.windowed.probes.properties import IN_ORDER, NO_WORD, OF_LARGER, conventions
from harness.operations.windowed.probes.subject import Subject, usual_dtype
from harness.systems.asking import Asking, together
from harness.worker.entry import EntryPoint


def card(backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
    """Measures one entry point."""
    seen: list[Fault] = []
    entry = entry.at(usual_dtype(entry))
    found: Card = yield from watched(_measured(backend, version, entry, seen), seen)
    return found


def _measured(backend: str, version: str, entry: EntryPoint, seen: list[Fault]) -> Asking[Card]:
    found = yield from together({str(rank): axes.subject(entry, rank) for rank in entry.ranks})
    subjects = [each for each in found.values() if isinstance(each, Subject)]
    if not subjects:
        first = next(iter(found.values()))
        return Card(entry.name, backend, version, faults=seen, unreadable=first.reason, declined=first.declined)
    planar = next((subject for subject in subjects if subject.rank == 2), subjects[0])
    parts = yield from together({"conventions": conventions(subjects), "algorithm": algorithm(planar)})
    measured = parts["conventions"]
    dtypes = [dtype for dtype, answer in measured["dtypes"].items() if answer == dtype]
    rules = _rules(measured)
    more = yield from together(
        {
            "precision": precision(subjects[0], dtypes),
            "faults": faults(subjects, rules, dtypes),
            "integers": integers(planar, dtypes),
        }
    )
    measured["numbers"] += yield from negative(planar)
    return Card(
        entry.name,
        backend,
        version,
        measured,
        more["precision"],
        parts["algorithm"],
        [*more["faults"], *more["integers"], *seen, *_contradictions(entry, measured)],
        list(differences(entry, measured, parts["algorithm"])),
    )


def _rules(measured: dict[str, Any]) -> Rules:
    """What the padding words come to, as far as a known rule says it."""
    words = {name.removeprefix("padding "): found for name, found in measured.items() if name.startswith("padding ")}
    of = {
        word: found["fits"][0]
        for word, found in words.items()
        if found["fits"] and found["fits"][0] in RULES and found["boundary"] == "zero"
    }
    return Rules(of, frozenset(word for word in of if measured["kernel larger"].get(word) in words[word]["fits"]))


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
        yield Fault("a padding word that is none is not refused", call, excluded=True)
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
        yield from _differs("reversal", [entry.takes.reversal] * rank, measured["reversal"][rank])
    for name, word in entry.takes.words.items():
        found = measured[f"padding {name}"]
        if word.recipe not in found["fits"]:
            yield f"padding {name}: declared {word.recipe}, measured {found['rule'] or 'no known rule'}"
        if entry.takes.stride and word.strided == found["refuses"].startswith("a stride above 1"):
            refused = found["refuses"] or "nothing"
            yield f"padding {name}: strided is declared {word.strided}, measured: refuses {refused}"
    if entry.takes.explicit != "no" and f"{entry.takes.explicit} as given" not in measured["numbers"]:
        yield f"numbers: declared {entry.takes.explicit}, measured {measured['numbers']}"
    for name, own in entry.takes.boundaries.items():
        if name not in measured["boundaries"].get(own, name).split(" or "):
            yield f"boundaries: {own} is declared {name}, measured {measured['boundaries'][own]}"
    if entry.takes.groups == "any":
        yield from _differs("groups", IN_ORDER, measured["groups"])
    if entry.takes.groups != "one":
        yield from _differs("depthwise", IN_ORDER, measured["depthwise"])
    for dtype in entry.dtypes:
        yield from _differs(f"dtypes: {dtype}", dtype, measured["dtypes"].get(dtype, dtype))
    if entry.algorithm == "direct":
        yield from _differs("algorithm", DIRECT, algorithm["algorithm"])


def _differs(name: str, declared: Any, measured: Any) -> Iterator[str]:
    if measured != declared and measured != "none":
        yield f"{name}: declared {declared}, measured {measured}"

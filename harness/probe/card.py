"""The card of an entry point: everything that the probes found, and where its declaration says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from harness import layout
from harness.probe import axes
from harness.probe.algorithm import DIRECT, algorithm
from harness.probe.asking import Asking, together
from harness.probe.conventions import IN_ORDER, conventions
from harness.probe.faults import Fault, Rules, faults, watched
from harness.probe.padding import RULES
from harness.probe.precision import precision
from harness.probe.subject import Subject
from harness.worker.entry import EntryPoint


@dataclass(frozen=True)
class Card:
    """What was measured of one entry point; `unreadable` says why nothing could be.

    conventions, precision, algorithm: property -> finding. faults: what contradicts itself. differences: what the
    declaration says otherwise.
    """

    entry_point: str
    backend: str
    version: str
    conventions: dict[str, Any] = field(default_factory=dict)
    precision: dict[str, Any] = field(default_factory=dict)
    algorithm: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    unreadable: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def card(backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
    """Measures one entry point."""
    deaths: list[Fault] = []
    found: Card = yield from watched(_measured(backend, version, entry, deaths), deaths)
    return found


def _measured(backend: str, version: str, entry: EntryPoint, deaths: list[Fault]) -> Asking[Card]:
    found = yield from together({str(rank): axes.subject(entry, rank) for rank in entry.ranks})
    subjects = [each for each in found.values() if isinstance(each, Subject)]
    if not subjects:
        return Card(entry.name, backend, version, faults=deaths, unreadable=str(next(iter(found.values()))))
    planar = next((subject for subject in subjects if subject.rank == 2), subjects[0])
    parts = yield from together({"conventions": conventions(subjects), "algorithm": algorithm(planar)})
    measured = parts["conventions"]
    dtypes = [dtype for dtype, answer in measured["dtypes"].items() if answer == dtype]
    rules = _rules(measured)
    more = yield from together({"precision": precision(subjects[0], dtypes), "faults": faults(subjects, rules, dtypes)})
    return Card(
        entry.name,
        backend,
        version,
        measured,
        more["precision"],
        parts["algorithm"],
        [*more["faults"], *deaths],
        list(differences(entry, measured, parts["algorithm"])),
    )


def _rules(measured: dict[str, Any]) -> Rules:
    """What the padding words come to, as far as a known rule says it."""
    words = {name.removeprefix("padding "): found for name, found in measured.items() if name.startswith("padding ")}
    of = {word: found["fits"][0] for word, found in words.items() if found["fits"] and found["fits"][0] in RULES}
    return Rules(of, frozenset(word for word in of if measured["kernel larger"].get(word) in words[word]["fits"]))


def differences(entry: EntryPoint, measured: dict[str, Any], algorithm: dict[str, Any]) -> Iterator[str]:
    """Where the declaration of an entry point and what was measured differ; every sentence begins with the property."""
    for rank in entry.ranks:
        if rank not in measured["ranks"]:
            yield f"ranks: {rank} is declared and cannot be read"
            continue
        for role, letters in (("input", entry.input), ("kernel", entry.kernel), ("output", entry.output)):
            yield from _differs(role, layout.expand(letters, rank), measured[role][rank])
        yield from _differs("reversal", [entry.reversal] * rank, measured["reversal"][rank])
    for name, word in (entry.words or {}).items():
        found = measured[f"padding {name}"]
        if word.recipe not in found["fits"]:
            yield f"padding {name}: declared {word.recipe}, measured {found['rule'] or 'no known rule'}"
        if found["exceptional"] and entry.together:
            exception = found["exceptions"][0]
            yield f"padding {name}: {found['exceptional']} sizes are not {found['rule']}, first {exception}"
        if entry.stride and word.strided == found["refuses"].startswith("a stride above 1"):
            refused = found["refuses"] or "nothing"
            yield f"padding {name}: strided is declared {word.strided}, measured: refuses {refused}"
    if entry.explicit != "no" and f"{entry.explicit} as given" not in measured["numbers"]:
        yield f"numbers: declared {entry.explicit}, measured {measured['numbers']}"
    for name, own in (entry.boundaries or {}).items():
        if name not in measured["boundaries"].get(own, name).split(" or "):
            yield f"boundaries: {own} is declared {name}, measured {measured['boundaries'][own]}"
    if entry.groups == "any":
        yield from _differs("groups", IN_ORDER, measured["groups"])
    if entry.groups != "one":
        yield from _differs("depthwise", IN_ORDER, measured["depthwise"])
    for dtype in entry.dtypes:
        yield from _differs(f"dtypes: {dtype}", dtype, measured["dtypes"].get(dtype, dtype))
    if entry.algorithm == "direct":
        yield from _differs("algorithm", DIRECT, algorithm["algorithm"])


def _differs(name: str, declared: Any, measured: Any) -> Iterator[str]:
    if measured != declared and measured != "none":
        yield f"{name}: declared {declared}, measured {measured}"

"""The card of an entry point that is told by settings: what its output follows on coded data.

Each call that its declaration allows is made on whole and on broken numbers of both signs. What comes back is held
against the settings that the call should have, and against the alternatives that the operation knows: all that fit are
told, since what the data cannot tell apart nobody measured.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.operations.by_settings.own_names import Layer, alternatives, at_rank, form_of, name_of, restating
from harness.operations.by_settings.seeing import named
from harness.operations.card import Card, Fault
from harness.parent.asking import Asking, Question
from harness.parent.outcome import Answered, Declined, Outcome
from harness.rounding.compare import distance
from harness.rounding.formats import FLOAT32
from harness.rounding.ladder import Ladder
from harness.worker.entry import EntryPoint

AS_DECLARED = "as declared"
NARROW = "as declared, to the digits of float32"
SINGLE = "float64 data are computed with constants or parts of float32"
UNMEASURED = "not measured for this operation"
MOST = 40
"""Calls of one entry point."""


def precision(layer: Any, entry: EntryPoint) -> Asking[tuple[dict[str, Any], str]]:
    """What a function keeps of its numbers, and below what whole ones are exact, where an operation measures it."""
    if not hasattr(layer, "precision"):
        yield from ()
        return {}, UNMEASURED
    found: tuple[dict[str, Any], str] = yield from layer.precision(entry)
    return found


class Measuring:
    """The probes of one operation."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def card(self, backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
        """Measures one entry point; one whose declaration says too little for that has no card but the reason."""
        try:
            return (yield from self._card(backend, version, entry))
        except KeyError as missing:
            (key,) = missing.args
            if key not in self._layer.SETTINGS:
                raise
            reason = f"its declaration says nothing of {key}; name it in demands, keeps, words or free"
            return Card(entry.name, backend, version, unreadable=reason, operation=self._layer.NAME)

    def _card(self, backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
        trials = list(self._trials(entry))
        outcomes = yield [_question(entry, form, told) for form, told in trials]
        answered = [pair for pair in zip(trials, outcomes) if isinstance(pair[1], Answered)]
        if not answered:
            reason = next((_reason(each) for each in outcomes), "none that is tried is one of its own")
            declined = bool(outcomes) and all(isinstance(each, Declined) for each in outcomes)
            return Card(
                entry.name,
                backend,
                version,
                unreadable=f"answers no call: {reason}",
                declined=declined,
                operation=self._layer.NAME,
            )
        follows, differences, faults, dtypes = {}, [], [], {}
        for (form, _), outcome in zip(trials, outcomes):
            call = f"{self._layer.words(form.settings)}, {form.x.dtype.name}"
            found = self._follows(entry, form, outcome)
            follows[call] = found
            dtypes[form.x.dtype.name] = str(outcome.array.dtype) if isinstance(outcome, Answered) else "refused"
            if found == NARROW:
                faults.append(Fault(SINGLE, call, excluded=True))
            elif found != AS_DECLARED:
                differences.append(f"{call}: declared so, measured {found}")
        kept, exact = yield from precision(self._layer, entry)
        algorithm = {"algorithm": UNMEASURED, "integers exact below": exact}
        known = {"follows": follows, "dtypes": dtypes}
        return Card(
            entry.name, backend, version, known, kept, algorithm, faults, differences, operation=self._layer.NAME
        )

    def _trials(self, entry: EntryPoint) -> Iterator[tuple[Settled, dict[str, Any]]]:
        """Forms that the declaration allows, and what is told of them in its own words."""
        said = restating(self._layer)
        for dtype in entry.dtypes:
            every = ((self._form(entry, settings, dtype), told) for settings, told in self._calls(entry))
            allowed = (each for each in every if not any(said.limits(each[0], entry)))
            yield from itertools.islice(allowed, MOST // len(entry.dtypes))

    def _calls(self, entry: EntryPoint) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Settings of each call: every word, and some values of what is free, or none of it."""
        takes = at_rank(entry, max(entry.ranks)).takes
        choices = [[(key, value, own) for value, own in words.items()] for key, words in takes.words.items()]
        choices += [[(key, value, value) for value in self._tried(key, entry)] for key in takes.free]
        fixed = {**takes.demands, **takes.keeps}
        for chosen in itertools.product(*choices):
            given = [each for each in chosen if each[1] is not None]
            settings = {**fixed, **{key: self._value(key, value) for key, value, _ in given}}
            yield settings, {key: own for key, _, own in given}

    def _tried(self, key: str, entry: EntryPoint) -> list[Any]:
        """Values of a setting along all axes of the highest rank of a function."""
        said = restating(self._layer)
        return [said.along(key, value, max(entry.ranks)) for value in self._layer.TRIED[key]]

    def _value(self, key: str, value: Any) -> Any:
        """A value of a setting as a case has it, from its text."""
        return {"True": True, "False": False}.get(value, value) if isinstance(value, str) else value

    def _form(self, entry: EntryPoint, settings: dict[str, Any], dtype: str) -> Settled:
        arrays = {
            name_of(role): np.asarray(each).astype(dtype) for role, each in self._layer.coded(entry, settings).items()
        }
        return form_of(self._layer, arrays, settings)

    def _follows(self, entry: EntryPoint, form: Settled, outcome: Outcome) -> str:
        """In words, what the output follows."""
        if not isinstance(outcome, Answered):
            return _reason(outcome)
        try:
            letters = layout.expand(entry.layouts["output"], form.rank)
            y = layout.to_canonical(outcome.array, letters, "output", form.rank)
        except layout.LayoutError as error:
            return str(error)
        if _fits(form, y):
            return AS_DECLARED
        if form.x.dtype == np.float64 and _fits(form, y, FLOAT32.u):
            return NARROW
        found = [named(each) for each in alternatives(self._layer, form) if _fits(form.with_settings(**each), y)]
        return " or ".join(found) or "no settings that are known here"


def _reason(outcome: Outcome) -> str:
    """Why there is no answer, in one line."""
    told = "" if isinstance(outcome, Answered) else outcome.reason
    return told.splitlines()[0] if told else "no answer"


def _question(entry: EntryPoint, form: Settled, told: dict[str, Any]) -> Question:
    roles = {"x": "input", "w": "kernel"}
    arrays = {}
    for name, values in form.arrays.items():
        role = roles.get(name, name)
        letters = entry.layouts.get(role)
        arrays[role] = (
            values if letters is None else layout.from_canonical(values, layout.expand(letters, form.rank), role)
        )
    return Question(entry, arrays, told)


def _fits(form: Settled, y: np.ndarray, u: float = 0.0) -> bool:
    """Whether an output is within its bounds of what a form gives, or within those of a unit roundoff u."""
    if y.shape != form.output_shape or y.dtype.kind not in "iuf":
        return False
    ladder = Ladder.of(form, magnitudes(form), evaluate(form), str(y.dtype))
    apart = distance(y, ladder.expected)
    if u:
        return bool((apart <= ladder.by_formula(ladder.rungs[-1], u)).all())
    return ladder.fit(apart, algorithm="direct") is not None

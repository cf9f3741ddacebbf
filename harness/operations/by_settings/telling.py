"""What reports show of an operation that is told by settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.canonical.layout import expand
from harness.canonical.settled import BIAS
from harness.grammar.forms import demand
from harness.operations.by_settings.letter_pictures import letters
from harness.operations.by_settings.own_names import Layer, at_rank
from harness.operations.panels import Picture
from harness.operations.transforms.number_pictures import functions
from harness.operations.transforms.sayings import shown
from harness.worker.entry import EntryPoint
from harness.worker.says import hashable

Found = Mapping[str, Any]


FEW = 2
"""Calls that follow the same up to which a table names each."""


class Telling:
    """What reports show of one operation."""

    EXAMPLE = "a setting that has another value by default"
    AS_WRITTEN = "its own words for the settings, the arrays as they are"
    DECLARED = "**Keeps**: what the function has no argument for, and always does so."
    DECLARED_LEGEND = """\
**Computes**: what a case must mean for the function to be asked. **Takes**: settings that it is told. **Keeps**: what
it has no argument for and always does so, which shows as a convention where a case means otherwise."""
    DECLARED_HEADS: Sequence[str] = ("computes", "takes", "keeps", "axes")
    MEASURED = (
        "**Follows**: the settings that the output follows on coded data, as they were told or are by themselves. "
        "Of several calls that follow the same the first and the last one stand there."
    )
    MEASURED_HEADS: Sequence[str] = ("follows", "differs", "dtypes")
    HABITS: Mapping[str, str] = {"keeps": "always so, as there is no argument for it"}
    QUESTIONS: Mapping[str, str] = {}
    CLAIMS: Mapping[str, str] = {}
    RULE = "what it comes to"

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self.SETTINGS_FORM: Mapping[str, Any] = {"dtype": str}

    def conventions_form(self, place: str, found: Any) -> None:
        """What a card says of conventions: by the call."""
        demand(place, found, {"follows": {"*": str}, "dtypes": {"*": str}})

    def settings(self, told: Found) -> str:
        """The settings of a case in one line."""
        said = {key: hashable(value) for key, value in told.items() if key != BIAS}
        return f"{self._layer.words(said)}, {told['dtype']}{', bias' if BIAS in told else ''}"

    def pictures(self, case: Found, changes: Iterable[Found]) -> Iterable[Picture]:
        """Of settings that are letters of axes, and of a function of each value; others are words or numbers."""
        for change in changes:
            yield from letters(case, change)
            if self._layer.POINTWISE and change.get("id") in self._layer.SETTINGS:
                yield from functions(self._layer.formula, case["settings"], change)

    def examples(self) -> Iterable[tuple[str, Picture]]:
        """There are none."""
        return ()

    def declared(self, entry: EntryPoint) -> list[str]:
        """The cells of a declaration under DECLARED_HEADS."""
        rank = min(2, max(entry.ranks))
        takes = at_rank(entry, rank).takes
        return [
            _pairs(takes.demands) or self._layer.NAME.replace("_", " "),
            "; ".join([*takes.free, *(f"{key}: {', '.join(words)}" for key, words in takes.words.items())])
            or "nothing",
            _pairs(takes.keeps) or "nothing",
            ", ".join(expand(letters, rank) for letters in entry.layouts.values()),
        ]

    def measured(self, card: Found) -> list[str]:
        """The cells of a card under MEASURED_HEADS."""
        found = card["conventions"]
        calls: dict[str, list[str]] = {}
        for call, words in found["follows"].items():
            calls.setdefault(words, []).append(call)
        told = [_follows(words, each) for words, each in calls.items()]
        return ["\n".join(told), "\n".join(card["differences"]) or "nothing", _pairs(found["dtypes"])]

    def conventions(self, found: Found) -> Iterator[tuple[str, str]]:
        """(property, finding) of the conventions of a card."""
        yield from found["follows"].items()
        yield "dtypes", _pairs(found["dtypes"])

    def rules(self, found: Found) -> dict[str, str]:
        """There are no rules behind the words."""
        return {}


def _follows(words: str, calls: Sequence[str]) -> str:
    """What some calls follow, in a line."""
    if len(calls) <= FEW:
        return f"{words}: {'; '.join(calls)}"
    return f"{words}: {len(calls)} calls; {calls[0]}; ...; {calls[-1]}"


def _pairs(found: Found) -> str:
    return ", ".join(f"{key} {shown(value)}" for key, value in found.items())

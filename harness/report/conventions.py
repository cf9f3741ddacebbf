"""The conventions of all entry points in one table: as measured where a run has cards, else as declared.

`python -m harness.report.conventions > docs/conventions.md` writes the page of all of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.backends import TABLE
from harness.canonical.layout import expand
from harness.operations import USUAL
from harness.report import cards
from harness.report.prose import DECLARED, MEASURED
from harness.report.tables import named
from harness.worker.entry import EntryPoint, Word, from_json

HEADS = (
    "entry point",
    "computes",
    "input, kernel, output",
    "its word for `same`, and what that is",
    "padding by numbers",
    "stride",
    "dilation",
    "groups",
    "boundaries",
)
SAME = ("same", "same_upper", "same_lower")
RECIPES = {
    "same_upper": "odd sample on the high side",
    "same_lower": "odd sample on the low side",
    "same_half": "centre at k // 2",
    "half": "k // 2 on both sides",
}
INTRODUCTION = """\
# Conventions of each framework

What each entry point declares, and what `tests/test_backends.py` holds against the numbers that it computes. This page
is generated: `python -m harness.report.conventions > docs/conventions.md`.

**Computes**: convolution reads the kernel backwards along every spatial axis (rotated by 180 degrees in 2-D);
cross-correlation, which deep learning calls convolution, does not. Layouts: N batch, C channel, O output channel, I
input channel per group, D H W space. **Its word for `same`**: where the sample more goes when the total of the padding
is odd. "Centre at k // 2" and "odd sample on the high side" are the same for odd kernels at stride 1, and one sample
apart for even ones. What a function does not take (a stride, uneven padding), the harness does by a named transform."""


class Section(NamedTuple):
    """What a report says of conventions: a text of `harness.report.prose`, and plain texts.

    rows: under `heads`, the name of an entry point first; a cell may have several lines. remarks: stand below.
    """

    about: str
    heads: Sequence[str]
    rows: list[list[str]]
    remarks: list[str]


def section(header: Mapping[str, Any]) -> Section | None:
    """The section on a run with this header, None where it says nothing of entry points."""
    if measured := header.get("cards"):
        return Section(MEASURED, cards.HEADS, cards.rows(measured), list(_remarks(measured)))
    if declared := header.get("entry_points"):
        return Section(DECLARED, HEADS, rows(declared), [])
    return None


def _remarks(measured: Sequence[cards.Found]) -> Iterator[str]:
    for rule, formula in cards.rules(measured).items():
        yield f"{rule}: (low, high) = {formula}"
    for name, words, call in cards.faults(measured):
        yield f"{name} contradicts itself: {words}; {call}"
    for name, reason in cards.unreadable(measured).items():
        yield f"{name} was not measured: {reason}"


def rows(declarations: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """A row of plain texts under HEADS for each declaration (`EntryPoint.as_json`)."""
    entries = map(from_json, declarations)
    return [_row(entry) for entry in entries if entry.operation == USUAL]


def document() -> str:
    """The page of all declarations in the table of backends; imports no framework."""
    return f"{INTRODUCTION}\n\n{named(rows(_declared()), HEADS)}\n"


def _declared() -> Iterator[dict[str, Any]]:
    for backend in TABLE.values():
        for entry in importlib.import_module(backend.module).ENTRY_POINTS:
            yield entry.as_json()


def _row(entry: EntryPoint) -> list[str]:
    takes = entry.takes
    return [
        entry.name,
        "convolution" if takes.reversal else "cross-correlation",
        _layouts(entry),
        _same(takes.words),
        {"uneven": "low and high", "even": "the same on both sides"}.get(takes.explicit, "no"),
        "yes" if takes.stride else "no",
        "yes" if takes.dilation else "no",
        takes.groups,
        ", ".join(takes.boundaries),
    ]


def _layouts(entry: EntryPoint) -> str:
    """The layouts for the lowest rank that is neither 1 nor 3, if there is one."""
    rank = 2 if 2 in entry.ranks else entry.ranks[0]
    return ", ".join(expand(letters, rank) for letters in entry.layouts.values())


def _same(known: Mapping[str, Word]) -> str:
    """The words for `same`, and what they come to."""
    told: dict[str, None] = {}
    for native, recipe, strided, *_ in (known[word] for word in SAME if word in known):
        own = f"{native}: " if native else ""
        limit = "" if strided else ", stride 1 only"
        told[f"{own}{RECIPES.get(recipe, recipe)}{limit}"] = None
    return "; ".join(told) or "none"


if __name__ == "__main__":
    print(document(), end="")

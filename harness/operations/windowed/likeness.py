"""Which known functions compute what was measured of a user's own program, and what is to be changed for the others.

What a known function computes is what it declares; tests hold every declaration against what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.worker.entry import EntryPoint

Found = Mapping[str, Any]

FIRST = ("torch", "tensorflow", "theano", "scipy", "numpy", "jax")
"""First parts of the names of functions that most people know, best first."""
MOST = 6
"""Functions that the sentence on further ones names."""
PLAIN = "valid"
"""The rule of a program that pads nothing, which functions have without being told."""


def sentences(found: Found, entries: Iterable[EntryPoint]) -> Iterator[str]:
    """What to say of the conventions of a card beside functions of the same operation, the main thing last."""
    rank = found["ranks"][-1]
    flags = set(found["reversal"][rank])
    usable = (entry for entry in entries if rank in entry.ranks and entry.takes.groups != "depthwise")
    known = sorted(usable, key=_fame)
    if len(flags) != 1 or not known:
        return
    (backwards,) = flags
    rules, boundary = _rules(found), _boundary(found)
    padding = [entry for entry in known if _pads(entry, rules, boundary)]
    same = [_named(entry, rules, boundary) for entry in padding if entry.takes.reversal == backwards]
    other = [_named(entry, rules, boundary) for entry in padding if entry.takes.reversal != backwards]
    if same[1:]:
        yield f"equal, too: {', '.join(same[1:MOST])}"
    if other[1:]:
        yield f"equal once the kernel is reversed: {', '.join(other[1:MOST])}"
    if same and other:
        yield f"equals {same[0]}; to match {other[0]} reverse the kernel"
    elif same or other:
        yield f"equals {same[0]}" if same else f"to match {other[0]} reverse the kernel"
    else:
        read = next(entry for entry in known if entry.takes.reversal == backwards)
        yield f"reads the kernel as `{read.name}` does; no function that is known here pads as it does"


def _fame(entry: EntryPoint) -> int:
    first = entry.name.split(".")[0]
    return FIRST.index(first) if first in FIRST else len(FIRST)


def _rules(found: Found) -> Sequence[str]:
    """The rules that the padding of a program fits which is told nothing, or its first word."""
    padding = next((rule for name, rule in found.items() if name.startswith("padding ")), None)
    if padding is None:
        return (PLAIN,)
    return () if padding["exceptional"] else tuple(padding["fits"])


def _boundary(found: Found) -> str:
    """What it pads with."""
    return next((rule["boundary"] for name, rule in found.items() if name.startswith("padding ")), "zero")


def _pads(entry: EntryPoint, rules: Sequence[str], boundary: str) -> bool:
    """Whether an entry point can be told to pad so."""
    plain = PLAIN in rules and entry.takes.explicit != "no"
    return boundary in entry.takes.boundaries and (
        plain or any(own.recipe in rules for own in entry.takes.words.values())
    )


def _word(entry: EntryPoint, rules: Sequence[str]) -> str | None:
    """Its own word for the padding with which it does."""
    return next((own.native for own in entry.takes.words.values() if own.recipe in rules), None)


def _named(entry: EntryPoint, rules: Sequence[str], boundary: str) -> str:
    """The function, and what it must be told to pad so."""
    native = None if PLAIN in rules else _word(entry, rules)
    told = [f"padding {native!r}"] if native else []
    told += [f"boundary {entry.takes.boundaries[boundary]!r}"] if boundary != "zero" else []
    return f"`{entry.name}`" + (f" with {', '.join(told)}" if told else "")

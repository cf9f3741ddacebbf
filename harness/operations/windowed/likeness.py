"""Which known functions compute what was measured of a user's own program, and what is to be changed for the others.

What a known function computes is what it declares; tests hold every declaration against what is measured.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.canonical.layout import SPATIAL, expand
from harness.operations.card import Card
from harness.operations.windowed import padding_told
from harness.operations.windowed.digits_kept import Kept, kept
from harness.operations.windowed.padding_told import Padding
from harness.worker.entry import EntryPoint

Found = Mapping[str, Any]

FIRST = ("torch", "tensorflow", "theano", "scipy", "numpy", "jax")
"""First parts of the names of functions that most people know, best first."""
MOST = 6
"""Functions that the sentence on further ones names."""
EQUAL = "="
"""Stands for no axis along which a kernel is to be reversed."""
ROLES = ("input", "kernel", "output")


def sentences(card: Card, entries: Iterable[EntryPoint]) -> Iterator[str]:
    """What to say of a card beside functions of the same operation, the main thing last.

    A function that keeps fewer digits than its data have equals none that keeps them: probes ask mostly for sums of
    small whole numbers, which do not tell. One that contradicts itself is beside nothing.
    """
    digits = kept(card)
    if all(fault.excluded for fault in card.faults):
        yield from _beside(card.conventions, list(entries), _claim(digits))
    if digits and not digits.equal and card.precision:
        yield f"{digits.words}: on data that need more it differs; compute in float32 or float64 to match"


def of_sums(card: Card, entries: Iterable[EntryPoint]) -> Iterator[str]:
    """What to say of a card whose conventions are those of its sums, of which something is made."""
    yield from _beside(card.conventions, list(entries), Claim("its sums equal", "its sums equal"))
    yield f"of a sum y it makes {card.ending}; to match, do so behind that function, too, or leave it out here"


class Claim(NamedTuple):
    """What is said of a function: that it `verb`s the best known one `on` some data, and, in `many`, further ones."""

    verb: str = "equals"
    many: str = "equal"
    on: str = ""


def _claim(digits: Kept | None) -> Claim:
    """That a function equals others on data of which it keeps everything; or else that its convention is theirs."""
    if digits is None:
        return Claim()
    if digits.equal:
        return Claim(many=f"on {digits.equal} data, equal", on=f" on {digits.equal} data: it {digits.words}")
    return Claim("has the convention of", "of the same convention")


def _beside(found: Found, entries: Sequence[EntryPoint], claim: Claim) -> Iterator[str]:
    """Which known functions have conventions that were found, the best known ones last."""
    rank = found["ranks"][-1]
    usable = (entry for entry in entries if rank in entry.ranks and entry.takes.groups != "depthwise")
    known = sorted(usable, key=_fame)
    if not found["reversal"][rank] or not known:
        return
    known = [entry for entry in known if entry.takes.stride or not found.get("strided")] or known
    for padding in padding_told.found_in(found):
        if having := [entry for entry in known if padding.has(entry)]:
            yield from _said(having, padding, found, claim)
            return
    yield f"reads the kernel {_as(known, found)}{_moved(found)}; no function that is known here pads as it does"


def _said(having: Sequence[EntryPoint], padding: Padding, found: Found, claim: Claim) -> Iterator[str]:
    """What to say of functions that pad as the program does."""
    ways: dict[str, list[EntryPoint]] = {}
    for entry in having:
        ways.setdefault(_turned(entry, found), []).append(entry)
    ordered = sorted(ways, key=lambda along: along != EQUAL)
    for along in ordered:
        yield from _further(along, ways[along][1:MOST], padding, found, claim)
    named = {along: _named(ways[along][0], padding, _axes(ways[along][0], found)) for along in ordered}
    yield _first(named, padding.before, _moved(found), claim)


def _further(along: str, entries: Sequence[EntryPoint], padding: Padding, found: Found, claim: Claim) -> Iterator[str]:
    """Functions that are equal once the kernel is reversed along some axes."""
    many = f"then {claim.many}" if found.get("moved") else claim.many
    many += " of an input so padded" if padding.before else ""
    once = ", too" if along == EQUAL else f" once the kernel is reversed{along}"
    own = ", by their own axes" if any(_axes(entry, found) for entry in entries) else ""
    if entries:
        yield f"{many}{once}{own}: {', '.join(_named(entry, padding) for entry in entries)}"


def _first(named: Mapping[str, str], before: str, moved: str, claim: Claim) -> str:
    """The best known function, and what to change for the best known of those that read the kernel otherwise."""
    first = next(iter(named))
    named = {**named, first: f"{named[first]}{before}"}
    others = [f"to match {name} reverse the kernel{along}" for along, name in named.items() if along != EQUAL]
    if first != EQUAL:
        return f"{'; '.join(others)}{moved.replace(' once', ', once')}{claim.on}"
    too = ", too" if moved else ""
    return "; ".join([f"{claim.verb} {named[EQUAL]}{moved}{claim.on}", *(f"{each}{too}" for each in others)])


def _turned(entry: EntryPoint, found: Found) -> str:
    """In words, along which axes the kernel is to be reversed for an entry point, "" for all of them."""
    rank = found["ranks"][-1]
    flags = [flag != entry.takes.reversal for flag in found["reversal"][rank]]
    if all(flags):
        return ""
    return f" along {' and '.join(itertools.compress(SPATIAL[rank], flags))}" if any(flags) else EQUAL


def _as(known: Sequence[EntryPoint], found: Found) -> str:
    """How the kernel is read, by the best known function that reads it so."""
    same = [entry.name for entry in known if _turned(entry, found) == EQUAL]
    return f"as `{same[0]}` does" if same else "backwards along some axes only"


def _axes(entry: EntryPoint, found: Found) -> str:
    """The axes of a function whose order is another than that of the program, "" where it is the same.

    Those of the program are as they were said where it has moved them: that is told by itself.
    """
    rank = found["ranks"][-1]
    said = {role: letters for role, (letters, _) in found.get("moved", {}).items()}
    own = {role: said.get(role, found[role][rank]) for role in ROLES if role in found}
    letters = {role: expand(entry.layouts[role], rank) for role in own}
    return "" if all(_in_order(own[role], letters[role]) for role in own) else ",".join(letters.values())


def _in_order(some: str, letters: str) -> bool:
    return [each for each in some if each in letters] == [each for each in letters if each in some]


def _moved(found: Found) -> str:
    """Which axes are to be exchanged before others can be equal: those that it has in another order than was said."""
    pairs = [f"of the {role} ({said} to {own})" for role, (said, own) in found.get("moved", {}).items()]
    return f" once the axes {' and '.join(pairs)} are exchanged" if pairs else ""


def _fame(entry: EntryPoint) -> int:
    first = entry.name.split(".")[0]
    return FIRST.index(first) if first in FIRST else len(FIRST)


def _named(entry: EntryPoint, padding: Padding, axes: str = "") -> str:
    """The function, what it must be told to pad so, and the order of axes that it has."""
    said = [*padding.told(entry), *([f"the axes as {axes}"] if axes else [])]
    return f"`{entry.name}`" + (f" with {', '.join(said)}" if said else "")

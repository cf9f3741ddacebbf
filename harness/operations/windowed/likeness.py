"""Which known functions compute what was measured of a user's own program, and what is to be changed for the others.

What a known function computes is what it declares; tests hold every declaration against what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.operations.card import Card
from harness.operations.windowed.digits_kept import Kept, kept
from harness.operations.windowed.probes.padding_rules import BY
from harness.worker.entry import EntryPoint, Word

Found = Mapping[str, Any]

FIRST = ("torch", "tensorflow", "theano", "scipy", "numpy", "jax")
"""First parts of the names of functions that most people know, best first."""
MOST = 6
"""Functions that the sentence on further ones names."""
PLAIN = "valid"
"""The rule of a program that pads nothing."""


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
    flags = set(found["reversal"][rank])
    usable = (entry for entry in entries if rank in entry.ranks and entry.takes.groups != "depthwise")
    known = sorted(usable, key=_fame)
    if len(flags) != 1 or not known:
        return
    (backwards,) = flags
    rules, boundary, moved, strided = _rules(found), _boundary(found), _moved(found), bool(found.get("strided"))
    known = [entry for entry in known if entry.takes.stride or not strided] or known
    padding = [entry for entry in known if _pads(entry, rules, boundary, strided)]
    same = [_named(entry, rules, boundary, strided) for entry in padding if entry.takes.reversal == backwards]
    other = [_named(entry, rules, boundary, strided) for entry in padding if entry.takes.reversal != backwards]
    too = f"then {claim.many}" if moved else claim.many
    if same[1:]:
        yield f"{too}, too: {', '.join(same[1:MOST])}"
    if other[1:]:
        yield f"{too} once the kernel is reversed: {', '.join(other[1:MOST])}"
    if same and other:
        reverse = f"to match {other[0]} reverse the kernel{', too' if moved else ''}"
        yield f"{claim.verb} {same[0]}{moved}{claim.on}; {reverse}"
    elif same:
        yield f"{claim.verb} {same[0]}{moved}{claim.on}"
    elif other:
        yield f"to match {other[0]} reverse the kernel{moved.replace(' once', ', once')}{claim.on}"
    else:
        read = next(entry for entry in known if entry.takes.reversal == backwards)
        yield f"reads the kernel as `{read.name}` does{moved}; no function that is known here pads as it does"


def _moved(found: Found) -> str:
    """Which axes are to be exchanged before others can be equal: those that it has in another order than was said."""
    pairs = [f"of the {role} ({said} to {own})" for role, (said, own) in found.get("moved", {}).items()]
    return f" once the axes {' and '.join(pairs)} are exchanged" if pairs else ""


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


def _pads(entry: EntryPoint, rules: Sequence[str], boundary: str, strided: bool) -> bool:
    """Whether an entry point can be told to pad so, beside a stride where there is one."""
    numbers = _number(rules) is not None or PLAIN in rules
    told = (numbers and entry.takes.explicit != "no") or _word(entry, rules, strided) is not None
    return boundary in entry.takes.boundaries and told


def _word(entry: EntryPoint, rules: Sequence[str], strided: bool) -> Word | None:
    """Its word for the padding with which it does, beside a stride where there is one."""
    words = (own for own in entry.takes.words.values() if own.strided or not strided)
    return next((own for own in words if own.recipe in rules), None)


def _number(rules: Sequence[str]) -> str | None:
    """The number of samples that are padded on every side, whatever the kernel."""
    return next((rule.removeprefix(BY) for rule in rules if rule.startswith(BY) and rule[len(BY) :].isdecimal()), None)


def _named(entry: EntryPoint, rules: Sequence[str], boundary: str, strided: bool) -> str:
    """The function, and what it must be told to pad so and with that, as it does otherwise by itself."""
    word, number = _word(entry, rules, strided), _number(rules)
    told = {"padding": word.native if word else None}
    if not (word and word.recipe == PLAIN):  # what nothing is padded with does not matter
        told["boundary"] = entry.takes.boundaries[boundary]
    said = [
        f'{keyword}="{own}"'
        for key, own in told.items()
        for keyword, usual in [_usual(entry, key)]
        if own and own != usual
    ]
    if number and not word:
        said.insert(0, f"a padding of {number} on every side")
    return f"`{entry.name}`" + (f" with {', '.join(said)}" if said else "")


def _usual(entry: EntryPoint, setting: str) -> tuple[str, str | None]:
    """The parameter by which it is told a setting, and the word that it takes where none is said."""
    plain = next((own.native for own in entry.takes.words.values() if own.recipe == PLAIN), None)
    usual = {"padding": plain, "boundary": entry.takes.boundaries.get("zero")}
    keyword, said, left_out = entry.takes.keywords.get(setting, setting).partition("=")
    return keyword, left_out if said else usual[setting]

"""What a user's own program pads, and how a known function is told to pad so, or what is padded before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.canonical.layout import SPATIAL
from harness.operations.windowed.probes.padding_rules import BY, MOVED, OF_AXIS
from harness.worker.entry import EntryPoint, Word

Found = Mapping[str, Any]

PLAIN = "valid"
"""The rule of a program that pads nothing."""
SIZE = "e the size of the kernel"
"""What stands in the formulas of rules."""


class Padding(NamedTuple):
    """The rules that a padding fits, what is padded, and whether a stride may stand beside it.

    before: in words, what is padded before the function is called.
    """

    rules: Sequence[str]
    boundary: str
    strided: bool
    before: str = ""

    def has(self, entry: EntryPoint) -> bool:
        """Whether an entry point can be told to pad so, beside a stride where there is one."""
        numbers = self._number is not None or PLAIN in self.rules
        told = (numbers and entry.takes.explicit != "no") or self._word(entry) is not None
        return self.boundary in entry.takes.boundaries and told

    def told(self, entry: EntryPoint) -> Iterator[str]:
        """What it must be told to pad so and with that, as it does otherwise by itself."""
        word, number = self._word(entry), self._number
        told = {"padding": word.native if word else None}
        if not (word and word.recipe == PLAIN):  # what nothing is padded with does not matter
            told["boundary"] = entry.takes.boundaries[self.boundary]
        if number and not word:
            yield f"a padding of {number} on every side"
        for key, own in told.items():
            keyword, usual = _usual(entry, key)
            if own and own != usual:
                yield f'{keyword}="{own}"'

    def _word(self, entry: EntryPoint) -> Word | None:
        """Its word for the padding with which it does."""
        words = (own for own in entry.takes.words.values() if own.strided or not self.strided)
        return next((own for own in words if own.recipe in self.rules), None)

    @property
    def _number(self) -> str | None:
        """The number of samples that are padded on every side, whatever the kernel."""
        numbers = (rule.removeprefix(BY) for rule in self.rules if rule.startswith(BY))
        return next((number for number in numbers if number.isdecimal()), None)


def found_in(found: Found) -> Iterator[Padding]:
    """The padding of a program that is told nothing, or its first word; then none, behind that which it does."""
    strided = bool(found.get("strided"))
    rule: Found = next((rule for name, rule in found.items() if name.startswith("padding ")), {})
    if not rule:
        yield Padding((PLAIN,), "zero", strided)
        return
    yield Padding(() if rule["exceptional"] else tuple(rule["fits"]), rule["boundary"], strided)
    if words := _in_words(rule):
        border = "" if rule["boundary"] == "zero" else f" with boundary {rule['boundary']}"
        size = f", {SIZE}" if "e " in words or "e)" in words else ""
        crops = ", below zero cropped" if "(-" in words or ", -" in words else ""
        told = f"padded by {words}{border} (before, behind{crops}{size})"
        yield Padding((PLAIN,), "zero", strided, f" of an input that is {told}")


def _in_words(rule: Found) -> str:
    """(before, behind) of all axes, or of each; "" where no rule says it."""
    if along := rule.get("along"):
        pairs = [_pair(each) for each in along]
        letters = SPATIAL[len(pairs)]
        return pairs[0] if len(set(pairs)) == 1 else " and ".join(map(" along ".join, zip(pairs, letters)))
    return _pair(rule) if rule.get("rule") and not rule["exceptional"] else ""


def _pair(rule: Found) -> str:
    """The shortest of the rules that it fits."""
    formulas = {name: OF_AXIS[name.partition(MOVED)[0]][1] for name in rule["fits"]}
    name = min(formulas, key=lambda each: (MOVED in each, len(formulas[each]), each))
    _, _, moved = name.partition(MOVED)
    return f"{formulas[name]}{f' moved by {moved}' if moved else ''}"


def _usual(entry: EntryPoint, setting: str) -> tuple[str, str | None]:
    """The parameter by which it is told a setting, and the word that it takes where none is said."""
    plain = next((own.native for own in entry.takes.words.values() if own.recipe == PLAIN), None)
    usual = {"padding": plain, "boundary": entry.takes.boundaries.get("zero")}
    keyword, said, left_out = entry.takes.keywords.get(setting, setting).partition("=")
    return keyword, left_out if said else usual[setting]

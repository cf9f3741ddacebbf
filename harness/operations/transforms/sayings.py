"""Other values of a setting in words: what to do, and what the system did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.canonical.settled import LEFT_OUT, NEGATED, TWICE
from harness.canonical.window import pairs_text

SYSTEM = "the system "
"""What begins what it did."""
FEW = 2
"""Other settings that are told in words; more of them are listed as a case file has them."""
MOST = 8
"""Numbers of a setting that are shown; of more the first ones are."""


@dataclass(frozen=True)
class Saying:
    """How an operation tells a setting. do, did: with {it} for what the setting is about, {} for its value.

    it: what it is about, the key with an article where nothing is said; pronoun: its second mention. noun: what the key
    is called beside others, where that is not its own words. values: what stands for some values. letters: whether
    values are letters of axes. whole: values (None for one of which no case has a word) that one sentence tells.
    unmeant: what is said of any value of what no case states, with {} for the value.
    """

    do: str = "set {it} to {}"
    did: str = "set {it} to {}"
    it: str = ""
    values: Mapping[Any, str] = field(default_factory=dict)
    pronoun: str = "it"
    noun: str = ""
    letters: bool = False
    whole: Mapping[Any, str] = field(default_factory=dict)
    unmeant: str = ""

    def told(self, value: Any) -> str:
        """A value as people read it."""
        if self.letters:
            return f"axis {value}" if len(str(value)) == 1 else f"the axes {', '.join(str(value))}"
        known = isinstance(value, (str, bool)) and value in self.values
        return self.values[value] if known else shown(value)

    def sentence(self, key: str, value: Any, was: Any) -> str:
        """What to do and what the system did; `was` is meant, None for nothing stated."""
        if not isinstance(value, tuple) and value in self.whole:
            return self.whole[value]
        if self.unmeant:
            return self.unmeant.format(self.told(value))
        about = self.about(key)
        do = f"correct {about}" if was is None else self.do.format(self.told(was), it=about)
        return f"{do}; {SYSTEM}" + ("has none" if value is None else self.did.format(self.told(value), it=self.pronoun))

    def beside(self, key: str, value: Any) -> str:
        """What the system did, without its subject."""
        if self.unmeant or (not isinstance(value, tuple) and value in self.whole):
            return self.sentence(key, value, None).rpartition(SYSTEM)[2]
        return f"has no {self.called(key)}" if value is None else self.did.format(self.told(value), it=self.about(key))

    def about(self, key: str) -> str:
        """What the setting is about."""
        return self.it or f"the {self.called(key)}"

    def called(self, key: str) -> str:
        """The key in words."""
        return self.noun or key.replace("_", " ")


Sayings = Mapping[str, Saying]
"""What an operation says of its settings, by key; of others what `Saying` says by itself."""
PLAINLY = Saying()
OF_ALL: Sayings = {
    "bias": Saying(
        whole={
            LEFT_OUT: "add the bias; the system left the bias out",
            TWICE: "add the bias once; the system added the bias twice",
            NEGATED: "add the bias; the system subtracted the bias",
        }
    )
}
"""What is said of the bias, which any of these operations may have."""


def parameters(*names: str) -> Sayings:
    """Keys that are names in a formula, which have no article."""
    return {name: Saying(it=name) for name in names}


def sentence(key: str, value: Any, was: Any, others: Mapping[str, Any], sayings: Sayings) -> str:
    """What to do and what the system did, which has `value` and `others`; `was` is meant, None for nothing stated."""
    return _beside(sayings.get(key, PLAINLY).sentence(key, value, was), others, sayings)


def deed(key: str, value: Any, others: Mapping[str, Any], sayings: Sayings) -> str:
    """What the system did, which has `value` and `others`."""
    return _beside(SYSTEM + sayings.get(key, PLAINLY).beside(key, value), others, sayings)


def _beside(first: str, settings: Mapping[str, Any], sayings: Sayings) -> str:
    """A sentence, and what else the system did."""
    others = {name: value for name, value in settings.items() if value is not None}
    if len(others) > FEW:
        told = (f"{sayings.get(name, PLAINLY).called(name)} {shown(each)}" for name, each in others.items())
        return f"{first}, with {', '.join(told)}"
    *before, last = (first, *(sayings.get(name, PLAINLY).beside(name, each) for name, each in others.items()))
    return f"{', '.join(before)} and {last}" if before else last


def shown(value: Any) -> str:
    """A number in its shortest digits, numbers of the axes, pairs of a padding or none, or the first ones of many."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value)
    if not value:
        return "nothing"
    if all(isinstance(each, tuple) for each in value):
        return _pairs(value)
    return " x ".join(map(shown, value[:MOST])) + (" x ..." if len(value) > MOST else "")


def _pairs(value: tuple[tuple[Any, ...], ...]) -> str:
    """Amounts low:high, by the letters of their axes where these are told."""
    if len(value[0]) == 2:
        return f"{pairs_text(value)} (low:high per axis)"
    return ", ".join(f"{low}:{high} along {axis}" for axis, low, high in value) + " (low:high)"

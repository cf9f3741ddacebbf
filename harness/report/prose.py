"""What the report says of itself, of cases about some operations; `**` and `*` mark words as markdown does."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from dataclasses import dataclass

from harness.operations import SPOKEN, TABLE, USUAL

SEVERAL = "layer"
"""What cases of several operations are called."""
MEASURED = "Measured, entry point by entry point, as `harness probe` does: nothing here is read from a declaration."


@dataclass(frozen=True)
class About:
    """What the cases of a report are about. one: the word for one of them. as_written: what is left as it is in a call.

    example: a convention in which systems differ.
    """

    one: str
    as_written: str
    example: str

    @property
    def many(self) -> str:
        return f"{self.one}s"

    @property
    def any(self) -> str:
        """With its article."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


def about(operations: Collection[str]) -> About:
    """In the words of the only operation, or in words for all."""
    names = list(operations) or [USUAL]
    shown = TABLE[names[0]].shown()
    if len(names) == 1:
        return About(in_words(names[0]), shown.AS_WRITTEN, shown.EXAMPLE)
    return About(SEVERAL, "its own words for the settings, the arrays as they are", shown.EXAMPLE)


def in_words(operation: str) -> str:
    """The name of an operation as people write it."""
    return str(getattr(SPOKEN[operation], "CALLED", operation.replace("_", " ")))


TITLE = "Which {}s agree with which"
TITLES = [TITLE.format(one) for one in (*map(in_words, SPOKEN), SEVERAL)]
"""All of them, by which a report is known that may be replaced."""


def title(subject: About) -> str:
    return TITLE.format(subject.one)


def purpose(subject: About) -> str:
    return _filled(
        f"People move {subject.any} from one system to another and the numbers differ. Each case below is one such "
        f"{subject.one}: data, settings and what is meant. Every entry point (a function as its users know it) is "
        "called with it. Its numbers are compared with a reference, evaluated exactly and rounded once, and with those "
        f"of the others. What differs by a convention, such as {subject.example}, is told from rounding."
    )


def how_to_read(subject: About) -> list[str]:
    """Paragraphs."""
    calls = (
        "**As written** is the call that a person would first write: axes in the order that the system wants, "
        f"{subject.as_written}. **Normalized** is the call that makes the system compute what the case means; what it "
        "takes is said in words. Entry points whose numbers agree with each other are a **class**; the numbers shown "
        "are those of its first member. **Recorded** is an output that was obtained elsewhere."
    )
    degrees = (
        "Agreement has degrees. *Exactly*: equal to the last bit. *Statistical bound*: as close as rounding errors "
        "that behave like chance leave it. *Any order of summation*: no order in which the terms can be added has a "
        f"larger error. *FFT*: the bound for {subject.any} by fast Fourier transform, whose errors spread over the "
        "output. The percentage says how much of the bound is used."
    )
    return [_filled(calls), _filled(degrees)]


def declared(operation: str) -> str:
    """What a table of declarations is."""
    return _filled(
        "What each entry point that ran *declares*; in this run only that was tried of which it says so. The project's "
        "tests hold it against what `harness probe` measures, and `harness run --cards` shows what was measured. "
        f"{TABLE[operation].shown().DECLARED} What a function does not take, the normalized call does by a named "
        "transform."
    )


def measured(operation: str) -> str:
    """What a table of cards is."""
    return f"{MEASURED} {TABLE[operation].shown().MEASURED}"


def _filled(text: str) -> str:
    return textwrap.fill(text, 120, break_on_hyphens=False, break_long_words=False)

"""What reports show of a transposed convolution: as of other windows, but what a padding does is cut off the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.grammar.forms import demand
from harness.operations.panels import Picture
from harness.operations.windowed import shown
from harness.operations.windowed.shown import CLAIMS as CLAIMS
from harness.operations.windowed.shown import EXAMPLE as EXAMPLE
from harness.operations.windowed.shown import MEASURED_HEADS as MEASURED_HEADS
from harness.operations.windowed.shown import pictures as pictures
from harness.operations.windowed.shown import rules as rules
from harness.worker.entry import EntryPoint

AS_WRITTEN = "its own word for the padding, the kernel as it is"
DECLARED = "The word for *same* says on which side the sample more is cut when their number is odd."
DECLARED_LEGEND = """\
**Transposes**: each input value stamps the kernel into the output, as it is where the transpose of a cross-correlation
is computed, which is what deep learning has, and backwards where it is that of a convolution. **Its word for `same`**:
on which side the sample more is cut off the full output when their number is odd. **Cut by numbers**: what a padding by
numbers may cut off the full output. What a function does not take, the harness does by a named transform."""
MEASURED = """\
**Computes**: the transpose of a cross-correlation stamps the kernel into the output as it is, that of a convolution
backwards. **Padding**: what each word cuts off the full output on each axis; n is the input's size, k the kernel's, s
the stride, d the dilation, e = (k - 1) d + 1. **Input, kernel, sum**: bits of the fraction that are kept of float32
data. **Integer overflow**: what twice the largest number of a dtype is."""
RULE = "cut"
DECLARED_HEADS = (
    "transposes",
    "input, kernel, output",
    "its word for `same`, and what that is",
    "cut by numbers",
    "stride",
    "dilation",
    "groups",
    "output padding",
)
RECIPES = {
    "same": "odd sample cut on the high side",
    "same_lower": "odd sample cut on the low side",
    "same_clipped": "odd sample cut on the high side, nothing added",
}
HABITS = {
    "transposes": "transposes (a convolution stamps the kernel backwards)",
    "its word for `same`, and what that is": "its word for `same`",
    "input, kernel, sum": "bits kept of input, kernel, sum (float32 has 23)",
}
QUESTIONS = {"transposes": "Which functions stamp the kernel backwards, as the transpose of a convolution does?"}
SETTINGS_FORM = {**shown.SETTINGS_FORM, "output_padding": [int]}


def examples() -> Iterator[tuple[str, Picture]]:
    """None of its own."""
    yield from ()


def settings(told: Mapping[str, Any]) -> str:
    """The settings in one line."""
    added = told["output_padding"]
    return shown.settings(told) + (f", output padding {shown.per_axis(added)}" if any(added) else "")


def declared(entry: EntryPoint) -> list[str]:
    """The cells of a declaration under DECLARED_HEADS."""
    takes = entry.takes
    return [
        "convolution" if takes.reversal else "cross-correlation",
        shown.layouts(entry),
        shown.same(takes.words, RECIPES),
        {"any": "any", "uneven": "low and high", "even": "the same on both sides"}.get(takes.explicit, "no"),
        shown.claimed("yes" if takes.stride else "no", entry, "together"),
        shown.claimed("yes" if takes.dilation else "no", entry, "dilation"),
        shown.claimed(takes.groups, entry, "groups"),
        "yes" if takes.output_padding else "no",
    ]


def measured(card: Mapping[str, Any]) -> list[str]:
    """The cells of a card under MEASURED_HEADS."""
    computes, *others = shown.measured(card)
    return [f"transpose of {computes}", *others]


def conventions(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(property, finding) of the conventions of a card, in the order in which people ask."""
    for name, finding in shown.conventions(found):
        yield name, f"transpose of {finding}" if name == "computes" else finding
        if name == "padding by numbers":
            yield "output padding", found["output padding"]


def conventions_form(place: str, found: Any) -> None:
    """What a card says of conventions. Raises FormError."""
    shown.conventions_form(place, found)
    demand(place, found, {"output padding": str})

"""Padding as a layer: samples are added on both sides of axes, or cut off (`padding_formula`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.canonical.layout import canonical
from harness.grammar.document import Item
from harness.grammar.kinds import Field, Kind, Record, integer, list_of, number, or_unknown, word
from harness.grammar.limits import LARGEST
from harness.operations.by_settings.letters_of_axes import LETTERS
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as settings_told
from harness.operations.operation import Setting
from harness.operations.padding_formula import PLACES
from harness.operations.padding_formula import formula as formula
from harness.operations.padding_formula import output_shape as output_shape
from harness.operations.padding_formula import rounds as rounds
from harness.operations.padding_formula import ways as ways
from harness.operations.padding_search import PROGRAMS as PROGRAMS
from harness.operations.padding_search import TRIED as TRIED
from harness.operations.padding_search import along as along
from harness.operations.padding_search import alternatives as alternatives
from harness.operations.padding_search import coded as coded
from harness.operations.padding_search import fitted as fitted
from harness.operations.padding_search import limits as limits
from harness.operations.padding_search import remedies as remedies
from harness.operations.padding_search import restated as restated
from harness.operations.padding_search import written as written
from harness.operations.padding_spoken import OPTIONS
from harness.operations.padding_spoken import ROLES as ROLES
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.sayings import shown as value_shown
from harness.operations.windowed.keys import check_elements

NAME = "padding"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

AMOUNT = integer(-LARGEST, LARGEST)


def _read(item: Item) -> dict[str, tuple[int, int]]:
    """(low, high) by the letter of an axis; a number is the same on both sides."""
    found = {}
    for letter, entry in item.entries().items():
        if letter not in LETTERS or len(letter) != 1:
            raise entry.key_error(f"no axis has this letter; letters are {' '.join(LETTERS)}")
        amounts = list_of(AMOUNT).read(entry) if entry.is_list else (AMOUNT.read(entry),) * 2
        if len(amounts) != 2:
            raise entry.error(f"expected a pair [low, high], found {len(amounts)} numbers")
        found[letter] = (amounts[0], amounts[1])
    return found


_PAIR = {"type": "array", "items": AMOUNT.schema, "minItems": 2, "maxItems": 2}
_SCHEMA = {
    "type": "object",
    "properties": {letter: {"anyOf": [AMOUNT.schema, _PAIR]} for letter in LETTERS},
    "additionalProperties": False,
}
SETTINGS = {
    "padding": Field(
        Kind(_read, _SCHEMA),
        "by the letter of an axis [low, high], what is added before and behind; negative amounts crop",
    ),
    "boundary": Field(or_unknown(word(*PLACES)), OPTIONS["boundary"], default="zero"),
    "constant": Field(or_unknown(number()), OPTIONS["constant"]),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {"boundary": "zero", "constant": 0.0}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS)
SAYINGS: Sayings = {
    "padding": Saying("pad by {}", "padded by {}"),
    "boundary": Saying(
        "fill {it} with {}", "filled {it} with {}", "the padding", {"zero": "zeros", "constant": "a constant"}
    ),
    "constant": Saying("fill {it} with {}", "filled {it} with {}", "the padding"),
}
POINTWISE = False
NEW_CASE = """\
padding: {H: [1, 1], W: [0, 2]}   # before and behind; negative amounts crop
boundary: zero                # constant (with constant: 0.5) | edge | reflect | symmetric | wrap
"""


def demand(top: Record) -> None:
    """Raises CaseError where nothing says what is padded."""
    if "padding" not in top and (top["matrix"] is None or "padding" not in top["matrix"]):
        raise top.item.error(f"the key 'padding' is missing: {SETTINGS['padding'].doc}")


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """(letter, low, high) of the axes that are padded, in canonical order."""
    (given, item), (boundary, _), (constant, at) = (settings[key] for key in ("padding", "boundary", "constant"))
    letters = canonical("input", rank)
    for letter in given:
        if letter not in letters:
            raise item.error(f"the input has no axis {letter}; its axes: {' '.join(letters)}")
    if constant is not None and boundary != "constant":
        raise at.error("give it beside `boundary: constant`")
    padding = tuple((letter, *given[letter]) for letter in letters if any(given.get(letter, ())))
    filled = 0.0 if constant is None else constant
    return {"padding": padding, "boundary": boundary, "constant": filled if boundary == "constant" else None}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """Something is left of every axis, and the output is not too large."""
    form, item = meant(stated).unbiased, settings["padding"][1]
    if 0 in form.output_shape:
        raise item.error(f"nothing is left of an axis of {form.x.shape}")
    check_elements("the output", form.output_shape, item)
    if stated.dtype.startswith(("int", "uint")) and rounds(form.settings):
        raise settings["constant"][1].error(f"expected a whole number, for the input is {stated.dtype}")
    check_bias(stated, top)


def told(stated: Stated) -> dict[str, Any]:
    """The settings as JSON has them: amounts by letter."""
    amounts = {letter: [low, high] for letter, low, high in stated.settings["padding"]}
    return {**settings_told(stated), "padding": amounts}


def words(settings: Mapping[str, Any]) -> str:
    padding = settings["padding"]
    sides = padding.items() if isinstance(padding, Mapping) else ((letter, pair) for letter, *pair in padding)
    amounts = " ".join(f"{letter} {low}:{high}" for letter, (low, high) in sides) or "nothing"
    fill = f" {value_shown(settings['constant'])}" if "constant" in settings else ""
    return f"{amounts}, boundary {settings['boundary']}{fill}"

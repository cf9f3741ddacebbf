"""What operations have in common that move a window over the input: their settings in a case file, and their sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL
from harness.canonical.window import BOUNDARIES, CONSTANT, Linear, Pairs
from harness.grammar.document import Item
from harness.grammar.kinds import Field, Kind, either, integer, list_of, number, or_unknown, word
from harness.grammar.limits import LARGEST
from harness.operations.operation import Setting
from harness.operations.stated import Stated

PADDING_WORDS = ("same", "same_upper", "same_lower", "valid", "full")
CUT_WORDS = ("valid", "same")
"""Paddings of the forward operation, which a transposed one cuts off."""
MEANINGS = ("cross-correlation", "convolution")
EXACT = 2.0**53
"""Whole numbers below this are exact in float64."""


def _read_padding(item: Item) -> str | int | tuple[int | tuple[int, int], ...]:
    """A word, one number, or one number or [low, high] pair per axis."""
    if not item.is_list:
        amount: str | int = (_PAD_WORD if isinstance(item.scalar, str) else _PAD).read(item)
        return amount
    amounts = [list_of(_PAD).read(each) if each.is_list else _PAD.read(each) for each in item.elements()]
    for amount, each in zip(amounts, item.elements()):
        if isinstance(amount, tuple) and len(amount) != 2:
            raise each.error(f"expected a pair [low, high], found {len(amount)} numbers")
    return tuple(amounts)


_PAD = integer(-LARGEST, LARGEST)
_PAD_WORD = word(*PADDING_WORDS)
_PAD_PAIR = {"type": "array", "items": _PAD.schema, "minItems": 2, "maxItems": 2}
_PAD_LIST = {"type": "array", "items": {"anyOf": [_PAD.schema, _PAD_PAIR]}, "minItems": 1, "maxItems": 3}
PADDING = Kind(_read_padding, {"anyOf": [_PAD_WORD.schema, _PAD.schema, _PAD_LIST]})
STEP = integer(1, LARGEST)
STEPS = either(
    (lambda item: item.is_list, list_of(STEP, shortest=1)),
    (lambda item: True, STEP),
    words="a whole number, or one per spatial axis",
)


MEANS = Field(
    or_unknown(word(*MEANINGS)), "what the author wants computed; convolution reverses the kernel; or unknown"
)
STRIDE = Field(or_unknown(STEPS), "a number, or one per spatial axis; or unknown", default=1)
DILATION = Field(or_unknown(STEPS), "distance of kernel taps: a number, or one per spatial axis; or unknown", default=1)
GROUPS = Field(integer(1, LARGEST), "groups of channels; as many as channels: depthwise", default=1)
BOUNDARY = Field(or_unknown(word(*BOUNDARIES)), "what the padding is filled with; or unknown", default="zero")
FILLING = Field(or_unknown(number()), "of boundary constant: the number that the padding is filled with; or unknown")


def filling(settings: Mapping[str, Setting]) -> float | None:
    """The number that a padding is filled with, None for another boundary. Raises CaseError where it is given then."""
    constant, item = settings["constant"]
    if settings["boundary"][0] == CONSTANT:
        return constant or 0.0
    if constant is not None:
        raise item.error("give it beside `boundary: constant`")
    return None


def per_axis(setting: Setting, rank: int) -> tuple[int, ...]:
    """One number for each spatial axis."""
    value, item = setting
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise item.error(f"expected a number, or {rank}, one for each of {SPATIAL[rank]}; found {len(value)}")
    return value


def padding(setting: Setting, rank: int) -> str | Pairs:
    """A word, or (low, high) for each spatial axis."""
    value, item = setting
    if isinstance(value, str):
        return value
    amounts = (value,) * rank if isinstance(value, int) else value
    if len(amounts) != rank:
        raise item.error(
            f"expected a number, or {rank}, one or a pair for each of {SPATIAL[rank]}; found {len(amounts)}"
        )
    return tuple(amount if isinstance(amount, tuple) else (amount, amount) for amount in amounts)


def told(stated: Stated, pairs: Pairs, **more: Any) -> dict[str, Any]:
    """The settings as JSON has them, with the `pairs` that the padding comes to, and those of one operation only."""
    given, padding = stated.settings, stated.settings["padding"]
    return {
        "means": given["means"],
        "dtype": stated.dtype,
        "stride": list(given["stride"]),
        "dilation": list(given["dilation"]),
        "padding": padding if isinstance(padding, str) else [list(pair) for pair in padding],
        "padding_pairs": [list(pair) for pair in pairs],
        **more,
        "groups": given["groups"],
        "boundary": given.get("boundary", "zero"),
        **({"constant": given["constant"]} if given.get("boundary") == CONSTANT else {}),
        "bias": "bias" in stated.arrays,
    }


def check_integers(form: Linear, at: Item) -> None:
    """No output of integer data can leave the integers that are exact in float64; errors stand `at`."""
    if form.x.dtype.kind not in "iu":
        return
    taps = np.abs(form.w.astype(np.float64)).sum(axis=tuple(range(1, form.w.ndim)))
    offsets = np.abs(form.offsets.astype(np.float64))
    samples = np.abs(form.x.astype(np.float64)).max(initial=abs(form.window.filling))
    largest = float((samples * taps + offsets).max(initial=0))
    if largest >= EXACT:
        raise at.error(
            f"the output may reach {largest:.4g}; integers are compared exactly below 2**53 only: use smaller ones, "
            "or a floating dtype"
        )


def check_elements(what: str, shape: Sequence[int], at: Item) -> None:
    """An array of `shape` is not too large; errors stand `at`."""
    if math.prod(shape) > LARGEST:
        raise at.error(f"{what} would have shape {list(shape)}; an array may have {LARGEST} elements")


def where(key: str, settings: Mapping[str, Setting], top_item: Item, otherwise: Item) -> Item:
    """Where a setting stands, `otherwise` where the file does not give it."""
    at = settings[key][1]
    return otherwise if at is top_item else at


def demand_means(top: Any, rest: Sequence[str] = MEANINGS) -> None:
    """`means` is given, by itself or in the matrix."""
    if "means" not in top and (top["matrix"] is None or "means" not in top["matrix"]):
        raise top.item.error(f"the key 'means' is missing: {' or '.join(rest)}, what the author wants computed")

"""Pooling: the maximum, the average or a norm of windows that move over the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.grammar.kinds import Field, Record, number, or_unknown, word
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.operation import Setting, Shown
from harness.operations.pooling_formula import FIRST_CLIPPED, LAST_CLIPPED, SCALED, ZERO, pairs_of
from harness.operations.pooling_formula import formula as formula
from harness.operations.pooling_formula import output_shape as output_shape
from harness.operations.pooling_formula import rounds as rounds
from harness.operations.pooling_formula import ways as ways
from harness.operations.pooling_programs import PROGRAMS as PROGRAMS
from harness.operations.pooling_search import TRIED as TRIED
from harness.operations.pooling_search import along as along
from harness.operations.pooling_search import alternatives as alternatives
from harness.operations.pooling_search import coded as coded
from harness.operations.pooling_search import fitted as fitted
from harness.operations.pooling_search import limits as limits
from harness.operations.pooling_search import remedies as remedies
from harness.operations.pooling_search import restated as restated
from harness.operations.pooling_search import written as written
from harness.operations.pooling_spoken import ROLES as ROLES
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.sayings import shown as value_shown
from harness.operations.windowed import keys

NAME = "pooling"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words


def shown() -> Shown:
    from harness.operations.pooling_pictures import WindowTelling

    return WindowTelling(_OWN.layer)


SETTINGS = {
    "reduce": Field(or_unknown(word("max", "average", "norm")), "what is made of a window: max, average or norm"),
    "p": Field(or_unknown(number()), "of norm: the power, 2 where it is left out; or unknown"),
    "window": Field(or_unknown(keys.STEPS), "elements of a window: a number, or one for each spatial axis; or unknown"),
    "stride": Field(
        or_unknown(keys.STEPS), "a number, or one for each spatial axis; the window by default; or unknown"
    ),
    "dilation": keys.DILATION,
    "padding": Field(
        or_unknown(keys.PADDING),
        "a word, a number, one for each axis, or [low, high] for each axis; it is not counted by a maximum; or unknown",
        default="valid",
    ),
    "rounding": Field(
        or_unknown(word("floor", "ceil")),
        "of the output's size; by ceil a last window is dropped that begins in the high padding; or unknown",
        default="floor",
    ),
    "divisor": Field(
        or_unknown(word("valid", "padded", "window")),
        "of average: elements of the input in the window, those of input and padding, or all; or unknown",
        default="valid",
    ),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {
    "reduce": "max",
    "p": 2.0,
    "window": 2,
    "stride": None,
    "dilation": 1,
    "padding": "valid",
    "rounding": "floor",
    "divisor": "valid",
}
FIELDS: Mapping[str, Field] = {
    "output_size": Field(
        keys.STEPS,
        "sizes of the output, in place of a window: each has its share of the whole input, as in adaptive pooling",
    ),
}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS, *FIELDS, "fill", "overhang")
SAYINGS: Sayings = {
    "reduce": Saying(
        "take the {} of {it}",
        "took the {} of {it}",
        "each window",
        {"max": "maximum", "min": "minimum"},
        noun="reduction",
    ),
    "output_size": Saying("make {it} {}", "made {it} {}", "the size of the output"),
    "rounding": Saying("round {it} by {}", "rounded {it} by {}", "the size of the output"),
    "divisor": Saying(
        "divide {it} by {}",
        "divided {it} by {}",
        "each sum",
        {
            "valid": "the samples of the input alone (`valid`)",
            "padded": "the samples and their padding (`padded`)",
            "window": "the whole window (`window`)",
        },
    ),
    "p": Saying(it="the power p"),
    "padding": Saying("pad by {}", "padded by {}"),
    "fill": Saying(
        whole={
            ZERO: "leave the padding out of the maximum; the system took the padding for zeros",
            **{
                each: "add nothing for the padding; the system set a sum below 0 to 0 wherever a window met padding, "
                f"its taps in order, {which} axis fastest"
                for each, which in ((FIRST_CLIPPED, "first"), (LAST_CLIPPED, "last"))
            },
        }
    ),
    "overhang": Saying(
        whole={SCALED: "sum what the last window holds; the system scaled that sum up to a whole window"}
    ),
}
POINTWISE = False
NEW_CASE = """\
reduce: max                   # or average, or norm (with p: 2)
window: 2
stride: 2                     # the window, where it is left out
padding: valid                # same | same_upper | same_lower | valid | 1 | [1, 2] | [[0, 1], [0, 1]]
rounding: floor               # or ceil
# divisor: valid              # of average: valid | padded | window
# output_size: 3              # instead of a window and what belongs to it: bins, as adaptive pooling has them
"""


def demand(top: Record) -> None:
    """Raises CaseError where the reduction or the window is missing, or there is more than bins need."""
    matrix = top["matrix"] or ()
    named = [key for key in SETTINGS if key in top or key in matrix]
    for key in ("reduce", *(() if "output_size" in top else ("window",))):
        if key not in named:
            raise top.item.error(f"the key {key!r} is missing: {SETTINGS[key].doc}")
    for key in named if "output_size" in top else ():
        if key not in ("reduce", "p") and not (key == "divisor" and top[key] == "valid"):  # that of bins
            raise top.at("output_size").key_error(f"{key} and output_size both given; keep one: bins have no {key}")


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """One number for each axis; what another reduction has, and what bins have not, is left out."""
    reduce, power, binned = settings["reduce"][0], settings["p"][0], settings["output_size"][0] is not None
    windows = dict.fromkeys(_OF_WINDOWS) if binned else _windows(settings, rank)
    return {
        "reduce": reduce,
        **windows,
        "output_size": keys.per_axis(settings["output_size"], rank) if binned else None,
        "divisor": settings["divisor"][0] if reduce == "average" else None,
        "p": (2.0 if power is None else power) if reduce == "norm" else None,
    }


_OF_WINDOWS = ("window", "stride", "dilation", "padding", "rounding")


def _windows(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    window, stride = keys.per_axis(settings["window"], rank), settings["stride"]
    return {
        "window": window,
        "stride": window if stride[0] is None else keys.per_axis(stride, rank),
        "dilation": keys.per_axis(settings["dilation"], rank),
        "padding": keys.padding(settings["padding"], rank),
        "rounding": settings["rounding"][0],
    }


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """There is an output, and a power that has a root."""
    form = meant(stated)
    if 0 in form.output_shape[2:]:  # of windows: bins have as many as are given
        sizes, pairs = form.x.shape[2:], pairs_of(form.x.shape[2:], form.settings)
        raise settings["window"][1].error(f"no window fits into {sizes} padded by {pairs} (low, high per axis)")
    if form.settings.get("p", 1.0) <= 0:
        raise settings["p"][1].error("expected a power above 0")
    check_bias(stated, top)


def words(settings: Mapping[str, Any]) -> str:
    """What is left at its default is not named."""
    plain = {"dtype", "reduce", *(key for key in ("rounding", "dilation") if _idle(settings.get(key)))}
    rest = (f"{key} {value_shown(value)}" for key, value in settings.items() if key not in plain)
    return ", ".join([settings["reduce"], *rest])


def _idle(value: Any) -> bool:
    return value == "floor" or (isinstance(value, tuple | list) and set(value) == {1})

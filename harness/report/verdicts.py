"""Results in symbols, for the matrix, and in words, for the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report.text import plain, quantity, share

Result = Mapping[str, Any]

DECLINED = "·"
LEGEND = {
    "=": "agrees exactly with what the case means, to the last bit",
    "≈": "agrees within rounding",
    "R": "the kernel is reversed compared with what the case means",
    "P": "the padding is split otherwise between the two sides",
    "RP": "both of these",
    "C": "another convention, named in the case's own section",
    "?": "differs, and no convention that is known here explains it",
    DECLINED: "declined: the entry point does not offer the call",
    "!": "raised: the call ended in an error",
    "†": "died: the process of the framework ended or hung",
}
UNEXPECTED = "✗"

_OUTCOMES = {"unexplained": "?", "declined": DECLINED, "raised": "!", "died": "†"}
_CONVENTIONS = {("reverse_kernel",): "R", ("padding_split",): "P", ("padding_split", "reverse_kernel"): "RP"}
_NAMES = {"reverse_kernel": "kernel reversed", "padding_split": "padding split otherwise"}
_BOUNDS = {
    "statistical": "the statistical bound",
    "summation order": "the bound for any order of summation",
    "fft": "the bound for FFT",
    "printed digits": "what the rounding of the printed digits allows",
    "case tolerance": "the tolerance that the case sets",
}


def symbol(result: Result) -> str:
    """The cell of the matrix."""
    sign = _sign(result)
    return f"**{sign}** {UNEXPECTED}" if result["expected"] is False else sign


def as_written(result: Result) -> str:
    """What became of the call as written: verdict, rung and share of its bound, largest difference."""
    return _marked(result, f"{_verdict(result)}{_difference(result)}")


def normalized(result: Result) -> str:
    """What became of the normalized call; where it agrees, with the transforms that it took."""
    agrees = result["verdict"] == "agrees"
    steps = "; ".join(map(plain, result["words"])) if agrees else ""
    return _marked(result, f"{_verdict(result)}{_difference(result)}{f' - {steps}' if steps else ''}")


def explanation(result: Result) -> str:
    """Why the members of a class differ from what the case means, or that they do not."""
    if result["verdict"] == "agrees":
        return "agrees with what the case means"
    if result["verdict"] == "convention":
        return f"explained by: {'; '.join(map(plain, result['words']))}"
    return "unexplained"


def recording(result: Result) -> str:
    """What was found of a recorded output, as the end of a sentence."""
    if result["verdict"] == "unexplained":
        found = "is explained by nothing that is known here"
    else:
        meant = "agrees with what the case means" if result["verdict"] == "agrees" else f"is {explanation(result)}"
        found = f"{meant}, {_digits(result)}"
    return _marked(result, found + _difference(result))


def _digits(result: Result) -> str:
    if result["rung"] == "printed digits":
        return f"to the last printed digit (uses {share(result['bound_share'])} of {_BOUNDS['printed digits']})"
    return _closeness(result)


def _sign(result: Result) -> str:
    if result["verdict"] == "agrees":
        return "=" if result["rung"] == "exact" else "≈"
    if result["verdict"] == "convention":
        return _CONVENTIONS.get(tuple(sorted(result["transforms"])), "C")
    return _OUTCOMES.get(result["verdict"], "?")


def _verdict(result: Result) -> str:
    if result["verdict"] == "agrees":
        return f"agrees {_closeness(result)}"
    if result["verdict"] == "convention":
        return f"{_names(result['transforms'])}, {_closeness(result)}"
    return plain(result["verdict"])


def _names(transforms: Sequence[str]) -> str:
    return " and ".join(_NAMES.get(name, plain(name.replace("_", " "))) for name in transforms)


def _closeness(result: Result) -> str:
    """How closely the numbers are those of the explanation (of the case itself, where it agrees)."""
    if result["rung"] == "exact":
        return "exactly"
    rung = result["rung"] or "an unnamed"
    bound = _BOUNDS.get(rung, f"the bound {plain(rung)}")
    return f"within {bound}" if result["bound_share"] is None else f"within {share(result['bound_share'])} of {bound}"


def _difference(result: Result) -> str:
    if result["max_abs"] is None:
        return ""
    return f"; largest difference {quantity(result['max_abs'])}" if result["max_abs"] else ""


def _marked(result: Result, words: str) -> str:
    return f"{words} **{UNEXPECTED} not as expected**" if result["expected"] is False else words

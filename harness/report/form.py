"""The form of saved results: what their JSON must hold, so that what a report then shows of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.ending import Mistake
from harness.grammar.forms import FormError, demand_type, finite, finite_or_none, some
from harness.grammar.forms import demand as demand_form
from harness.operations import TABLE
from harness.operations.spoken import main_roles
from harness.report.view import operation
from harness.worker.entry import from_json

WORD = (str, type(None))
FLOATS = ("float16", "float32", "float64")


class ResultsError(Mistake):
    """A file that does not hold the results of a run; the text says where and what was expected."""


def demand(document: Any) -> None:
    """Raises ResultsError, with the place, for a document that does not hold results."""
    try:
        demand_form("", document, _DOCUMENT)
        for index, card in enumerate(document.get("cards", ())):
            if not card["unreadable"]:
                demand_form(f"cards[{index}]", card, _measured(card))
        for index, case in enumerate(document["cases"]):
            demand_form(f"cases[{index}]", case, _of_operation(case))
        _demand_classes(document)
    except FormError as problem:
        raise ResultsError(str(problem)) from None


def _of_operation(case: Mapping[str, Any]) -> dict[str, Any]:
    """What a case holds of its operation."""
    about = operation(case)
    return {"settings": about.shown().SETTINGS_FORM, **dict.fromkeys(main_roles(about), _array)}


def _measured(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card holds that could be read."""
    conventions = operation(card).shown().conventions_form
    return {"conventions": conventions, "precision": {"*": {"*": str}}, "algorithm": {"algorithm": str}}


def _operation(place: str, found: Any) -> None:
    demand_type(place, found, str)
    if found not in TABLE:
        raise FormError(f"{place} is {found!r}, not one of {', '.join(TABLE)}")


def _array(place: str, found: Any) -> None:
    """An array as `harness.array_json.describe` gives it."""
    demand_form(place, found, {"shape": [int], "dtype": _dtype, "values?": object, **_FIGURES})
    shape = found["shape"]
    if "values" not in found:
        demand_form(f"{place}.corner", found.get("corner"), _corner)
    elif not 0 < len(shape) <= 5 or min(shape) < 0 or not _fills(found["values"], shape):
        raise FormError(f"{place}.values are not of the shape {shape}")


def _recorded(place: str, found: Any) -> None:
    """A recorded output; older results may not have its numbers."""
    demand_form(place, found, {"origin?": str})
    if "shape" in found:
        _array(place, found)


def _fills(values: Any, shape: list[int]) -> bool:
    """Whether nested lists have this shape."""
    if not shape:
        return values is None or isinstance(values, int | float | str)
    whole = isinstance(values, list) and len(values) == shape[0]
    return whole and all(_fills(each, shape[1:]) for each in values)


def _corner(place: str, found: Any) -> None:
    rows = found if isinstance(found, list) and any(isinstance(row, list) for row in found) else [found]
    if not all(isinstance(row, list) and _fills(row, [len(row)]) for row in rows):
        raise FormError(f"{place} is not the corner of an array")


def _dtype(place: str, found: Any) -> None:
    demand_type(place, found, str)
    if found.startswith("float") and found not in FLOATS:
        raise FormError(f"{place} is {found}, not one of {', '.join(FLOATS)}")


def _declaration(place: str, found: Any) -> None:
    demand_type(place, found, dict)
    try:
        from_json(found)
    except ValueError as problem:
        raise FormError(f"{place}: {problem}") from None


def _sentence(place: str, found: Any) -> None:
    """A text, in older results a list of them."""
    demand_form(place, found, [str] if isinstance(found, list) else str)


def _at_least_one(place: str, found: Any) -> None:
    demand_type(place, found, int)
    if found < 1:
        raise FormError(f"{place} is {found}, not 1 or more")


_FIGURES = {f"{name}?": finite for name in ("min", "max", "mean", "norm", "not_finite", "unknown")}
_CASE = {
    **dict.fromkeys(("id", "title", "why", "text", "source"), str),
    "failures": [str],
    "power": {"sees": [str], "blind": [str]},
    "operation?": _operation,
    "then?": str,
    "reference": _array,
    "recorded?": [_recorded],
}
_RESULT = {
    **dict.fromkeys(("case", "entry_point", "backend", "mode", "outcome", "verdict", "reason"), str),
    **dict.fromkeys(("max_abs", "bound_share", "seconds"), finite_or_none),
    **{key: [str] for key in ("transforms", "words", "remarks?")},
    "explanations": [{"words": _sentence, "code?": {"*": str}, "edits?": {"*": str}, "tied?": bool}],
    "own_edits?": {"*": str},
    "rung": WORD,
    "ambiguous?": bool,
    "expected": (bool, type(None)),
    "output": (int, type(None)),
}
_CARD = {
    **dict.fromkeys(("entry_point", "backend", "version", "unreadable"), str),
    "operation?": _operation,
    "faults": [dict.fromkeys(("words", "call"), str)],
}
_DOCUMENT = {
    "harness": str,
    "created": str,
    "environment": {
        **dict.fromkeys(("python", "platform", "processor"), str),
        "features?": [str],
        "settings?": {"*": str},
        "backends": {"*": {"version": str}},
        "unavailable": {"*": str},
    },
    "failures?": [str],
    "entry_points?": [_declaration],
    "cards?": [_CARD],
    "shard?": {
        **dict.fromkeys(("number", "of", "members"), _at_least_one),
        "cases": str,
        "backends": [str],
        "entry_points": [str],
    },
    "cases": [_CASE],
    "results": [_RESULT],
    "classes": {"*": {"*": [some(str)]}},
    "outputs": {"*": [_array]},
}


def _demand_classes(document: Mapping[str, Any]) -> None:
    """Every case has classes and outputs, and each member of a class has a result and one of the outputs."""
    names = {case["id"] for case in document["cases"]}
    numbers = {(each["case"], each["mode"], each["entry_point"]): each["output"] for each in document["results"]}
    for stranger in {name for name, _, _ in numbers} - names:
        raise FormError(f"results name the case {stranger!r}, which is not among the cases")
    for name in names:
        demand_type(f"classes[{name!r}]", document["classes"].get(name), dict)
        demand_type(f"outputs[{name!r}]", document["outputs"].get(name), list)
        for mode, classes in document["classes"][name].items():
            for member in (member for members in classes for member in members):
                if numbers.get((name, mode, member)) is None:
                    raise FormError(f"{name}: {member!r} is in a class of {mode} and has no output there")
    counts = {name: len(found) for name, found in document["outputs"].items()}
    for (name, mode, member), number in numbers.items():
        if number is not None and not 0 <= number < counts[name]:
            raise FormError(f"{name}: {member!r} has output {number} in {mode}, of {counts[name]}")

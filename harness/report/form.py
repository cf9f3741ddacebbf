"""The form of saved results: what their JSON must hold, so that what a report then shows of it is there.

A form is a type, some types, a function that judges a value, `[form]` for a list of such values, or key -> form for an
object; a key that ends in ? may be left out, and the key * stands for every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.canonical.layout import SPATIAL
from harness.worker.entry import from_json

WORD = (str, type(None))
LARGEST = 10**308
FLOATS = ("float16", "float32", "float64")


class ResultsError(ValueError):
    """A file that does not hold the results of a run; the text says where and what was expected."""


def demand(document: Any) -> None:
    """Raises ResultsError, with the place, for a document that does not hold results."""
    _demand("", document, _DOCUMENT)
    for index, card in enumerate(document.get("cards", ())):
        if not card["unreadable"]:
            _demand(f"cards[{index}]", card, _MEASURED)
    _demand_classes(document)


def _demand(place: str, found: Any, form: Any) -> None:
    if isinstance(form, dict):
        _demand_type(place, found, dict)
        for key, inside, inner in _keys(place, found, form):
            if key not in found:
                raise ResultsError(f"the key {inside} is missing")
            _demand(inside, found[key], inner)
    elif isinstance(form, list):
        _demand_type(place, found, list)
        for index, each in enumerate(found):
            _demand(f"{place}[{index}]", each, form[0])
    elif isinstance(form, type | tuple):
        _demand_type(place, found, form)
    else:
        form(place, found)


def _keys(place: str, found: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(key, its place, its form) of all keys that must be there, or are and may be."""
    for name, inner in form.items():
        key = name.removesuffix("?")
        for each in found if name == "*" else [key] if key == name or key in found else []:
            yield each, f"{place}[{each!r}]" if name == "*" else f"{place}.{each}".lstrip("."), inner


def _demand_type(place: str, found: Any, types: Any) -> None:
    if not isinstance(found, types):
        names = " or ".join(each.__name__ for each in (types if isinstance(types, tuple) else (types,)))
        raise ResultsError(f"{place or 'the document'} is {type(found).__name__}, not {names}")


def _array(place: str, found: Any) -> None:
    """An array as `harness.array_json.describe` gives it."""
    _demand(place, found, {"shape": [int], "dtype": _dtype, "values?": object, **_FIGURES})
    shape = found["shape"]
    if "values" not in found:
        _demand(f"{place}.corner", found.get("corner"), _corner)
    elif not 0 < len(shape) <= 5 or min(shape) < 0 or not _fills(found["values"], shape):
        raise ResultsError(f"{place}.values are not of the shape {shape}")


def _recorded(place: str, found: Any) -> None:
    """A recorded output; older results may not have its numbers."""
    _demand(place, found, {"origin?": str})
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
        raise ResultsError(f"{place} is not the corner of an array")


def _dtype(place: str, found: Any) -> None:
    _demand_type(place, found, str)
    if found.startswith("float") and found not in FLOATS:
        raise ResultsError(f"{place} is {found}, not one of {', '.join(FLOATS)}")


def _declaration(place: str, found: Any) -> None:
    _demand_type(place, found, dict)
    try:
        from_json(found)
    except ValueError as problem:
        raise ResultsError(f"{place}: {problem}") from None


def _conventions(place: str, found: Any) -> None:
    """What a card says of conventions: by rank, by word, and of paddings by a rule for each."""
    words, axes = ("boundaries", "kernel larger", "overflow"), ("input", "kernel", "output")
    by_key = {key: {"*": str} for key in (*axes, *words)}
    _demand(place, found, {**by_key, "ranks": _some(int), "groups": str, "depthwise": str, "reversal": {"*": [bool]}})
    for name in (name for name in found if name.startswith("padding ")):
        _demand(f"{place}.{name}", found[name], _RULE)
    for role in axes:
        _demand(f"{place}.{role}", found[role], {str(found["ranks"][-1]): str})
    for rank in found["reversal"]:
        if rank not in map(str, SPATIAL):
            raise ResultsError(f"{place}.reversal: {rank!r} is no number of axes")


def _some(form: Any) -> Callable[[str, Any], None]:
    """A list of at least one."""

    def judge(place: str, found: Any) -> None:
        _demand(place, found, [form])
        if not found:
            raise ResultsError(f"{place} is empty")

    return judge


def _sentence(place: str, found: Any) -> None:
    """A text, in older results a list of them."""
    _demand(place, found, [str] if isinstance(found, list) else str)


def _pair(place: str, found: Any) -> None:
    _demand(place, found, [int])
    if len(found) != 2:
        raise ResultsError(f"{place} has {len(found)} numbers, not low and high")


def _finite_or_none(place: str, found: Any) -> None:
    if found is not None:
        _finite(place, found)


def _finite(place: str, found: Any) -> None:
    """A number that float64 has: JSON allows larger ones, and Python reads NaN, too."""
    _demand_type(place, found, (int, float))
    if not abs(found) < LARGEST:
        raise ResultsError(f"{place} is no number that float64 has")


_FIGURES = {f"{name}?": _finite for name in ("min", "max", "mean", "norm", "not_finite", "unknown")}
_CASE = {
    **dict.fromkeys(("id", "title", "why", "text", "source"), str),
    "failures": [str],
    "power": {"sees": [str], "blind": [str]},
    "settings": {
        **dict.fromkeys(("means", "dtype", "boundary"), str),
        **dict.fromkeys(("stride", "dilation"), _some(int)),
        "padding": (str, list),
        "padding_pairs": _some(_pair),
        "groups": int,
        "bias": bool,
    },
    **dict.fromkeys(("input", "kernel", "reference"), _array),
    "recorded?": [_recorded],
}
_RESULT = {
    **dict.fromkeys(("case", "entry_point", "backend", "mode", "outcome", "verdict", "reason"), str),
    **dict.fromkeys(("max_abs", "bound_share", "seconds"), _finite_or_none),
    **{key: [str] for key in ("transforms", "words", "remarks?")},
    "explanations": [{"words": _sentence, "code?": {"*": str}, "tied?": bool}],
    "rung": WORD,
    "expected": (bool, type(None)),
    "output": (int, type(None)),
}
_CARD = {
    **dict.fromkeys(("entry_point", "backend", "version", "unreadable"), str),
    "faults": [dict.fromkeys(("words", "call"), str)],
}
_MEASURED = {
    "conventions": _conventions,
    "precision": {"*": {"*": str}},
    "algorithm": {"algorithm": str},
}
_RULE = {
    **dict.fromkeys(("rule", "formula"), WORD),
    "refuses": str,
    **dict.fromkeys(("exceptional", "checked"), int),
}
_DOCUMENT = {
    "harness": str,
    "created": str,
    "environment": {
        **dict.fromkeys(("python", "platform", "processor"), str),
        "backends": {"*": {"version": str}},
        "unavailable": {"*": str},
    },
    "failures?": [str],
    "entry_points?": [_declaration],
    "cards?": [_CARD],
    "cases": [_CASE],
    "results": [_RESULT],
    "classes": {"*": {"*": [_some(str)]}},
    "outputs": {"*": [_array]},
}


def _demand_classes(document: Mapping[str, Any]) -> None:
    """Every case has classes and outputs, and each member of a class has a result and one of the outputs."""
    names = {case["id"] for case in document["cases"]}
    numbers = {(each["case"], each["mode"], each["entry_point"]): each["output"] for each in document["results"]}
    for stranger in {name for name, _, _ in numbers} - names:
        raise ResultsError(f"results name the case {stranger!r}, which is not among the cases")
    for name in names:
        _demand_type(f"classes[{name!r}]", document["classes"].get(name), dict)
        _demand_type(f"outputs[{name!r}]", document["outputs"].get(name), list)
        for mode, classes in document["classes"][name].items():
            for member in (member for members in classes for member in members):
                if numbers.get((name, mode, member)) is None:
                    raise ResultsError(f"{name}: {member!r} is in a class of {mode} and has no output there")
    counts = {name: len(found) for name, found in document["outputs"].items()}
    for (name, mode, member), number in numbers.items():
        if number is not None and not 0 <= number < counts[name]:
            raise ResultsError(f"{name}: {member!r} has output {number} in {mode}, of {counts[name]}")

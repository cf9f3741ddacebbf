"""Forms: what a value read from JSON must be.

A form is a type, some types, a function that judges a value, `[form]` for a list of such values, or key -> form for an
object; a key that ends in ? may be left out, and the key * stands for every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

LARGEST = 10**308


class FormError(ValueError):
    """A value that is not of the form; the text says where and what was expected."""


def demand(place: str, found: Any, form: Any) -> None:
    """Raises FormError, with the place, for a value that is not of the form."""
    if isinstance(form, dict):
        demand_type(place, found, dict)
        for key, inside, inner in _keys(place, found, form):
            if key not in found:
                raise FormError(f"the key {inside} is missing")
            demand(inside, found[key], inner)
    elif isinstance(form, list):
        demand_type(place, found, list)
        for index, each in enumerate(found):
            demand(f"{place}[{index}]", each, form[0])
    elif isinstance(form, type | tuple):
        demand_type(place, found, form)
    else:
        form(place, found)


def _keys(place: str, found: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(key, its place, its form) of all keys that must be there, or are and may be."""
    for name, inner in form.items():
        key = name.removesuffix("?")
        for each in found if name == "*" else [key] if key == name or key in found else []:
            yield each, f"{place}[{each!r}]" if name == "*" else f"{place}.{each}".lstrip("."), inner


def demand_type(place: str, found: Any, types: Any) -> None:
    """Raises FormError for a value of another type."""
    if not isinstance(found, types):
        names = " or ".join(each.__name__ for each in (types if isinstance(types, tuple) else (types,)))
        raise FormError(f"{place or 'the document'} is {type(found).__name__}, not {names}")


def some(form: Any) -> Callable[[str, Any], None]:
    """A list of at least one."""

    def judge(place: str, found: Any) -> None:
        demand(place, found, [form])
        if not found:
            raise FormError(f"{place} is empty")

    return judge


def pair(place: str, found: Any) -> None:
    """Two whole numbers, low and high."""
    demand(place, found, [int])
    if len(found) != 2:
        raise FormError(f"{place} has {len(found)} numbers, not low and high")


def finite(place: str, found: Any) -> None:
    """A number that float64 has: JSON allows larger ones, and Python reads NaN, too."""
    demand_type(place, found, (int, float))
    if not abs(found) < LARGEST:
        raise FormError(f"{place} is no number that float64 has")


def finite_or_none(place: str, found: Any) -> None:
    """The same, or null."""
    if found is not None:
        finite(place, found)

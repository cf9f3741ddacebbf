"""Numbers that a document has in nested lists."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import yaml

from harness.grammar.document import CaseError, Item

NUMBER_LETTERS = frozenset("0123456789+-.eE")


def numbers(item: Item, axes: int, whole: bool, partial: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Nested lists of numbers, `axes` deep, as an array (int64 if `whole`, else float64), and which elements are known.

    With `partial`, `null` is an element that is not known: NaN (0 if `whole`). Raises CaseError for lists that are
    ragged, empty or of another depth, and for elements that are no numbers.
    """
    shape = _shape(item, axes)
    texts: list[str] = []
    if not _collect(item.node, shape, texts):
        raise _misfit(item, shape)
    if NUMBER_LETTERS.issuperset("".join(texts)):
        try:
            return np.array(list(map(int if whole else float, texts)), _dtype(whole)).reshape(shape), np.ones(
                shape, bool
            )
        except (ValueError, OverflowError):
            pass  # the careful way below finds the place
    leaves = [_number(leaf, whole, partial) for leaf in _leaves(item, axes)]
    known = np.array([leaf is not None for leaf in leaves]).reshape(shape)
    unknown = 0 if whole else math.nan
    return np.array([unknown if leaf is None else leaf for leaf in leaves], _dtype(whole)).reshape(shape), known


def lengths(item: Item) -> tuple[int, ...]:
    """Lengths of nested lists along their first elements. Raises CaseError for one that is empty."""
    found: list[int] = []
    node = item.node
    while isinstance(node, yaml.SequenceNode) and node.value:
        found.append(len(node.value))
        node = node.value[0]
    if isinstance(node, yaml.SequenceNode):
        raise item.element([0] * len(found)).error("an empty list; expected numbers")
    return tuple(found)


def _dtype(whole: bool) -> type:
    return np.int64 if whole else np.float64


def _shape(item: Item, axes: int) -> tuple[int, ...]:
    """Lengths of the nested lists along their first elements, which must be `axes` deep."""
    shape = lengths(item)
    if len(shape) != axes:
        raise item.error(
            f"expected numbers in lists {axes} deep, one level for each letter of the layout, found {len(shape)} deep"
        )
    return shape


def _collect(node: yaml.Node, shape: tuple[int, ...], texts: list[str]) -> bool:
    """Add the texts of all plain scalars to `texts`; False when a list has another length or depth than `shape` says.

    A quoted scalar is added with a mark that no number has.
    """
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != shape[0]:
        return False
    if len(shape) > 1:
        return all(_collect(child, shape[1:], texts) for child in node.value)
    if not all(isinstance(child, yaml.ScalarNode) for child in node.value):
        return False
    texts += ["'" if child.style else child.value for child in node.value]
    return True


def _misfit(item: Item, shape: tuple[int, ...]) -> CaseError:
    """The error at the first list that has not the length or depth that `shape` says."""
    if not shape:
        return item.expected("a number")
    if not item.is_list:
        return item.expected(f"a list of {shape[0]}")
    elements = item.elements()
    if len(elements) != shape[0]:
        return item.error(
            f"ragged: expected {shape[0]} elements as in the first list of this level, found {len(elements)}"
        )
    inner = (_misfit(element, shape[1:]) for element in elements if _is_misfit(element, shape[1:]))
    return next(inner)


def _is_misfit(item: Item, shape: tuple[int, ...]) -> bool:
    return not _collect(item.node, shape, []) if shape else not isinstance(item.node, yaml.ScalarNode)


def _leaves(item: Item, axes: int) -> Iterator[Item]:
    if not axes:
        yield item
        return
    for element in item.elements():
        yield from _leaves(element, axes - 1)


def _number(item: Item, whole: bool, partial: bool) -> int | float | None:
    value = item.scalar
    if value is None and partial:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise item.expected("a number, or null where it is not known" if partial else "a number")
    if not whole:
        return float(value)
    if value != value or abs(value) == math.inf or value != int(value) or not -(2**63) <= value < 2**63:
        raise item.expected("a whole number of at most 64 bits")
    return int(value)

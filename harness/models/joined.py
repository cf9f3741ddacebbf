"""Arrays that are several of the other side: two to four joined, or two vectors added, as biases are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.models.arrangement import Arrangement
from harness.models.arranging import arrangements
from harness.models.change import as_json, in_words
from harness.models.fingerprints import MODULUS, fingerprint
from harness.models.pair import Pair
from harness.models.pairing_by_values import Print, Side

MOST_TRIED = 400
"""Arrays without a partner among which parts are looked for."""
MOST_VECTORS = 64
"""Vectors of one length of which any two may be added."""
QUARTERS, MOST_QUARTERS = 4, 24
"""Arrays of one size of which any four may be joined, as the biases of a recurrent layer that reads both ways."""
GRU = 3
"""Gates of a GRU, the only recurrent layer whose two biases do not come to their sum."""


@dataclass(frozen=True)
class _Part:
    """A part of an array along an axis, and the array of the other side that it is: which gives which, if turned."""

    name: str
    start: int
    stop: int
    arrangement: Arrangement


Joined = tuple[int | None, list[_Part]]


def joined(a: Side, b: Side) -> Iterator[Pair]:
    """Arrays of B that are several of A, joined, and the other way round."""
    for name, axis, pieces in _split(b, a, False):
        yield _of_several(name, axis, pieces, b.arrays[name].shape)
    for name, axis, pieces in _split(a, b, True):
        yield from (_of_one(name, axis, piece) for piece in pieces)


def _split(wholes: Side, parts: Side, turned: bool) -> Iterator[tuple[str, int | None, list[_Part]]]:
    """(name, axis, parts in order) of each array that is several of the other side; no axis where it is flattened."""
    for name, names in list(_wholes(wholes, parts)):
        untaken = name in wholes.left and all(each in parts.left for each in names)
        if untaken and (found := _parts(wholes.read(name), parts, names, turned)):
            yield name, *found


def _wholes(wholes: Side, parts: Side) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Arrays, and those of the other side that have their numbers between them, as far as fingerprints tell."""
    held: dict[Print, list[str]] = {}
    for name in list(parts.left)[:MOST_TRIED]:
        held.setdefault(parts.left[name], []).append(name)
    names = [name for each in held.values() for name in each]
    for whole, (size, total) in list(wholes.left.items())[:MOST_TRIED]:
        thirds = [name for name in names if 3 * parts.size(name) == size]
        quarters = [name for name in names if QUARTERS * parts.size(name) == size][:MOST_QUARTERS]
        several = itertools.combinations(thirds, 2), itertools.combinations(quarters, 3)
        for first in itertools.chain(((name,) for name in names), *several):
            rest = size - sum(parts.size(name) for name in first)
            print_ = rest, (total - sum(parts.left[name][1] for name in first)) % MODULUS
            last = [name for name in held.get(print_, ()) if name not in first]
            if rest > 0 and last:
                yield whole, (*first, last[0])


def _parts(whole: np.ndarray, side: Side, names: Sequence[str], turned: bool) -> Joined | None:
    """The axis along which an array is these, and its parts in order; `turned`: the parts are made of the whole."""
    if len(names) == QUARTERS and whole.ndim > 1:  # each place along one axis is two of them, joined along another
        found = _parts(whole.ravel(), side, names, turned)
        return None if found is None else (None, found[1])
    for axis, order in itertools.product(range(whole.ndim), itertools.permutations(names)):
        rest = whole.size // max(whole.shape[axis], 1)
        if all(side.size(name) % rest == 0 for name in order):
            ends = np.cumsum([0, *(side.size(name) // rest for name in order)])
            pieces = [_piece(whole, axis, side, name, ends[at], ends[at + 1], turned) for at, name in enumerate(order)]
            if all(pieces):
                return axis, [piece for piece in pieces if piece]
    return None


def _piece(whole: np.ndarray, axis: int, side: Side, name: str, start: int, stop: int, turned: bool) -> _Part | None:
    piece = whole[(slice(None),) * axis + (slice(int(start), int(stop)),)]
    if fingerprint(piece) != side.left[name][1]:
        return None
    values = side.read(name)
    found = arrangements(piece, values) if turned else arrangements(values, piece)
    return _Part(name, int(start), int(stop), found[0]) if found else None


def _of_several(name: str, axis: int | None, pieces: Sequence[_Part], shape: tuple[int, ...]) -> Pair:
    made = ", ".join(piece.arrangement.expression(f"a[{index}]") for index, piece in enumerate(pieces))
    changes = [each for piece in pieces for each in piece.arrangement.changes()]
    different = [each for index, each in enumerate(changes) if each not in changes[:index]]
    told = (f"{len(pieces)} arrays of A, joined {_along(axis)}", *in_words(different))
    names, orders = tuple(piece.name for piece in pieces), {piece.arrangement.order for piece in pieces}
    order = orders.pop() if len(orders) == 1 else None
    code = f"b = np.concatenate([{made}], axis={axis or 0}){f'.reshape{shape}' if axis is None else ''}"
    transforms = ({"id": "joined", "axis": axis}, *as_json(different))
    return Pair(names, name, transforms, order, code, told)


def _along(axis: int | None) -> str:
    return "one behind the other" if axis is None else f"along axis {axis}"


def _of_one(name: str, axis: int | None, piece: _Part) -> Pair:
    index = ", ".join([":"] * (axis or 0) + [f"{piece.start}:{piece.stop}"])
    changes = piece.arrangement.changes()
    where = "of A, flattened" if axis is None else f"of A {_along(axis)}"
    told = (f"the part {piece.start} to {piece.stop} {where}", *in_words(changes))
    part = {"id": "part", "axis": axis, "range": [piece.start, piece.stop]}
    source = "a.ravel()" if axis is None else "a"
    code = f"b = {piece.arrangement.expression(f'{source}[{index}]')}"
    transforms = (part, *as_json(changes))
    return Pair((name,), piece.name, transforms, piece.arrangement.order, code, told)


def added(a: Side, b: Side) -> Iterator[Pair]:
    """Vectors of B that are the sum of two of A, as float32 adds them."""
    for name in list(b.left):
        length = b.size(name)
        names = a.vectors(length)[:MOST_VECTORS] if name in b.vectors(length) else []
        for one, other in itertools.combinations(names, 2):
            total = a.read(one).ravel() + a.read(other).ravel()
            if fingerprint(total) == b.left[name][1] and (found := arrangements(total, b.read(name))):
                yield _of_sum((one, other), name, found[0])
                break


def _of_sum(names: tuple[str, str], name: str, arrangement: Arrangement) -> Pair:
    changes = arrangement.changes()
    code = f"b = {arrangement.expression('(a[0].ravel() + a[1].ravel())')}"
    told = ["the sum of two arrays of A", *in_words(changes)]
    if arrangement.cut is not None and len(arrangement.cut.blocks) == GRU:
        told.append("a GRU with one bias resets before its product, one with two behind it; no weights make them equal")
    transforms = ({"id": "sum"}, *as_json(changes))
    return Pair(names, name, transforms, arrangement.order, code, tuple(told))

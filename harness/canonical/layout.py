"""Axis letters: a permutation into canonical order, and its inverse out.

Letters: N batch, C channel, O output channels, I input channels per group, D H W spatial (W alone in 1-D, H W in 2-D).
Canonical order is `N C spatial...` for inputs and outputs and `O I spatial...` for kernels. A layout is stated, never
guessed from sizes; a letter that a layout leaves out stands for an axis of length 1.
"""

from __future__ import annotations

import numpy as np

SPATIAL = {1: "W", 2: "HW", 3: "DHW"}
LEADING = {"kernel": "OI"}
"""Role -> the letters before the spatial axes, where they are not those of the input."""
USUAL = "NC"


class LayoutError(ValueError):
    """A layout that cannot be read, or that does not fit its array."""


def canonical(role: str, rank: int) -> str:
    """The canonical letters of an `input`, `kernel` or `output` with `rank` spatial axes."""
    return leading(role) + SPATIAL[rank]


def leading(role: str) -> str:
    """The letters that stand before the spatial axes of an array of this role."""
    return LEADING.get(role, USUAL)


def usual(role: str, axes: int) -> str:
    """The letters that 1 to 5 axes are taken to be where none are given: the last of the canonical ones."""
    return canonical(role, {1: 1, 5: 3}.get(axes, 2))[-axes:]


def expand(pattern: str, rank: int) -> str:
    """Letters of a declared layout in which `*` stands for all spatial axes: `expand("N*C", 2) == "NHWC"`."""
    return pattern.replace("*", SPATIAL.get(rank, ""))


def spatial_rank(letters: str, role: str) -> int:
    """Number of spatial axes that a stated layout names; 1, of length 1, where it names none, as in NC.

    Raises LayoutError for a letter that the role does not have, a repeated letter, or spatial letters that are not
    W, H W or D H W.
    """
    allowed = leading(role) + SPATIAL[3]
    for letter in letters:
        if letter not in allowed:
            raise LayoutError(
                f"layout {letters!r}: {letter!r} is not an axis of the {role}; expected letters of {allowed}"
            )
        if letters.count(letter) > 1:
            raise LayoutError(f"layout {letters!r}: {letter!r} stands twice")
    spatial = {letter for letter in letters if letter in SPATIAL[3]}
    for rank, names in SPATIAL.items():
        if spatial == set(names) or (letters and not spatial):
            return rank
    raise LayoutError(
        f"layout {letters!r}: spatial axes are W (1-D), H W (2-D) or D H W (3-D), found {sorted(spatial)}"
    )


def to_canonical(array: np.ndarray, letters: str, role: str, rank: int | None = None) -> np.ndarray:
    """A view of `array`, whose axes are `letters`, in canonical order; missing letters become axes of length 1.

    rank: the number of spatial axes, where the letters need not name them all.
    """
    rank = spatial_rank(letters, role) if rank is None else _some_of(letters, role, rank)
    if array.ndim != len(letters):
        raise LayoutError(
            f"layout {letters!r} names {len(letters)} axes, the array has {array.ndim}: shape {array.shape}"
        )
    wanted = canonical(role, rank)
    missing = [letter for letter in wanted if letter not in letters]
    widened = array.reshape((1,) * len(missing) + array.shape)
    present = "".join(missing) + letters
    return widened.transpose([present.index(letter) for letter in wanted])


def _some_of(letters: str, role: str, rank: int) -> int:
    """The rank; raises LayoutError for letters that are not of its axes, each once."""
    wanted = canonical(role, rank)
    odd = next((each for each in letters if each not in wanted or letters.count(each) > 1), "")
    if odd or not letters:
        raise LayoutError(f"layout {letters!r}: expected letters of {wanted}, each once")
    return rank


def from_canonical(array: np.ndarray, letters: str, role: str) -> np.ndarray:
    """The inverse of `to_canonical`: a view of a canonical array with its axes in the order of `letters`.

    Raises LayoutError when `letters` leaves out an axis whose length is not 1.
    """
    wanted = canonical(role, array.ndim - 2)
    dropped = [letter for letter in wanted if letter not in letters]
    for letter in dropped:
        if array.shape[wanted.index(letter)] != 1:
            raise LayoutError(
                f"layout {letters!r} leaves out {letter}, whose length is {array.shape[wanted.index(letter)]}"
            )
    order = [wanted.index(letter) for letter in letters] + [wanted.index(letter) for letter in dropped]
    return array.transpose(order).reshape([array.shape[axis] for axis in order[: len(letters)]])

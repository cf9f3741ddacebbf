"""Where an output agrees, with what is computed or with another output, and what follows from what its elements see.

An output element sees the kernel taps that meet the input, and the input under them; a tap over zero padding is unseen.
What only elements that differ see may differ itself; what an element that agrees sees does not, unless by coincidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from harness.canonical.axis import columns, elements
from harness.canonical.gaps import filled, output
from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.windowed.search.question import Question

LARGEST = 20_000_000
"""Elements that the table of what all output elements see may have, or the matrix of a linear system."""
OTHERS = 2
"""Elements that agree, from more of which on one that does not may be wrong alone."""
NAMED = 8
"""Elements and indices that a sentence names."""
AXES = {
    "N": "image",
    "C": "channel",
    "O": "output channel",
    "I": "input channel",
    "D": "plane",
    "H": "row",
    "W": "column",
}


def tabled(conv: Linear) -> bool:
    """Whether `places` is not too large a table."""
    return elements(conv) <= LARGEST


def places(conv: Linear) -> np.ndarray:
    """Which element of the input meets each tap, as `columns`: its flat index + 1, and 0 for a padding with zeros."""
    return columns(replace(conv, x=np.arange(1, conv.x.size + 1).reshape(conv.x.shape))).astype(np.int64)


def met_by(conv: Linear, met: np.ndarray, element: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of `met`, the `places`, those of an output element (n, o, *spatial), and the input elements there; 0 at 0."""
    n, o, *spatial = map(int, element)
    sizes = conv.output_shape[2:]
    row = n * math.prod(sizes) + int(np.ravel_multi_index(spatial, sizes))
    place: np.ndarray = met[o * conv.window.groups // len(conv.w), row]
    return place, np.where(place > 0, conv.x.ravel()[place - 1], 0).astype(np.float64)


def sees(conv: Linear, elements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the input and of the kernel: what some of the output `elements`, a mask (N, O, *spatial), see."""
    each = len(conv.w) // conv.window.groups
    x = np.zeros(conv.x.size + 1, bool)
    w = np.zeros((len(conv.w), conv.terms), bool)
    for group, met in enumerate(places(conv)):
        own = slice(group * each, (group + 1) * each)
        rows = elements[:, own].swapaxes(0, 1).reshape(each, -1)
        x[met[rows.any(axis=0)]] = True
        w[own] = rows.astype(np.float32) @ (met > 0).astype(np.float32) > 0
    return x[1:].reshape(conv.x.shape), w.reshape(conv.w.shape)


def seeing(conv: Linear, role: str, mask: np.ndarray) -> np.ndarray:
    """Mask of the output elements that see some element of the input or the kernel in `mask`."""
    x = mask if role == "input" else np.ones(conv.x.shape)
    w = mask if role == "kernel" else np.ones(conv.w.shape)
    return output(replace(conv, x=x.astype(np.float64), w=w.astype(np.float64), bias=None)) > 0


def placed(values: np.ndarray, conv: Linear) -> np.ndarray:
    """`values`, the first elements of the output of `conv`, in its shape; NaN elsewhere."""
    whole = np.full(conv.output_shape, np.nan)
    part = tuple(slice(0, min(sizes)) for sizes in zip(values.shape, whole.shape))
    whole[part] = values[part]
    return whole


def with_the_intended(question: Question, room: np.ndarray | float) -> list[str]:
    """Where what was observed agrees with what the intended call gives, as far as that can be computed.

    room: how far each element may be off. Where all are within it, the one that is furthest off stands out.
    """
    conv = question.form
    seen, meant = placed(question.observed, conv), output(conv)
    apart = np.abs(seen - meant)
    differ = apart > room
    if not differ.any() and (apart > 0).any():
        differ.flat[np.nanargmax(apart)] = True
    same = np.isfinite(apart) & ~differ
    if limit := _limited(seen, meant, differ):
        return [*_counted(same, differ), limit]
    return agreement(conv, same, differ) + _edges_only(filled(conv), differ)


def _limited(seen: np.ndarray, meant: np.ndarray, differ: np.ndarray) -> str:
    """Whether all that differs is one value, which ends the values of the others."""
    values, others = np.unique(seen[differ]), seen[np.isfinite(seen) & ~differ]
    if len(values) != 1 or np.count_nonzero(differ) < 2 or not np.any(others != values[0]):
        return ""
    (limit,) = values
    for word, over in (("more", meant > limit), ("less", meant < limit)):
        if over[differ].all() and not (over & ~differ & np.isfinite(seen)).any():
            return f"all that differs is {limit:.6g}, where {word} is meant: outputs end there"
    return ""


def agreement(conv: Linear, same: np.ndarray, differ: np.ndarray) -> list[str]:
    """What follows from where outputs agree: which images, channels, rows and columns do, and what the others see."""
    known = np.count_nonzero(same | differ)
    if not known:
        return []
    remarks = _counted(same, differ)
    letters = canonical("output", conv.rank)
    for axis, letter in enumerate(letters):
        others = tuple(other for other in range(same.ndim) if other != axis)
        compared_at = (same | differ).any(axis=others)
        whole = np.flatnonzero(compared_at & ~differ.any(axis=others))
        if 0 < len(whole) < np.count_nonzero(compared_at) and known > NAMED:
            name = "output channel" if letter == "C" else AXES[letter]
            verb = "agrees" if len(whole) == 1 else "agree"
            remarks.append(f"only {indices(name, whole)} (axis {letter}) {verb} throughout")
    if same.any() and differ.any() and tabled(conv):
        remarks += _seen_besides(conv, same, differ)
    return remarks


def _counted(same: np.ndarray, differ: np.ndarray) -> list[str]:
    known = np.count_nonzero(same | differ)
    return [f"{np.count_nonzero(same)} of {known} known elements agree" + _few(same, differ)]


def _few(same: np.ndarray, differ: np.ndarray) -> str:
    """The elements, where they are few: ": [0, 0]; not [0, 1]"."""
    if np.count_nonzero(same | differ) > NAMED or not (same.any() and differ.any()):
        return ""
    return f": {listed(same)}; not {listed(differ)}"


def listed(elements: np.ndarray) -> str:
    """Indices of the output, as far as they are not all in the first image and channel in full: "[0, 0], [0, 1]"."""
    found = np.argwhere(elements)
    first = 2 if not found[:, :2].any() else 0
    return ", ".join(str(index[first:].tolist()) for index in found)


def _seen_besides(conv: Linear, same: np.ndarray, differ: np.ndarray) -> list[str]:
    """What only the elements that differ see, in terms of the axes of input and kernel."""
    parts = besides(conv, same, differ)
    if any(mask.any() for mask in parts.values()):
        words = [words for role, mask in parts.items() for words in along(conv, role, mask, sees_of(conv, same)[role])]
        return [f"what differs depends on {' and '.join(words)}; what agrees does not"] if words else []
    if np.count_nonzero(differ) == 1 and np.count_nonzero(same) > OTHERS:
        return ["one element differs alone, though others depend on the same numbers: it may be mistyped, or wrong"]
    return [
        "what differs and what agrees depend on the same numbers of input and kernel: so the settings differ, or the "
        "place of reading, or these values are wrong"
    ]


def sees_of(conv: Linear, elements: np.ndarray) -> dict[str, np.ndarray]:
    """`sees` by role."""
    return dict(zip(("input", "kernel"), sees(conv, elements)))


def besides(conv: Linear, same: np.ndarray, differ: np.ndarray) -> dict[str, np.ndarray]:
    """Masks by role: what elements of `differ` see and no element of `same` does."""
    common = sees_of(conv, same)
    return {role: mask & ~common[role] for role, mask in sees_of(conv, differ).items()}


def along(conv: Linear, role: str, mask: np.ndarray, others: np.ndarray) -> list[str]:
    """Indices of axes at which `mask` has elements and `others` has none: "kernel column 1"."""
    words = []
    for axis, letter in enumerate(canonical(role, conv.rank)):
        rest = tuple(other for other in range(mask.ndim) if other != axis)
        new = np.flatnonzero(mask.any(axis=rest) & ~others.any(axis=rest))
        if len(new):
            words.append(f"{role} {indices(AXES[letter], new)}")
    return words


def indices(name: str, found: Sequence[int] | np.ndarray) -> str:
    """ "column 1", "columns 1 to 4", "rows 0, 2"."""
    numbers = [int(each) for each in found]
    if len(numbers) == 1:
        return f"{name} {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{name}s {numbers[0]} to {numbers[-1]}"
    return f"{name}s {', '.join(map(str, numbers[:NAMED]))}{' ...' if len(numbers) > NAMED else ''}"


def _edges_only(conv: Linear, differ: np.ndarray) -> list[str]:
    """Whether all that differs sees padding."""
    ones = replace(conv, x=np.ones_like(conv.x, np.float64), w=np.ones_like(conv.w, np.float64), bias=None)
    inside = output(replace(ones, window=conv.window.bounded("zero"))) == conv.terms
    if not differ.any() or (differ & inside).any():
        return []
    return ["all that differs sees padding: look at the padding's amounts and at what fills it"]

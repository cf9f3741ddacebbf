"""What all transforms have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from harness.canonical.window import Linear

NUMBER = 12.0
"""Bits of detail from which on an explanation says more than another: more than half of a number of many digits."""

Part = Literal["x", "w", "bias", "window", "y"]
"""What a linear form is made of, and its output."""


@dataclass(frozen=True)
class Transform:
    """A named change of a convolution; by itself it changes nothing.

    id: the name that JSON, cases and tests use. short: the name in a table; "" where it is the id in words. sign: the
    sign in a matrix of results. causes: of how many public questions about differing outputs this was the cause, 0 for
    what is not searched for. plain: bits that each value carries which it explains, however much alike they are, as it
    is read off them. picture: the kind of picture that shows it, which `number_pictures` or an operation draws; seen:
    what is seen there, where pictures of its kind show several changes.
    """

    id: ClassVar[str]
    short: ClassVar[str] = ""
    sign: ClassVar[str] = "C"
    picture: ClassVar[str] = ""
    seen: ClassVar[str] = ""
    causes: ClassVar[float] = 0.0
    plain: ClassVar[float] = 0.0

    @property
    def touches(self) -> tuple[Part, ...]:
        """What `differ` and `read` change (of what serves calls only, `rewrite` and `finish`).

        The code of a call follows the window by itself, so that only the other parts need `code`.
        """
        return ("window",)

    @property
    def reads(self) -> bool:
        """Whether it changes what is read of the output."""
        return "y" in self.touches

    @property
    def leaves_out(self) -> bool:
        """Whether it reads one place of an axis only, so that an output channel or image seen may be any."""
        return False

    @property
    def crops(self) -> bool:
        """Whether it has a call leave out what is there, with which nobody computes on purpose."""
        return False

    @property
    def is_convention(self) -> bool:
        """Whether it is something that systems do differently, and not merely other numbers."""
        return True

    @property
    def other_names(self) -> tuple[Transform, ...]:
        """What the same change may be called besides."""
        return ()

    @property
    def names(self) -> tuple[Transform, ...]:
        """All of its names, likeliest first."""
        return (self, *self.other_names)

    def unusual(self, rank: int) -> float:
        """Bits by which this form of it is rarer than its usual one, among `rank` spatial axes."""
        return 0.0

    @property
    def choices(self) -> float:
        """Bits that say which of its forms this is, among about as many as are tried; numbers that are fitted apart."""
        return 0.0

    @property
    def inferred(self) -> tuple[float, ...]:
        """Numbers in it that were inferred from what was observed."""
        return ()

    @property
    def fitted(self) -> int:
        """How many different numbers in it were inferred from what was observed."""
        return len(set(self.inferred))

    @property
    def hidden(self) -> str:
        """What of it shows on no whole numbers, by which alone it then differs from others."""
        return ""

    def frees(self, rank: int) -> frozenset[str]:
        """Settings of a case that may be unknown, and of which this only says what they were."""
        return frozenset()

    def words(self) -> str:
        """The transform in words."""
        raise NotImplementedError

    def found(self) -> str:
        """What the system has, of a setting that the case leaves open: `words` without what to do."""
        return self.words().rpartition("; ")[2]

    def differ(self, conv: Any) -> Any:
        """What a system computes that has this convention."""
        return conv

    def beside(self, form: Any) -> Transform:
        """This, for a call whose data are those of `form`, where `end` takes more of them than the output."""
        return self

    def read(self, y: np.ndarray) -> np.ndarray:
        """What is read from the output of a system that has this convention."""
        return y

    def end(self, y: np.ndarray) -> np.ndarray:
        """What a system that has this convention makes of each value of its output, before any is read."""
        return y

    def errors(self, y: np.ndarray) -> np.ndarray | float:
        """How far off `end(y)` may be by its own arithmetic, in units of the roundoff, beyond its own rounding."""
        return 0.0

    def code(self, conv: Any) -> tuple[str, ...]:
        """`differ(conv)`, `end` or `read` as NumPy lines on the canonical arrays: x, w, b before a call, y after it."""
        return ()

    def rewrite(self, conv: Any) -> Any:
        """`conv`, said for a system that has this convention or limit."""
        return conv

    def undo(self, conv: Any) -> Any:
        """The inverse of `rewrite`."""
        return conv

    def finish(self, y: np.ndarray) -> np.ndarray:
        """The output of `conv` from that of `rewrite(conv)`."""
        return y


def each_of(values: Sequence[float]) -> str:
    """Numbers of some channels as people read them: one where all are the same, the first few of many."""
    shown = values[:1] if len(set(values)) == 1 else values
    return ", ".join(f"{value:.7g}" for value in shown[:8]) + (", ..." if len(shown) > 8 else "")


def for_channels(values: Sequence[float], x: np.ndarray) -> np.ndarray:
    """A number for each channel of x, (1, C, 1..); the first for all where there are not as many, which is so at other
    sizes where another axis was taken for the channels."""
    told = np.array(values if len(values) == x.shape[1] else values[:1])
    return told.reshape(1, -1, *(1,) * (x.ndim - 2))


def detail(transforms: Sequence[Transform]) -> float:
    """Bits that the numbers take which were inferred, as they are written: one that is short hardly came by chance."""
    digits = (_digits(value) for each in transforms for value in set(each.inferred))
    return math.log2(10) * sum(digits)


def _digits(value: float) -> int:
    """Significant digits with which a number is written, of those that float32 holds."""
    return len(f"{abs(value):.8e}".partition("e")[0].replace(".", "").rstrip("0"))


def changed(conv: Linear, **changes: object) -> Linear:
    """`conv` with arrays (x, w, bias) and settings of its window replaced."""
    arrays = {key: changes.pop(key) for key in ("x", "w", "bias") if key in changes}
    return replace(conv, **arrays, window=replace(conv.window, **changes))  # type: ignore[arg-type]


def applied(form: Any, transforms: Iterable[Transform]) -> Any:
    """What a system computes that differs by `transforms`."""
    for transform in transforms:
        form = transform.differ(form)
    return form


def beside(transforms: Iterable[Transform], form: Any) -> tuple[Transform, ...]:
    """`transforms`, with what they take of the data of `form` after the sums."""
    return tuple(transform.beside(form) for transform in transforms)


def ends(transforms: Iterable[Transform]) -> bool:
    """Whether some of them make something of each value."""
    return any(type(each).end is not Transform.end for each in transforms)


def ended(y: np.ndarray, transforms: Iterable[Transform]) -> np.ndarray:
    """What becomes of the sums `y`, value by value."""
    for transform in transforms:
        y = transform.end(y)
    return y


def end_errors(y: np.ndarray, transforms: Iterable[Transform]) -> np.ndarray | float:
    """How far off what becomes of the sums `y` may be, in units of the roundoff, though these were exact."""
    found: np.ndarray | float = 0.0
    for transform in transforms:
        found = found + transform.errors(y)
        y = transform.end(y)
    return found


def read(y: np.ndarray, transforms: Sequence[Transform], shape: tuple[int, ...]) -> np.ndarray:
    """What is seen of the sums `y`: in `shape` where only some images or channels of it are, all of it for ()."""
    return located(ended(y, transforms), transforms, shape)


def located(y: np.ndarray, transforms: Iterable[Transform], shape: tuple[int, ...]) -> np.ndarray:
    """The elements of `y` that are seen, where they are seen, as `read` has them."""
    partial = y.shape[:2]
    for transform in transforms:
        y = transform.read(y)
        partial = (0, 0) if transform.leaves_out else partial
    if not shape or shape[:2] == y.shape[:2] == partial or any(seen > whole for seen, whole in zip(shape, y.shape)):
        return y
    return y[tuple(slice(0, size) for size in shape)]

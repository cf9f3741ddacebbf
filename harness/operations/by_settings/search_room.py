"""The search of an operation that is told by settings, as the rest of the house asks for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from harness.canonical import gaps
from harness.canonical.layout import canonical
from harness.canonical.magnitudes import magnitudes
from harness.canonical.product import Product
from harness.canonical.settled import Settled
from harness.operations.budget import Budget
from harness.operations.by_settings.orders import Question, Transforms
from harness.operations.by_settings.own_names import Layer
from harness.operations.by_settings.searching import COARSE, DEEPEST, MANY, Candidates
from harness.operations.operation import Solution
from harness.operations.stated import Recording, Stated
from harness.operations.transforms.sayings import shown
from harness.operations.transforms.transform import NUMBER, Transform, detail
from harness.rounding.noise import Noise

ENOUGH = 4
"""Elements of an output of which one that differs is the exception."""


class Room:
    """The search of one operation."""

    DEEPEST = DEEPEST

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def Search(self, question: Question, deepest: int = DEEPEST, budget: Budget | None = None) -> Candidates:
        return Candidates(self._layer, question, deepest, budget)

    def question(
        self,
        stated: Stated,
        form: Settled,
        observed: np.ndarray,
        slack: float,
        room: np.ndarray | None,
        dtype: str = "",
    ) -> Question:
        within = np.full(observed.shape, slack)
        if room is not None:
            known = gaps.filled(form)
            taken, noise = (Noise.of(known, observed, dtype, stated.dtype, narrow) for narrow in (True, False))
            most = max(noise.usual, float(magnitudes(known).P.max(initial=0.0)) * COARSE)
            within = np.broadcast_to(np.maximum(room - taken.largest, 0) + min(noise.largest, most), observed.shape)
        return Question(form, observed, slack, within, stated.arrays["input"].layout, stated.unknown)

    def quick(self, question: Question) -> Iterator[Transforms]:
        """Other settings alone: the most frequent causes."""
        search = Candidates(self._layer, question, deepest=1)
        search._bases = search._bases[:1]
        yield from itertools.chain(search.level(0), search.level(1))

    def explanations(
        self, search: Candidates, holds: Callable[[Transforms], bool] = lambda _: True
    ) -> Iterator[Transforms]:
        """All sets of changes that fit, fewest first, and those that have one more and hold no smaller one.

        What was found without long numbers has no name with them.
        """
        holding: set[frozenset[Transform]] = set()
        shortest = math.inf
        for count in range(search.deepest + 1):
            smaller = set(holding)
            for candidate in search.level(count):
                if any(each <= frozenset(candidate) for each in smaller) or detail(candidate) > shortest + NUMBER:
                    continue
                if frozenset(candidate) not in holding and holds(candidate):
                    holding.add(frozenset(candidate))
                    shortest = min(shortest, detail(candidate))
                    yield candidate
                if len(holding) - len(smaller) == MANY:
                    break
            if smaller or search.budget.spent:
                break

    def besides(self, question: Question, found: Transforms) -> Iterator[Sequence[Transforms]]:
        """Settings say themselves what they are."""
        return iter(())

    def other_values(self, question: Question, holds: Callable[[Transforms], bool]) -> Solution | None:
        """Those of a product; there are no others to solve for."""
        if not isinstance(question.form, Product) or question.observed.shape != question.form.output_shape:
            return None
        from harness.operations.by_settings.other_weights import other_weights

        return other_weights(self._layer, question, holds)

    def possible(self, form: Settled, values: np.ndarray, slack: float, coarse: float) -> bool:
        """Nothing is known of data that are not known, so nothing rules them out."""
        return True

    def pattern(self, question: Question, room: np.ndarray | float) -> list[str]:
        """Where an output is no further than `room` from what is meant, by the sign of the input where that tells."""
        if question.observed.shape != question.form.output_shape:
            return [f"the output has the shape {question.observed.shape}, meant is {question.form.output_shape}"]
        with np.errstate(invalid="ignore"):
            off = np.abs(question.observed - gaps.output(question.form)) > room
        share = f"{np.count_nonzero(off)} of {off.size} elements differ from what is meant"
        remarks = [share + (", all of them where the input is negative" if _negative(question, off) else "")]
        return [*remarks, *_alone(question, off)]

    def marks(self, question: Question) -> Transforms | None:
        """What is left beside what is meant marks no weights, which there are none of."""
        return None

    def hidden(self, question: Question, form: Settled, room: np.ndarray | float) -> list[str]:
        """What would not show in an output that is no further than `room` from that of `form`."""
        most, largest = (float(np.nanmax(np.abs(each), initial=0)) for each in (room, question.observed))
        return (
            [f"these data would not show a value that is off by {most / largest:.1g} of the largest one"]
            if largest
            else []
        )

    def of_recordings(
        self, question: Question, seen: Recording, earlier: Sequence[Recording], coarse: float
    ) -> list[str]:
        return []

    def came_to(self, form: Settled) -> dict[str, str]:
        """Settings, and what they are in `form`."""
        return {key: shown(value) for key, value in form.settings.items()}


def _alone(question: Question, off: np.ndarray) -> Iterator[str]:
    """The one element that differs, of enough: what a system does otherwise it does to more of them."""
    if np.count_nonzero(off) != 1 or off.size < ENOUGH:
        return
    place = np.argwhere(off)[0]
    seen, meant = (each[tuple(place)] for each in (question.observed, gaps.output(question.form)))
    where = ", ".join(f"{letter} {at}" for letter, at in zip(canonical("output", question.form.rank), place))
    yield (
        f"one element differs alone, at {where}: {seen:.9g} was observed, and {meant:.9g} is meant; "
        "it may be mistyped, or a fault there"
    )


def _negative(question: Question, off: np.ndarray) -> bool:
    x = question.form.x
    return x.shape == off.shape and bool(np.count_nonzero(off) > 1 and not (off & (x >= 0)).any())

"""Which other settings, orders of the arrays, factors and offsets give an observed output?

A candidate is at most one change of the input, up to two of settings, one of how the output is read, and a factor or an
offset that is read from the values. They are tried by their number, fewest first, each on all elements.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from harness.canonical import gaps
from harness.canonical.axis import outputs_at
from harness.canonical.settled import Settled
from harness.operations.budget import Budget
from harness.operations.by_settings.distinct import TELLING, Distinct, drawn, other_sizes
from harness.operations.by_settings.end_numbers import fits, of_all, of_most, without
from harness.operations.by_settings.ends import apart, before_bias, functions_of, holds, reordered, unnamed
from harness.operations.by_settings.inputs import evaluations, prepared, through
from harness.operations.by_settings.kept import KEPT, Kept
from harness.operations.by_settings.orders import Base, Question, Transforms, bases
from harness.operations.by_settings.own_names import Changes, Layer, alternatives, counted, sayings_of
from harness.operations.by_settings.whole_numbers import rounded_or_held
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied

DEEPEST = 3
ENDS = 3
"""Changes of the values that are read together: a factor, an offset and a function."""
COMPUTED = 3
"""Work (see `budget`) of each number that is computed on the way to an output."""
CANDIDATE, TOLD, READ, ENDED = (30_000, 30, 1), (40_000, 20, 2), (300_000, 150, 1), (100_000, 150, 0)
"""The same besides that of a candidate, for each element of its output, and how often that is computed; of what tells
changes apart; of the numbers that are read from an output; of a factor and an offset that are."""
PLACED = 40
"""The same of each element that was seen, to find its place in an output."""
COARSE = 2.0**-4
"""Share of the size of a sum by which no arithmetic is off, as the worst case of many terms would have it."""
SAMPLES, COSTLY = 8, 2**20
"""Elements that rule out a candidate, where an output is made of more terms than COSTLY."""
MANY = 100
"""Explanations of one level, after which there is no need of more."""


Item = TypeVar("Item")
Seen = tuple[np.ndarray, np.ndarray]
"""What was seen, and its errors."""
Changed = tuple[tuple[Setting, ...], Settled]
"""Changes of settings, and a form with them."""


class Candidates:
    """The candidates for one question."""

    def __init__(self, layer: Layer, question: Question, deepest: int = DEEPEST, budget: Budget | None = None) -> None:
        self.layer, self.question, self.deepest = layer, question, deepest
        self.budget = budget or Budget()
        self.left_out, self.whole, self.tested = 0, deepest, 0
        self._bases = list(bases(layer, question))
        self._single: dict[Base, list[Changed]] = {}
        self._ways: dict[tuple[Base, tuple[Setting, ...]], list[Transforms]] = {}
        self._known: dict[Settled, tuple[list[Changed], Distinct]] = {}
        self._places: dict[tuple[tuple[int, ...], Transforms], Seen | None] = {}
        self._kept = Kept()
        self._changed: tuple[Settled | None, dict[tuple[Setting, ...], Settled]] = None, {}

    def level(self, count: int) -> Iterator[Transforms]:
        """Sets of `count` changes that give what was seen, to the error that it may have."""
        for every, missing in itertools.product(self._parts(count), range(min(count, ENDS) + 1)):
            yield from self._level(every, count, missing)  # numbers are read where nothing else fits
            if self.budget.spent:
                self.left_out, self.whole = self.left_out + 1, min(self.whole, count - 1)
                return

    def _parts(self, count: int) -> list[Callable[[], Iterator[Base]]]:
        """The candidates but for settings, those that are tried before others first: arrays as they are, where it would
        take too long to try all of them."""
        first = partial(iter, self._bases[:1])
        if not count:
            return [first]
        return [first, partial(itertools.islice, self._bases, 1, None)] if self._costly else [self._distinct]

    @cached_property
    def _costly(self) -> bool:
        """Whether to try each once would take more than all the work there is."""
        once, each, times = CANDIDATE
        form = self.question.form
        every = len(self._bases) * (once + (each + times * COMPUTED * self._computed) * math.prod(form.output_shape))
        return every > self.budget.left

    def _level(self, every: Callable[[], Iterator[Base]], count: int, missing: int) -> Iterator[Transforms]:
        """The same of some candidates, of which `missing` are of the values: how an input was prepared, or what is made
        of the output."""
        for base in every():
            rest = count - self.question.count((*base.transforms, *base.reads))
            if rest < missing:
                continue
            for settings, form in self._affordable(self._settings(base, rest - missing)):
                yield from self._completed(base, settings, form, missing)
            if rest == missing == 2 and not self.budget.spent:
                yield from self._jointly(base)
            if missing == 0 and rest > 1 and base is self._bases[0]:
                yield from self._beside_preparation(base, rest - 1)

    def _take(self, form: Settled, work: tuple[int, int, int]) -> None:
        """Takes some work for a form, for each element of its output, and to compute that so often."""
        once, each, times = work
        self.budget.take(once + (each + times * COMPUTED * self._computed) * math.prod(form.output_shape))

    def _affordable(self, every: Iterable[Item]) -> Iterator[Item]:
        """Each of them, as long as there is work left for it."""
        return itertools.takewhile(lambda _: not self.budget.spent, every)

    @cached_property
    def _computed(self) -> int:
        """Numbers that are computed on the way to an output as it is meant; other settings compute about as many."""
        return self.question.form.work

    def _distinct(self) -> Iterator[Base]:
        """The candidates but for settings, without those that come to the same as no change of these, or as one."""
        return (each for each in self._bases if not _on_input(each.transforms) or each.transforms not in self._same)

    @cached_property
    def _same(self) -> set[Transforms]:
        """Changes of the input that come to the same as no change of settings, or as one."""
        first = self._bases[0]
        known = self._all_of([first.form, *(form for _, form in self._singles(first))])
        changes = dict.fromkeys(each.transforms for each in self._bases if _on_input(each.transforms))
        return {
            each
            for each in self._affordable(changes)
            if known.has(self._told(applied(first.form, each)), _fresh(first.form, each))
        }

    def _all_of(self, forms: Iterable[Settled]) -> Distinct:
        """These forms, to tell others from them."""
        known = Distinct()
        for form in self._affordable(forms):
            known.add(self._told(form), _fresh(form, ()))
        return known

    def _told(self, form: Settled) -> Settled:
        """What is computed of a form to tell it from others."""
        told = form.first(TELLING)
        self._take(told, TOLD)
        self._kept.add(told)
        return told

    def _settings(self, base: Base, differences: int) -> Iterator[Changed]:
        """No change of settings, one, or two of different keys: so many differences, as what was unknown is none."""
        if not differences:
            yield (), base.form
        if differences or self.question.unknown:
            yield from (each for each in self._singles(base) if self.question.count(each[0]) == differences)
        if differences > 1 or self.question.unknown:
            yield from self._pairs(base, differences)

    def _singles(self, base: Base) -> list[Changed]:
        """One change: what the operation knows, and what it reads from the output."""
        if base not in self._single:
            stated, known = self._stated(base.form)
            reads = counted(self._fitted(base, base.form))
            self._single[base] = [*stated, *self._changes(base.form, (), reads, known.copy())]
        return self._single[base]

    def _stated(self, form: Settled) -> tuple[list[Changed], Distinct]:
        """One change that the operation knows, the same however the output is read; and what these come to."""
        if form not in self._known:
            known = self._all_of([form])
            self._known[form] = list(self._changes(form, (), self._alternatives(form), known)), known
        return self._known[form]

    def _alternatives(self, form: Settled) -> Iterator[tuple[Changes, int]]:
        return ((each, 0) for each in alternatives(self.layer, form))

    def _pairs(self, base: Base, differences: int) -> Iterator[Changed]:
        """Two changes of different keys, each pair once; numbers are read from the output of an input as it is."""
        for both in self._both.get(differences, ()):
            yield tuple(sorted(both, key=lambda each: each.small)), self._with_both(base.form, both)

    def _with_both(self, form: Settled, both: tuple[Setting, ...]) -> Settled:
        """A form with two changes. Bases that differ in how the output is read follow each other, and share it."""
        if self._changed[0] is not form:
            self._changed = form, {}
        known = self._changed[1]
        if both in known:
            return known[both]
        changed = both[1].differ(both[0].differ(form))
        if math.prod(changed.output_shape) <= KEPT:
            known[both] = changed
        return changed

    def _jointly(self, base: Base) -> Iterator[Transforms]:
        """A factor or an offset that most elements have, and a setting that is read from the others."""
        whole = self._seen(base, base.form)
        if whole is None:
            return
        self._take(base.form, READ)
        for end in of_most(gaps.output(base.form), *whole):
            self._take(base.form, READ)
            reads = self.layer.fitted(base.form.unbiased, *before_bias(base.form, *without(end, *whole)))
            for changes, numbers in counted(reads):
                change = setting(base.form, changes, numbers)
                for each in of_all(end, gaps.output(change.differ(base.form)), *whole):
                    yield (*base.transforms, change, each, *base.reads)

    def _beside_preparation(self, base: Base, count: int) -> Iterator[Transforms]:
        """So many changes by which the input was prepared, and a setting that is read from what that gives."""
        whole = self._seen(base, base.form)
        if whole is None:
            return
        for way in through(base.form, *whole):
            form = applied(base.form, way)
            self._take(form, READ)
            for changes, numbers in counted(self._fitted(base, form)) if len(way) == count else ():
                change = setting(form, changes, numbers)
                if fits(gaps.output(change.differ(form)), *whole):
                    yield (*way, change)

    def _seen(self, base: Base, form: Settled) -> Seen | None:
        """What was seen and its errors in the places of the output of a form; None where it has no such place."""
        shape = form.output_shape
        if not self.question.holds(shape):
            return None
        if (shape, base.reads) in self._places:
            return self._places[shape, base.reads]
        self.budget.take(PLACED * math.prod(shape))
        found = self.question.whole(shape, base.reads)
        if found is None or found[0].size <= KEPT:
            self._places[shape, base.reads] = found
        return found

    @cached_property
    def _both(self) -> dict[int, list[tuple[Setting, ...]]]:
        """The pairs by how many differences they are, as found for the input as it is; what comes to the same as fewer
        or earlier ones is left out."""
        first, found = self._bases[0], defaultdict[int, list[tuple[Setting, ...]]](list)
        singles = self._singles(first)
        known = self._all_of([first.form, *(form for _, form in singles)])
        for (one,), changed in self._affordable(singles):
            every = itertools.chain(self._alternatives(changed), counted(self._fitted(first, changed)))
            for both, _ in self._changes(changed, (one,), every, known):
                found[self.question.count(both)].append(both)
        return found

    def _fitted(self, base: Base, form: Settled) -> Iterable[Changes]:
        """What the operation reads from the output, if all else is as in `form`."""
        seen = None if self.budget.spent else self._seen(base, form)
        if seen is None:
            return ()
        self._take(form, READ)
        return self.layer.fitted(form.unbiased, *before_bias(form, *seen))

    def _changes(
        self, form: Settled, before: tuple[Setting, ...], every: Iterable[tuple[Changes, int]], known: Distinct
    ) -> Iterator[Changed]:
        """One more change of a form, of another key; of those that come to the same at all sizes the first, of single
        ones under each name."""
        taken = {key for each in before for key in (each.key, *dict(each.others))}
        for changes, numbers in self._affordable(every):
            if taken.isdisjoint(changes):
                change = setting(form, changes, numbers)
                changed = change.differ(form)
                others = partial(other_sizes, form, (change,))
                if known.add(self._told(changed), _fresh(form, (change,)), others, "" if before else change.key):
                    yield (*before, change), changed

    def _completed(
        self, base: Base, settings: tuple[Setting, ...], form: Settled, missing: int
    ) -> Iterator[Transforms]:
        """The candidate where it gives what was seen, as it is or with so many more changes of the values."""
        self.tested += 1
        self.budget.take(CANDIDATE[0])
        seen = self._seen(base, form)
        if seen is None or (not missing and not _possible(form, *seen)):
            return
        self._take(form, (0, *CANDIDATE[1:]))
        self._kept.add(form)
        y = gaps.output(form)
        far = bool(missing) and apart(y, *seen, form.terms)
        for end in self._ends(y, seen, settings, form, missing, far):
            if holds(y, end, *seen):
                yield (*base.transforms, *settings, *reordered(form, end, seen[1]), *base.reads)
        if far and not base.reads and (not base.transforms or not settings) and len(settings) < 2:
            ways = (way for way in self._prepared(base, settings, form) if len(way) == missing)
            yield from ((*base.transforms, *way, *settings) for way in ways)

    def _ends(
        self, y: np.ndarray, seen: Seen, settings: tuple[Setting, ...], form: Settled, missing: int, far: bool
    ) -> Iterable[Transforms]:
        """What may be made of an output by so many changes; no function of one that is itself another than meant, nor
        the same once more, which is the same with another number. far: whether it is more than rounding errors."""
        if not missing:
            return [()]
        self._take(form, ENDED)
        if not far:
            return rounded_or_held(y, *seen, missing)
        ways = unnamed(form, y, *seen, missing)
        return (
            way for way in ways if all(each.function != form.settings.get("function") for each in functions_of(way))
        )

    def _prepared(self, base: Base, settings: tuple[Setting, ...], form: Settled) -> list[Transforms]:
        """Preparations of the input that give what was seen."""
        if (base, settings) not in self._ways:
            seen, times = self._seen(base, form), evaluations(form.x.shape[1])
            self._take(form, (0, CANDIDATE[1] * times, times))
            self._ways[base, settings] = [] if seen is None else list(prepared(form, *seen, not base.transforms))
        return self._ways[base, settings]


def _possible(form: Settled, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether some elements of a large output allow it; all of a small one are looked at elsewhere, and so are all
    where one takes all of the input."""
    if form.terms == 1 or form.terms * seen.size < COSTLY:
        return True
    known = np.argwhere(np.isfinite(seen))
    places = known[:: max(len(known) // SAMPLES, 1)]
    at = tuple(places.T)
    y = outputs_at(form, places)
    return not bool((np.abs(y - seen[at]) > room[at]).any())


def setting(form: Settled, changes: Changes, numbers: int = 0) -> Setting:
    """The change of a form by other settings, of which so many numbers were read from the output."""
    (key, value), *others = changes.items()
    return Setting(key, value, form.settings.get(key), tuple(others), numbers, sayings_of(form.meaning))


def _on_input(transforms: Transforms) -> bool:
    return bool(transforms) and all(each.touches == ("x",) for each in transforms)


def _fresh(form: Settled, transforms: Transforms) -> Callable[[], Settled]:
    """What makes the form of fresh data, and changes it so."""
    return lambda: applied(drawn(form), transforms)

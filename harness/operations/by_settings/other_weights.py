"""What no setting explains of a product: weights that were rounded, outputs in another order, other weights.

A product is a window of one sample that moves over what is flattened, so what is known of windows serves here, too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from harness.canonical import gaps
from harness.canonical.product import Product
from harness.canonical.settled import Settled
from harness.operations.budget import Budget
from harness.operations.by_settings.ends import holds as gives
from harness.operations.by_settings.ends import unnamed
from harness.operations.by_settings.orders import Question, Transforms
from harness.operations.by_settings.own_names import Layer, alternatives
from harness.operations.by_settings.searching import setting
from harness.operations.operation import Solution
from harness.operations.transforms.quantizing import QUANTIZERS
from harness.operations.transforms.transform import applied
from harness.operations.transforms.values import Precision
from harness.operations.windowed.search import solve
from harness.operations.windowed.search.permuted import permuted
from harness.operations.windowed.search.question import Question as OfWindows

RARE = 2 * 10**9
"""Work (see `budget`) to look for these."""
TIMES = 2 * len(QUANTIZERS)
"""How often an output is computed for each change of settings, about."""


def other_weights(layer: Layer, question: Question, holds: Callable[[Transforms], bool]) -> Solution | None:
    """Tries these, first of what is meant, then with one other setting; gives weights that were solved for, where it
    needed them."""
    budget = Budget(RARE)
    for changes in ((), *((setting(question.form, each),) for each in alternatives(layer, question.form))):
        form = applied(question.form, changes)
        budget.take(TIMES * form.terms * math.prod(form.output_shape))
        if budget.spent:
            return None
        if form.output_shape == question.observed.shape and _any_holds(form, question, changes, holds):
            return None
    solution = solve.solve(_of_windows(question.form, question))
    if solution and solution.values:
        holds((solution.values,))
    return solution


def _any_holds(form: Settled, question: Question, changes: Transforms, holds: Callable[[Transforms], bool]) -> bool:
    """Whether one kind holds with some changes; of that kind all are tried."""
    asked = _of_windows(form, question)
    single = ((each,) for each in solve.single_taps(asked))
    kinds = (_rounded(form, question, not changes), permuted(asked, [()]), single)
    return any([each for each in kind if holds((*changes, *each))] for kind in kinds)


def _of_windows(form: Settled, question: Question) -> OfWindows:
    """The question of a window of one sample."""
    assert isinstance(form, Product)
    return OfWindows(form.linear, question.observed, float(np.nanmax(question.room)), room=question.room)


def _rounded(form: Settled, question: Question, more: bool) -> Iterator[Transforms]:
    """The weights as they were stored; more: also with one thing that is made of the output."""
    seen, room = question.observed, question.room
    for name in QUANTIZERS:
        stored = Precision(name, "kernel")
        changed = applied(form, (stored,))
        y = gaps.output(changed)
        ways = itertools.chain([()], unnamed(changed, y, seen, room) if more else [])
        yield from ((stored, *way) for way in ways if gives(y, way, seen, room))

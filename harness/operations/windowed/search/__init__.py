"""Which changes of the intended call give the observed values? See `candidates` for how they are found.

`explanations` gives the set of all that fit, `quick` the likeliest for the many outputs of a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.canonical.gaps import filled, output
from harness.canonical.window import CONSTANT, Linear, numbers_text, pairs_text
from harness.operations.budget import Budget
from harness.operations.stated import Recording, Stated
from harness.operations.transforms import in_order
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Arithmetic, Bias, Precision, Scale
from harness.operations.windowed.search import agreement, faint, residual, solve, structure, unknowns
from harness.operations.windowed.search.bordered import bordered
from harness.operations.windowed.search.candidates import DEEPEST as DEEPEST
from harness.operations.windowed.search.candidates import Search as Search
from harness.operations.windowed.search.check import CONFIRMED, completed, completions, work
from harness.operations.windowed.search.fields import fields, kernel_axes
from harness.operations.windowed.search.limited import limited
from harness.operations.windowed.search.odd import ORDERED
from harness.operations.windowed.search.outputs import OPEN
from harness.operations.windowed.search.permuted import permuted
from harness.operations.windowed.search.preparation import prepared
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms
from harness.rounding.noise import Noise

MADE, FITTED = 300, 3_000_000
"""Candidates of one level of which is fitted what was made of their sums, likeliest first; work to fit one."""
MOST = 1500
"""Candidates of one level that are evaluated in full, likeliest first."""
MANY = 200
"""Explanations of one level, after which there is no need of more."""
HALF = 0.5
"""By how much rounding to a whole number may be off."""
RARE = 2 * 10**9
"""Work to look for what is rare."""


def question(
    stated: Stated, form: Linear, observed: np.ndarray, slack: float, room: np.ndarray | None, dtype: str = ""
) -> Question:
    """The question what changes of `form`, which is what is stated or a known change of it, give `observed`."""
    x, w = (stated.arrays[role].layout for role in ("input", "kernel"))
    recipe = padding if isinstance(padding := stated.settings["padding"], str) else None
    if room is not None:
        noise = Noise.of(filled(form), observed, dtype, stated.dtype)
        room = np.maximum(room - noise.largest, 0) + noise.usual
    return Question(form, observed, slack, x, w, recipe, stated.unknown, room, dtype).settled()


def quick(question: Question) -> Iterator[Transforms]:
    """The two most frequent causes, alone and together: reversed kernels and other paddings."""
    search = Search(question, deepest=2, quick=True)
    for count in (1, 2):
        for candidate in search.level(count):
            found = completed(question, candidate, search.budget)
            if found:
                yield found


def explanations(search: Search, holds: Callable[[Transforms], bool] = lambda _: True) -> Iterator[Transforms]:
    """All sets of changes that fit, likeliest first: the smallest ones, and those that have one change more.

    A set that holds a smaller one is left out: what it adds changes nothing here. A set for which `holds` is false does
    not count. Candidates that are not looked at are counted in `search.left_out`: beyond MOST of one number of changes,
    MANY that hold, or the budget.
    """
    holding: set[frozenset[Transform]] = set()
    last = search.deepest
    for count, made in _stages(search):
        smaller = set(holding)
        if count > last:
            break
        if search.budget.spent:
            search.ends(count + made)
            break
        if made and holding:  # what explains it needs no other ending
            continue
        candidates = [each for each in search.level(count, made) if smaller.isdisjoint(_parts(each))]
        for number, candidate in enumerate(candidates):
            if number == (MADE if made else MOST) or len(holding) - len(smaller) == MANY or search.budget.spent:
                if not made:
                    search.left_out += len(candidates) - number
                if not made or search.budget.spent:
                    search.ends(count + made)
                break
            search.budget.take(FITTED * made)
            for whole in completions(search.question, candidate, search.budget):
                search.budget.take(work(applied(search.question.form, whole), CONFIRMED))
                if holds(whole):
                    holding.add(frozenset(candidate))
                    last = min(last, count if made else count + 1)
                    yield whole
                    break
        if len(holding) >= MANY:
            break


def _stages(search: Search) -> Iterator[tuple[int, bool]]:
    """Numbers of changes, and whether something is made of the sums, in the order in which they are tried."""
    for count in range(search.deepest + 1):
        yield count, False
        if search.made and count:
            yield count, True


def other_values(question: Question, holds: Callable[[Transforms], bool]) -> solve.Solution | None:
    """Tries what is rare, then what no convention is: one tap of another value, or a kernel that is solved for.

    Gives the latter where it was needed.
    """
    held: list[frozenset[Transform]] = []
    for ways in rarer(question):
        if ways[0] and not any(each <= frozenset(ways[0]) for each in held):
            held += [frozenset(way) for way in itertools.islice(filter(holds, ways), 1)]
    if held:
        return None
    if [each for each in solve.single_taps(question) if holds((each,))]:
        return None
    solution = solve.solve(question)
    if solution and solution.values:
        holds((solution.values,))
    return solution


def besides(question: Question, found: Transforms) -> Iterator[Sequence[Transforms]]:
    """What may be the case where `found` holds and is said with numbers that explain themselves, or of all data.

    A bias that is fitted may be an offset of the input; where inputs are rounded, only the kernel may be. Of each
    explanation the ways to say it, the best first.
    """
    of_sums = [each for each in found if isinstance(each, Bias | Scale) and each.fitted]
    if any(isinstance(each, Bias) for each in of_sums):
        yield from prepared(question, [tuple(each for each in found if not isinstance(each, Bias | Scale))])
    rounded = [each for each in found if isinstance(each, Arithmetic | Precision)]
    if rounded:
        rest = [each for each in found if each not in rounded]
        yield from ([in_order((*rest, Precision(name, "kernel")))] for name in ("float16", "bfloat16"))


def rarer(question: Question) -> Iterator[Sequence[Transforms]]:
    """What is rare and gives what was observed: of each explanation the ways to say it, the best first."""
    if question.observed.ndim != question.form.x.ndim:
        return
    yield from ([each] for each in explanations(Search(question, deepest=2, rare=True, budget=Budget(RARE))))
    windows = list(fields(question))
    yield from ([each] for each in limited(question, windows, Budget(RARE)))
    known = [*windows, *kernel_axes(question)]
    yield from prepared(question, known)
    yield from ([each] for each in _prepared_for_whole(question, known))
    yield from ([each] for each in bordered(question, windows, Budget(RARE)))
    if len(question.form.w) > ORDERED or question.form.window.groups > 1:
        yield from ([each] for each in permuted(question, windows))


def _prepared_for_whole(question: Question, windows: Sequence[Transforms]) -> Iterator[Transforms]:
    """Preparations of an input of which the sums were made whole numbers, as those say that no limit cuts off."""
    if np.dtype(question.dtype or np.float64).kind not in "iu":
        return
    low, high = np.nanmin(question.observed), np.nanmax(question.observed)
    inside = np.where((question.observed > low) & (question.observed < high), question.observed, np.nan)
    if not np.isfinite(inside).any():
        return
    apart = replace(question, observed=inside, slack=2 * HALF, room=np.full(inside.shape, HALF))
    for ways in prepared(apart, windows):
        whole = (each for way in ways for each in completions(question, (*way, OPEN), Budget(RARE)))
        yield from itertools.islice(whole, 1)


def possible(form: Linear, values: np.ndarray, slack: float, coarse: float) -> bool:
    """Whether some data in place of those that are not known (NaN in `form`) give `values`, as far as can be told."""
    equations = unknowns.system(form, values, slack, coarse)
    return equations is None or bool(equations.solution[2])


def pattern(question: Question, room: np.ndarray | float) -> list[str]:
    """Where an output agrees with what is meant, from which it may be so far off per element, and what follows."""
    if question.observed.ndim != question.form.x.ndim or not question.observed.size:
        return []
    seen, meant = agreement.placed(question.observed, question.form), output(question.form)
    return [*agreement.with_the_intended(question, room), *residual.looks(question.form, seen, meant, room)]


def marks(question: Question) -> Transforms | None:
    """What explains what is left beside what is meant better than rounding does, see `faint`."""
    return faint.marks(question)


def hidden(question: Question, form: Linear, room: np.ndarray | float) -> list[str]:
    """What would not show in an output that is no further than `room` from that of `form`."""
    share = faint.limit(replace(question, form=form), room)
    if share is None:
        return []
    return [f"these data would not show a kernel element that is off by {share:.1g} of the largest one"]


def of_recordings(question: Question, seen: Recording, earlier: Sequence[Recording], coarse: float) -> list[str]:
    """What can be said of a recording, and of it beside earlier ones, where the data are not known in full."""
    return list(structure.remarks(question, seen, earlier, coarse))


def came_to(form: Linear) -> dict[str, str]:
    """Settings that may be unknown, and what they are in `form`."""
    win = form.window
    return {
        "stride": numbers_text(win.stride),
        "dilation": numbers_text(win.dilation),
        "padding": f"{pairs_text(win.padding)} (low:high per axis)",
        "boundary": win.boundary + (f" of {win.constant:.7g}" if win.boundary == CONSTANT else ""),
        "constant": f"{win.filling:.7g}",
    }


def _parts(transforms: Transforms) -> Iterator[frozenset[Transform]]:
    sizes = range(len(transforms) + 1)
    return (frozenset(part) for size in sizes for part in itertools.combinations(transforms, size))

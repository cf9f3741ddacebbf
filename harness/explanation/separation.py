"""Fresh data: on which changes come to the same, and which tell them apart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.axis import outputs_at
from harness.canonical.gaps import filled
from harness.canonical.instance import Form
from harness.canonical.reference import direct
from harness.case.read import Case
from harness.grammar.streams import RawStream
from harness.judge.verdict import Judge
from harness.operations.spoken import main_roles
from harness.operations.transforms.transform import Transform, applied, beside, read

LOW, HIGH = 1, 99
"""Range of the whole numbers of an input that tells explanations apart."""
SEEDS = 4
ALL = 2**24
"""Products up to which all of an output is looked at."""
ANYWHERE = 256
"""Places anywhere in a larger output that are looked at."""

Transforms = Sequence[Transform]


@dataclass(frozen=True)
class Separation:
    """Data of the case's shapes that tell explanations apart: whole numbers, drawn as a case draws them.

    shapes: of the arrays that must be drawn, by role; those after the first with `seed: input`.
    """

    seed: int
    shapes: Mapping[str, tuple[int, ...]]

    def as_json(self) -> dict[str, Any]:
        """The keys of a case file that hold these data."""
        drawn = {"low": LOW, "high": HIGH}
        seeds = itertools.chain([self.seed], itertools.repeat("input"))
        return {
            role: {"integers": {"shape": list(shape), "seed": seed, **drawn}}
            for (role, shape), seed in zip(self.shapes.items(), seeds)
        }


def separation(judge: Judge, rivals: Sequence[Transforms]) -> Separation | None:
    """Data on which the outputs of changes all differ, by at least 1; None where none were found."""
    roles = main_roles(judge.case.operation)
    for some, seed in itertools.product((roles[:1], roles), range(SEEDS)):
        drawn = _drawn(judge.case, some, seed)
        form = filled(applied(judge.case.given(**drawn).meant(), judge.base))
        outputs = [_looked_at(form, transforms) for transforms in rivals]
        if all(_apart(a, b) for i, a in enumerate(outputs) for b in outputs[:i]):
            return Separation(seed, {role: _as_stated(judge.case, role).shape for role in some})
    return None


def _drawn(case: Case, roles: Sequence[str], seed: int) -> dict[str, np.ndarray]:
    """Whole numbers for these arrays, as a case file draws them: in the order of their layouts, from one stream."""
    stream = RawStream("PCG64", seed)
    drawn = {}
    for role in roles:
        shape = _as_stated(case, role).shape
        values = stream.integers(LOW, HIGH, math.prod(shape)).reshape(shape)
        drawn[role] = layout.to_canonical(values, case.arrays[role].layout, role, case.rank)
    return drawn


def _as_stated(case: Case, role: str) -> np.ndarray:
    """The array of a role with the axes that the case states."""
    given = case.arrays[role]
    return layout.from_canonical(given.values, given.layout, role)


def coincide(judge: Judge, rivals: Sequence[Transforms]) -> bool:
    """Whether some of these changes come to the same on all data of this size, and to something else at another."""
    form = filled(judge.intended.form)
    here, everywhere = (signatures(form, sizes) for sizes in (False, True))
    seen = [(here(each), everywhere(each)) for each in rivals]
    return any(a[0] == b[0] and a[1] != b[1] for number, a in enumerate(seen) for b in seen[:number])


def signatures(form: Form, sizes: bool = True, shape: Sequence[int] = ()) -> Callable[[Transforms], bytes]:
    """What changes come to on fresh data of the shapes of `form`: equal for those that always come to the same.

    sizes: whether on data of other sizes, too, where that may be something else. shape: that of the first elements of
    the output, where only these count.
    """
    stream = RawStream("PCG64", 0)

    def draw(size: int) -> np.ndarray:
        return stream.integers(LOW, HIGH, size)

    every = [form.drawn(draw), *(form.of_other_sizes(draw) if sizes and not shape else ())]

    def signature(transforms: Transforms) -> bytes:
        found = [_looked_at(each, transforms, shape) for each in every]
        return b"".join(repr(sizes).encode() + (np.round(y, form.places) + 0.0).tobytes() for sizes, y in found)

    return signature


def _looked_at(form: Form, transforms: Transforms, shape: Sequence[int] = ()) -> tuple[tuple[int, ...], np.ndarray]:
    """The shape of what changes give, and its values: all of them, or those of a large one that tell most.

    shape: that of its first elements, where only these count.
    """
    first = tuple(map(slice, shape))
    changed = applied(form, transforms)
    whole = changed.output_shape
    if 0 in whole:
        return whole, np.zeros(whole)
    if math.prod(whole) * changed.terms <= ALL:
        y = read(direct(changed), beside(transforms, form), ())[first]
        return y.shape, y
    index = read(np.arange(math.prod(whole)).reshape(whole), transforms, ())[first]
    places = np.transpose(np.unravel_index(index[tuple(_telling(index.shape).T)], whole))
    return index.shape, outputs_at(changed, places)


def _telling(shape: tuple[int, ...]) -> np.ndarray:
    """Places near all ends and in the middle of every axis, and some anywhere."""
    ends = [sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size))) for size in shape]
    ends[:2] = [[0, size - 1] if size > 1 else [0] for size in shape[:2]]
    anywhere = np.random.default_rng(0).integers(0, shape, (ANYWHERE, len(shape)))
    return np.concatenate([list(itertools.product(*ends)), anywhere])


def _apart(one: tuple[tuple[int, ...], np.ndarray], other: tuple[tuple[int, ...], np.ndarray]) -> bool:
    (shape, a), (other_shape, b) = one, other
    return shape != other_shape or bool(np.abs(a - b).max(initial=0.0) > 1e-3 * max(np.abs(a).max(initial=0), 1.0))

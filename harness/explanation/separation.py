"""Fresh data: on which changes come to the same, and which tell them apart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.gaps import filled
from harness.canonical.instance import Form
from harness.canonical.reference import direct
from harness.case.read import Case
from harness.grammar.streams import RawStream
from harness.judge.verdict import Judge
from harness.operations.spoken import main_roles
from harness.operations.transforms.transform import Transform, applied, read

LOW, HIGH = 1, 99
"""Range of the whole numbers of an input that tells explanations apart."""
SEEDS = 4

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
        outputs = [_output(form, transforms) for transforms in rivals]
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
        drawn[role] = layout.to_canonical(values, case.arrays[role].layout, role)
    return drawn


def _as_stated(case: Case, role: str) -> np.ndarray:
    """The array of a role with the axes that the case states."""
    given = case.arrays[role]
    return layout.from_canonical(given.values, given.layout, role)


def signature(form: Form, transforms: Transforms, shape: Sequence[int] = ()) -> bytes:
    """The output on fresh data, exact on whole numbers: equal for changes that always come to the same.

    shape: that of its first elements, where only these count.
    """
    stream = RawStream("PCG64", 0)
    fresh = form.drawn(lambda size: stream.integers(LOW, HIGH, size))
    y = _output(fresh, transforms)[tuple(map(slice, shape))]
    return repr(y.shape).encode() + (np.round(y, form.places) + 0.0).tobytes()


def _output(form: Form, transforms: Transforms) -> np.ndarray:
    return read(direct(applied(form, transforms)), transforms, ())


def _apart(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape != b.shape or bool(np.abs(a - b).max(initial=0.0) > 1e-3 * max(float(np.abs(a).max(initial=0)), 1.0))

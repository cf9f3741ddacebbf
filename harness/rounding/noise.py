"""How far off an output may be by the arithmetic that made it, for searches to start from; what they find is judged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.canonical.instance import Form
from harness.rounding.formats import BFLOAT16, DTYPES, FLOAT16, FLOAT32, Format
from harness.rounding.rungs import rough


@dataclass(frozen=True)
class Noise:
    """Absolute errors: `largest`, that no value of an output exceeds, and `usual`, that hardly one does."""

    largest: float
    usual: float

    @classmethod
    def of(cls, form: Form, values: np.ndarray, dtype: str, data: str, narrow: bool = True) -> Noise:
        """That of `values`, of `dtype`, as an output of `form`, whose data are known and of the dtype `data`.

        narrow: whether they may have been rounded to a narrower format before, of which they are numbers.
        """
        exact = dtype not in DTYPES and form.exact_in(FLOAT32.digits)
        summed = "float64" if exact else "float32" if dtype == FLOAT16.name else arithmetic(dtype, data)
        wide = values.astype(np.complex128 if np.iscomplexobj(values) else np.float64)
        most = float(np.abs(wide).max(initial=0.0, where=np.isfinite(values)))
        stored = max((fmt.u for fmt in kept_in(values, dtype) if narrow), default=0.0) * most
        usual = 4 * DTYPES[summed].u * (2 * form.largest + math.sqrt(form.terms) * most)  # see `statistical`
        return cls(rough(form.terms, summed) * form.largest + stored, usual + stored)


def kept_in(values: np.ndarray, dtype: str) -> Iterator[Format]:
    """Narrower formats of which all values of a `dtype` are numbers: they may have been rounded to one before.

    Whole numbers are left out, which are numbers of many formats.
    """
    finite = values[np.isfinite(values)]
    if dtype == FLOAT16.name:
        yield FLOAT16
    elif dtype in DTYPES and (finite != np.rint(finite)).any():
        yield from (fmt for fmt in (FLOAT16, BFLOAT16) if fmt.holds(finite).all())


def arithmetic(dtype: str, data: str) -> str:
    """The dtype of the sums of which an output of `dtype` was made: that of the data where it is a whole number."""
    return dtype if dtype in DTYPES else data if data in DTYPES else "float64"

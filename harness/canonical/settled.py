"""The canonical form of operations that are told by settings: a formula of arrays, the input's among them.

    y[n, c, i..] = factor[c] * (formula(x, other arrays, settings)[n, c, i..] + bias[c]) + offset[c]

The formula is written once, for the three arithmetics of `harness.canonical.arithmetic`: plain, in twice the precision,
and with its errors. The bias is an array that may be given. Factor and offset are 1 and 0 unless a system is found to
have others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Protocol, Self

import numpy as np

from harness.canonical import axis, gaps, magnitudes, reference, running_error, slack
from harness.canonical.arithmetic import bounded, counted, plain, twofold
from harness.canonical.arithmetic.parts import Parts
from harness.ending import Mistake

BIAS = "bias"
"""The array that is added to each output channel, and the setting that says how often where that is not once."""
LEFT_OUT, TWICE, NEGATED = "none", "twice the stated", "minus the stated"
TIMES: Mapping[str | None, int] = {None: 1, LEFT_OUT: 0, TWICE: 2, NEGATED: -1}
"""How often the bias is added, by that setting."""
TWOFOLD = 300
"""Products whose time an element takes in twice its precision, about."""
LARGER, LARGE = (1, 2), 2**18
"""Samples by which an input of another size is larger; elements of one beside which others are not looked at."""


class FormulaError(Mistake):
    """A formula asks an arithmetic for what it has not; the text says what to add, and where."""


class Meaning(Protocol):
    """What an operation computes: the module of the operation has these names."""

    def formula(self, np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
        """The output (N, C, *spatial) in the arithmetic `np`; `arrays` are its arrays by name."""

    def output_shape(self, shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]:
        """The shape of the output; a size of 0 where there is none."""

    def ways(self, settings: Mapping[str, Any]) -> Iterable[Callable[..., Any]]:
        """Other formulas of the same, which systems compute: their errors may be larger."""

    def rounds(self, settings: Mapping[str, Any]) -> bool:
        """Whether it rounds on whole numbers; where it only chooses among its inputs it does not."""


@dataclass(frozen=True, eq=False)
class Settled:
    """One instance of the form. arrays: by name, `x` among them, with canonical axes. settings: by key.

    factor, offset: of each output channel, or of all. prepared: roundings of each number of the input before the
    formula takes it, and the most that was added to one.
    """

    arrays: dict[str, np.ndarray]
    settings: Mapping[str, Any]
    meaning: Meaning
    factor: np.ndarray | None = None
    offset: np.ndarray | None = None
    prepared: tuple[int, float] = (0, 0.0)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def x(self) -> np.ndarray:
        return self.arrays["x"]

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    @property
    def rank(self) -> int:
        return self.x.ndim - 2

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        """No channels where what is said of each says it of more or fewer; a factor for all is one for any number."""
        shapes = {name: each.shape for name, each in self.arrays.items()}
        images, channels, *spatial = self.meaning.output_shape(shapes, self.settings)
        each = [self.arrays.get(BIAS), *(said for said in (self.factor, self.offset) if said is None or np.ptp(said))]
        fits = all(said is None or len(said) == channels for said in each)
        return (images, channels if fits else 0, *spatial)

    @property
    def places(self) -> int:
        return 10

    @property
    def terms(self) -> int:
        return 1

    @property
    def work(self) -> int:
        """Numbers that are computed on the way to one number of the output, about."""
        tally: list[int] = []
        self.computed(plain, lambda each: counted.lifted(each, tally))
        return math.ceil(sum(tally) / max(math.prod(self.output_shape), 1))

    @property
    def largest(self) -> float:
        errors, x = magnitudes.magnitudes(self).A, np.abs(self.x, dtype=np.float64)
        return float(max(errors.max(initial=0.0), x.max(initial=0.0, where=np.isfinite(x))))

    def of_prepared(self, prepare: Callable[[np.ndarray], np.ndarray], added: float) -> Settled:
        """One more rounding of each number of the input."""
        roundings, most = self.prepared
        return replace(self.map(prepare, "x"), prepared=(roundings + 1, max(most, added)))

    def with_settings(self, **changes: Any) -> Settled:
        """The same with other settings; one of None is left out."""
        settings = {**self.settings, **changes}
        kept = {key: value for key, value in settings.items() if value is not None}
        return replace(self, settings=kept, _kept={})

    def map(self, function: Callable[[np.ndarray], np.ndarray], *names: str) -> Settled:
        new = {name: function(each) if name in names or not names else each for name, each in self.arrays.items()}
        return replace(self, arrays=new, _kept={})

    def drawn(self, draw: Callable[[int], np.ndarray]) -> Settled:
        """An input of both signs, up to 6 and in some places up to 49; other arrays positive, up to 3."""
        fresh = self.map(lambda each: draw(each.size).reshape(each.shape) / 32.0)
        return fresh.map(lambda x: _spread(x * 32 - 50), "x")

    def of_other_sizes(self, draw: Callable[[int], np.ndarray]) -> Iterator[Settled]:
        """Inputs that are larger along each spatial axis, as far as no other array has one."""
        others = (each for name, each in self.arrays.items() if name != "x")
        if not self.rank or self.x.size > LARGE or any(each.ndim > 1 for each in others):
            return
        for more in LARGER:
            yield self.map(partial(_larger, more), "x").drawn(draw)

    def first(self, channels: int) -> Settled:
        """All of it: statistics and windows may tie it together."""
        return self

    @property
    def times(self) -> int:
        """How often the bias is added to what the formula gives; 0 where there is none."""
        return TIMES[self.settings.get(BIAS)] if BIAS in self.arrays else 0

    @property
    def unbiased(self) -> Self:
        """What the formula alone gives."""
        return self.with_bias(None)

    def with_bias(self, bias: np.ndarray | None) -> Self:
        """The same with another bias, or with none."""
        rest = {name: each for name, each in self.arrays.items() if name != BIAS}
        return replace(self, arrays=rest if bias is None else {**rest, BIAS: bias}, _kept={})

    def exact_in(self, digits: int) -> bool:
        if self.meaning.rounds(self.settings) or self.factor is not None or self.offset is not None:
            return False
        values = self.arrays.items()
        largest = {name: float(np.abs(each, dtype=np.float64).max(initial=0)) for name, each in values}
        added = abs(self.times) * largest.pop(BIAS, 0.0)
        return all(_whole(each) for _, each in values) and added + max(largest.values()) < 2.0**digits

    def scaled(self, factors: np.ndarray) -> Settled:
        factor = factors if self.factor is None else self.factor * factors
        return replace(self, factor=factor, offset=None if self.offset is None else self.offset * factors, _kept={})

    def shifted(self, offsets: np.ndarray) -> Settled:
        return replace(self, offset=offsets if self.offset is None else self.offset + offsets, _kept={})

    def forget(self) -> None:
        """Drops the output that is kept, which takes memory; it is computed again where it is asked for."""
        self._kept.clear()

    def computed(
        self,
        arithmetic: Any,
        lifted: Callable[..., Any] = np.asarray,
        way: Callable[..., Any] | None = None,
        **errors: np.ndarray,
    ) -> Any:
        """The output in an arithmetic; `lifted` makes its numbers of float64, `way` is another formula.

        errors: of arrays by name, in units of the roundoff, for an arithmetic that has them.
        """
        given = {name: (each.astype(np.float64), errors.get(name)) for name, each in self.arrays.items()}
        arrays = {name: lifted(each) if error is None else lifted(each, error) for name, (each, error) in given.items()}
        with np.errstate(all="ignore"):
            y = self.summed(arithmetic, arrays, way)
            y = y if self.factor is None else y * lifted(self.for_channels(self.factor))
            return y if self.offset is None else y + lifted(self.for_channels(self.offset))

    def for_channels(self, said: np.ndarray) -> np.ndarray:
        """A factor or an offset of each output channel, or one for all, in a shape that meets the output."""
        return column(said if len(said) == self.output_shape[1] else said[:1], self.rank)

    def summed(self, arithmetic: Any, arrays: Mapping[str, Any], way: Callable[..., Any] | None = None) -> Any:
        """What the formula gives of arrays in an arithmetic, and the bias added."""
        y = _calculated(way or self.meaning.formula, arithmetic, arrays, self.settings)
        if not self.times or y.shape[1] != len(self.arrays[BIAS]):
            return y[:, : self.output_shape[1]]
        bias = arrays[BIAS].reshape(-1, *(1,) * self.rank)
        return y + (bias if self.times == 1 else self.times * bias)


def _calculated(
    formula: Callable[..., Any], arithmetic: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]
) -> Any:
    """What a formula gives. Raises FormulaError where it asks for what an arithmetic, or its numbers, have not."""
    try:
        return formula(arithmetic, arrays, settings)
    except AttributeError as error:
        if error.obj is not arithmetic and not isinstance(error.obj, Parts):
            raise
        asked = f"np.{error.name}" if error.obj is arithmetic else f".{error.name} of an array"
        raise FormulaError(
            f"the formula {formula.__module__}.{formula.__qualname__} asks for {asked}, which {arithmetic.__name__} "
            f"has not; add it to plain.py, twofold.py and bounded.py there, or use {', '.join(plain.__all__)}"
        ) from error


def _larger(more: int, x: np.ndarray) -> np.ndarray:
    """Nothing yet, of the shape of x but for its spatial axes, no two of which grow alike."""
    return np.zeros((*x.shape[:2], *(size + more + axis for axis, size in enumerate(x.shape[2:]))), x.dtype)


def _spread(whole: np.ndarray) -> np.ndarray:
    """Whole numbers over 8, some of them as they are: beyond the thresholds that formulas have."""
    return np.where(np.arange(whole.size).reshape(whole.shape) % 5 == 4, whole, whole / 8)


def column(values: np.ndarray, rank: int) -> np.ndarray:
    """One number for each channel, in a shape that meets (N, C, *spatial)."""
    return np.asarray(values, np.float64).reshape(-1, *(1,) * rank)


def _whole(values: np.ndarray) -> bool:
    return values.dtype.kind in "iub" or bool((values == np.rint(values)).all())


@dataclass(frozen=True, eq=False)
class Errors:
    """How far a computed output may lie off, in units of the roundoff: what bounds on errors need.

    A: for each element, from `bounded`, the largest of all ways in which systems compute it; 0 where it is not finite,
    since no error bound holds there.
    """

    A: np.ndarray

    @property
    def P(self) -> np.ndarray:
        """What one element is measured by beside others; here it is the bound itself."""
        return self.A

    @property
    def n(self) -> int:
        """Numbers that may underflow on the way to an element."""
        return 4


@reference.evaluated.register
def _evaluated(form: Settled, most: float) -> tuple[np.ndarray, int]:
    """The output (N, C, *spatial) in float64, rounded from twice its precision; in plain float64 where it is large.

    The rounded value is off by no more than 2**-88 of the largest number on the way to it, before that last rounding.
    """
    size = math.prod(form.output_shape)
    if size * TWOFOLD > most:
        return np.asarray(reference.direct(form)), 0
    return np.asarray(twofold.lifted(form.computed(twofold, twofold.Twofold)).rounded), size


@reference.direct.register
def _computed(form: Settled) -> np.ndarray:
    if "plain" not in form._kept:
        form._kept["plain"] = np.asarray(form.computed(plain), np.float64)
    return np.asarray(form._kept["plain"])


@magnitudes.magnitudes.register
def _magnitudes(form: Settled) -> Errors:
    ways = (form.meaning.formula, *form.meaning.ways(form.settings))
    roundings, most = form.prepared
    of_input = roundings * (np.abs(form.x, dtype=np.float64) + most)
    errors = [bounded.lifted(form.computed(bounded, bounded.Bounded, way, x=of_input)).error for way in ways]
    return Errors(np.maximum.reduce([np.where(np.isfinite(each), each, 0.0) for each in errors]))


@axis.outputs_at.register
def _outputs_at(form: Settled, places: np.ndarray) -> np.ndarray:
    """An element may need all of the input; so all of the output is computed."""
    return np.asarray(reference.direct(form)[tuple(places.T)])


@axis.meets_input.register
def _meets_input(form: Settled) -> bool:
    """Every element of the input is seen, where there is an output at all."""
    return form.x.size > 0


@axis.meets_one.register
def _meets_one(form: Settled) -> bool:
    """What a formula takes is its own affair."""
    return False


@gaps.computable.register
def _computable(form: Settled) -> np.ndarray:
    """NaN spreads as far as it is seen; an output that is NaN by itself tells nothing either."""
    return np.asarray(~np.isnan(reference.direct(form)))


@slack.slack_of.register
def _slack(form: Settled, wide: Settled) -> np.ndarray:
    """Errors of the data, carried through the formula (see `bounded`)."""
    apart = {name: np.nan_to_num(np.abs(wide.arrays[name] - each)) for name, each in form.arrays.items()}
    units = {name: each / bounded.U for name, each in apart.items()}
    known = gaps.filled(form)
    arrays = {name: bounded.Bounded(each, units[name]) for name, each in known.arrays.items()}
    with np.errstate(all="ignore"):
        y = bounded.lifted(form.summed(bounded, arrays))
        reach = y.reach if form.factor is None else y.reach * np.abs(form.for_channels(form.factor))
    return np.where(np.isfinite(reach), reach, 0.0)


@running_error.moved.register
def _moved(form: Settled, y: np.ndarray, spread: np.ndarray, signs: running_error.Signs) -> np.ndarray:
    """The largest of some differences, as no sum says it."""
    largest = np.zeros(y.shape)
    for _ in range(running_error.SAMPLES):
        x = form.x + signs(form.x.size).reshape(form.x.shape) * spread
        output = reference.direct(replace(form, arrays={**form.arrays, "x": x}, _kept={}))
        np.maximum(largest, np.abs(output - y), out=largest)
    return largest

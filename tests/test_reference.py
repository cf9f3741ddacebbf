"""The reference: equal to rational arithmetic rounded once, whatever the settings and the data."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from harness.canonical import reference
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import direct, evaluate, evaluated
from harness.canonical.window import BOUNDARIES, OF_SAMPLES, Linear, Window, padded
from harness.worker.spans import span

SIDE = {
    **dict.fromkeys(("zero", "constant"), lambda i, n: i if 0 <= i < n else None),
    "edge": lambda i, n: min(max(i, 0), n - 1),
    "wrap": lambda i, n: i % n,
    "symmetric": lambda i, n: min(i % (2 * n), 2 * n - 1 - i % (2 * n)),
    "reflect": lambda i, n: abs((i + n - 1) % (2 * n - 2) - (n - 1)) if n > 1 else 0,
}


def rational(conv: Linear) -> np.ndarray:
    """The canonical form by its definition, element by element, in rational numbers rounded once."""
    win, channels = conv.window, conv.w.shape[1]
    y = np.empty([max(size, 0) for size in conv.output_shape])
    for n, o, *start in np.ndindex(y.shape):
        total = Fraction(0) if conv.bias is None else Fraction(conv.bias[o].item())
        for c, *tap in np.ndindex(conv.w.shape[1:]):
            seen = sample(conv, n, o // (conv.w.shape[0] // win.groups) * channels + c, start, tap)
            back = (size - 1 - a if r else a for a, size, r in zip(tap, conv.w.shape[2:], win.reversal))
            total += seen * Fraction(conv.w[(o, c, *back)].item())
        y[(n, o, *start)] = rounded(total)
    return y


def sample(conv: Linear, n: int, c: int, start: list[int], tap: list[int]) -> Fraction:
    """The padded, dilated input at the place that an output and a tap of the kernel meet."""
    win, place = conv.window, []
    for axis, (i, a) in enumerate(zip(start, tap)):
        position = i * win.stride[axis] + a * win.dilation[axis] - win.padding[axis][0]
        place.append(SIDE[win.boundary](position, span(conv.x.shape[2 + axis], win.base_dilation[axis])))
    if None in place:
        return Fraction(win.constant if win.boundary == "constant" else 0)
    if any(each % step for each, step in zip(place, win.base_dilation)):
        return Fraction(0)
    place = [each // step for each, step in zip(place, win.base_dilation)]
    return Fraction(conv.x[(n, c, *place)].item())


def rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def values(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    """Data that are easy, exact, cancelling, of many magnitudes, near ties, or at the ends of the number range."""
    plain = rng.standard_normal(shape)
    if kind == "float32":
        return plain.astype(np.float32)
    if kind == "float16":
        return plain.astype(np.float16)
    if kind == "integers":
        return rng.integers(-9, 10, shape)
    if kind == "cancelling":
        return np.rint(plain * 4) + np.rint(plain[::-1] * 3) * 2.0**-53 + rng.integers(-1, 2, shape) * 2.0**-107
    if kind == "wide":
        return plain * 2.0 ** rng.integers(-180, 181, shape)
    if kind == "powers":
        return np.sign(plain) * 2.0 ** rng.integers(-110, 1, shape)
    if kind == "extreme":
        return plain * 2.0 ** rng.integers(-1000, 1000, shape)
    return plain


KINDS = ["float64", "float32", "float16", "integers", "cancelling", "wide", "powers", "extreme"]


@st.composite
def convolutions(draw: st.DrawFn) -> Linear:
    rank = draw(st.integers(1, 3))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups, kind = draw(st.integers(1, 3)), draw(st.sampled_from(KINDS))
    channels, outputs = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    window = Window(
        stride=per_axis(1, 3),
        dilation=per_axis(1, 2),
        padding=tuple(zip(per_axis(-2, 4), per_axis(-2, 4))),
        reversal=tuple(bool(flag) for flag in per_axis(0, 1)),
        base_dilation=per_axis(1, 2),
        groups=groups,
        boundary=draw(st.sampled_from(sorted(BOUNDARIES))),
        constant=draw(st.sampled_from([-2.5, 0.1, 3.0, *([2.0**60] if kind != "integers" else [])])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = values(rng, (draw(st.integers(1, 2)), groups * channels, *per_axis(1, 4)), kind)
    w = values(rng, (groups * outputs, channels, *per_axis(1, 3)), kind)
    bias = values(rng, (groups * outputs,), kind) if draw(st.booleans()) else None
    return Linear(x, w, bias, window)


def line(x: list[float] | np.ndarray, w: list[float] | np.ndarray, bias: float | None = None) -> Linear:
    """A valid cross-correlation of one channel in 1-D."""
    array = np.array([bias]) if bias is not None else None
    window = Window((1,), (1,), ((0, 0),), (False,))
    return Linear(np.asarray(x)[None, None], np.asarray(w)[None, None], array, window)


@settings(max_examples=300)
@given(convolutions())
def test_equals_rational_arithmetic_rounded_once(conv: Linear) -> None:
    np.testing.assert_array_equal(evaluate(conv), rational(conv))


@pytest.mark.parametrize("n", [2, 3, 4, 8, 15, 16, 64, 100, 256])
def test_dot_products_near_the_largest_value_are_rounded_once(n: int) -> None:
    """Every bit of the slices counts: with one more, sums of their products are no longer exact."""
    rng = np.random.default_rng(n)
    for _ in range(10):
        x, w = 1 - rng.integers(1, 2**20, (2, n)) * 2.0**-53
        conv = line(x, w)
        np.testing.assert_array_equal(evaluate(conv), rational(conv))


@pytest.mark.parametrize("tiny", [2.0**-120, -(2.0**-120), 2.0**-150, -(2.0**-150), 2.0**-200, -(2.0**-200), 0.0])
@pytest.mark.parametrize("whole", [1.0, 1 + 2.0**-52, 2 - 2.0**-52])
def test_a_tie_broken_by_a_tiny_term_is_rounded_by_it(whole: float, tiny: float) -> None:
    conv = line([whole, 2.0**-53, tiny], [1.0, 1.0, 1.0])
    assert evaluate(conv) == rational(conv)


def test_a_bias_breaks_a_tie_too() -> None:
    assert evaluate(line([1.0, 2.0**-53], [1.0, 1.0], bias=2.0**-140)) == 1 + 2.0**-52


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_blocks_give_what_the_whole_gives(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    window = Window((1, 2), (2, 1), ((2, 1), (0, 3)), (True, False), groups=2)
    conv = Linear(values(rng, (3, 4, 9, 8), kind), values(rng, (6, 2, 3, 2), kind), None, window)
    whole = evaluate(conv)
    for block in (1, 300, 2000):
        monkeypatch.setattr(reference, "BLOCK", block)
        np.testing.assert_array_equal(evaluate(conv), whole)


@pytest.mark.parametrize("scale", [1.0, 1e120], ids=["sliced", "rational"])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_so_many_products_are_exact_and_the_others_float64s(
    scale: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "BLOCK", 300)
    monkeypatch.setattr(reference, "RATIONAL", 1)
    rng = np.random.default_rng(5)
    window = Window((1, 2), (2, 1), ((2, 1), (0, 3)), (True, False), groups=2)
    conv = Linear(rng.normal(size=(3, 4, 9, 8)) * scale, rng.normal(size=(6, 2, 3, 2)), None, window)
    whole, plain = evaluate(conv), direct(conv)
    y, exact = evaluated(conv, share * whole.size * conv.terms)
    assert (exact == whole.size) == (share == 1)
    assert share * whole.size <= exact
    first, rest = (each.swapaxes(0, 1).reshape(6, -1) for each in (whole, plain))
    found = y.swapaxes(0, 1).reshape(6, -1)
    np.testing.assert_array_equal(found[:, : exact // 6], first[:, : exact // 6])
    np.testing.assert_allclose(found[:, exact // 6 :], rest[:, exact // 6 :], rtol=1e-14)
    assert (found == first).all() == (share == 1)


@pytest.mark.parametrize("mode", ["full", "valid"])
def test_scipy_agrees_on_integers_and_within_rounding(mode: str) -> None:
    rng = np.random.default_rng(7)
    x, w = rng.integers(-50, 50, (40, 30)), rng.integers(-50, 50, (5, 4))
    low_high = ((4, 4), (3, 3)) if mode == "full" else ((0, 0), (0, 0))
    window = Window((1, 1), (1, 1), low_high, (True, True))
    conv = Linear(x[None, None], w[None, None], None, window)
    np.testing.assert_array_equal(evaluate(conv)[0, 0], signal.convolve2d(x, w, mode=mode))
    real = Linear(conv.x * 0.1, conv.w * 0.3, None, window)
    for y in (evaluate(real), direct(real)):
        np.testing.assert_allclose(y[0, 0], signal.convolve2d(x * 0.1, w * 0.3, mode=mode), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("bad", "kind"), [(math.nan, math.nan), (math.inf, -math.inf), (-math.inf, math.inf)])
def test_what_is_not_finite_spreads_as_far_as_the_kernel(bad: float, kind: float) -> None:
    y = evaluate(line([0.1, 0.2, bad, 1.0, 0.3, 0.7], [0.1, -2.0]))[0, 0]
    clean = evaluate(line([0.1, 0.2, 5.0, 1.0, 0.3, 0.7], [0.1, -2.0]))[0, 0]
    np.testing.assert_array_equal(y[[0, 3, 4]], clean[[0, 3, 4]])
    np.testing.assert_array_equal(y[[1, 2]], [kind, -kind])


def test_infinities_of_both_signs_and_infinity_times_zero_give_nan() -> None:
    assert np.isnan(evaluate(line([math.inf, -math.inf], [1.0, 1.0]))).all()
    assert np.isnan(evaluate(line([math.inf, 1.0], [0.0, 1.0]))).all()
    assert np.isnan(evaluate(line([0.0, 1.0], [math.inf, 1.0]))).all()


def test_finite_terms_do_not_overflow_beside_an_infinity() -> None:
    y = evaluate(line([math.inf, 1e300, 1e300], [1.0, -1e300, -1e300]))
    np.testing.assert_array_equal(y, [[[math.inf]]])


def test_a_result_beyond_the_range_is_infinite_and_a_sum_that_returns_is_not() -> None:
    assert evaluate(line([1e200, 1e200], [1e200, 1.0])).item() == math.inf
    assert evaluate(line([1e200, 1e200, 3.0], [1e200, -1e200, 1.0])).item() == 3.0


@pytest.mark.parametrize("shape", [(0, 1, 4), (1, 1, 2)])
def test_nothing_to_compute_gives_an_empty_output(shape: tuple[int, ...]) -> None:
    conv = Linear(np.ones(shape), np.ones((2, 1, 3)), None, Window((1,), (1,), ((0, 0),), (False,)))
    for y in (evaluate(conv), direct(conv)):
        assert y.shape == tuple(max(size, 0) for size in conv.output_shape)
        assert not y.size


@pytest.mark.parametrize(
    ("x", "w", "words"),
    [
        ([2**53, 1], [1, 1], "the input reaches 9.007e"),
        ([2**30, 2**30], [2**23, 0], "the output reaches 9.007e"),
        ([1 + 1j, 1], [1, 1], "complex"),
    ],
)
def test_data_that_it_cannot_hold_are_refused(x: list[complex], w: list[complex], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evaluate(line(np.array(x), np.array(w)))


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_channels_that_do_not_fit_the_groups_are_refused(groups: int) -> None:
    window = Window((1,), (1,), ((0, 0),), (False,), groups=groups)
    conv = Linear(np.ones((1, 5, 4)), np.ones((4, 2, 2)), None, window)
    for function in (evaluate, direct, magnitudes):
        with pytest.raises(ValueError, match=f"do not fit {groups} groups"):
            function(conv)


@settings(max_examples=50)
@given(convolutions())
def test_magnitudes_are_those_of_the_terms(conv: Linear) -> None:
    mags = magnitudes(conv)
    absolute = conv.elementwise(abs)
    expected = rational(absolute)
    np.testing.assert_allclose(mags.A, np.where(np.isfinite(expected), expected, 0.0), rtol=1e-12)
    assert (np.abs(evaluate(conv))[np.isfinite(expected)] <= mags.A[np.isfinite(expected)] * (1 + 1e-12)).all()
    assert mags.n == conv.terms + (conv.bias is not None)


def test_magnitudes_in_numbers() -> None:
    mags = magnitudes(line([3.0, -1.0], [1.0, 4.0], bias=-12.0))
    assert mags.A.item() == 19.0
    assert mags.P.item() == 13.0
    assert (mags.n, mags.samples, mags.channels) == (3, 3, 1)
    assert mags.x_norm == pytest.approx(math.sqrt(10))
    assert mags.w_norm == pytest.approx(math.sqrt(17))


def test_magnitudes_vanish_where_no_bound_holds() -> None:
    mags = magnitudes(line([1.0, math.nan, 1.0, 1.0], [1.0, 1.0]))
    np.testing.assert_array_equal(mags.A, [[[0.0, 0.0, 2.0]]])
    np.testing.assert_allclose(mags.P, [[[0.0, 0.0, math.sqrt(2)]]])


def test_every_element_of_a_large_case_is_seen_once() -> None:
    conv = Linear(
        np.ones((2, 1, 300, 40)), np.ones((3, 1, 3, 3)), None, Window((1, 1), (1, 1), ((1, 1),) * 2, (True,) * 2)
    )
    y = evaluate(conv)
    assert set(np.unique(y)) == {4.0, 6.0, 9.0}
    np.testing.assert_array_equal(y[0, 0], signal.convolve2d(padded(conv)[0, 0], np.ones((3, 3)), mode="valid"))


def test_the_rational_witness_knows_the_boundaries() -> None:
    for boundary in OF_SAMPLES:
        got = [SIDE[boundary](i, 4) for i in range(-7, 12)]
        assert got == np.pad(np.arange(4), (7, 8), mode=boundary).tolist()


@pytest.mark.parametrize(("constant", "exact"), [(0.0, True), (3.0, True), (0.5, False), (2.0**20, False)])
def test_sums_are_exact_with_whole_numbers_in_the_padding_only(constant: float, exact: bool) -> None:
    window = Window((1,), (1,), ((1, 1),), (False,)).bounded("constant", constant)
    conv = Linear(np.ones((1, 1, 4)), np.full((1, 1, 3), 8.0), None, window)
    assert conv.exact_in(24) == exact
    assert conv.largest == 24 * max(constant, 1)

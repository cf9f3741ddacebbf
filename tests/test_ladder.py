"""The ladder: correct arithmetic fits its rung whatever the order, planted faults fit none."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from harness.canonical import reference
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import evaluate
from harness.canonical.window import Linear, Window
from harness.judge.verdict import Judge
from harness.report import words
from harness.rounding import ladder
from harness.rounding.compare import distance
from harness.rounding.formats import BFLOAT16, DTYPES, FLOAT16, TF32
from harness.rounding.ladder import EXACT, FINDINGS, Finding, Fit, Hypothesis, Ladder, fit_by_hand
from harness.rounding.rungs import CASE_TOLERANCE, ENOUGH, PRINTED_DIGITS, RUNGS, STEPS, in_words
from harness.worker.entry import Algorithm, Settings
from tests.declared import case_of
from tests.fakes import arithmetic

VALID = Window((1,), (1,), ((0, 0),), (False,))


def dot(x: np.ndarray, w: np.ndarray, bias: np.ndarray | None = None) -> Linear:
    """An inner product: the valid cross-correlation of two arrays of one length."""
    return Linear(x[None, None], w[None, None], bias, VALID)


def rungs(conv: Linear, dtype: str, exact_data: bool = False) -> Ladder:
    return Ladder(conv, magnitudes(conv), evaluate(conv), dtype, exact_data)


def summed(terms: np.ndarray) -> np.ndarray:
    """The terms added one after another in their own dtype, (1, 1, 1)."""
    total = terms.dtype.type(0)
    for term in terms:
        total = total + term
    return np.array([[[total]]])


@settings(max_examples=200)
@given(st.sampled_from(["float32", "float64"]), st.integers(1, 300), st.integers(0, 2**32), st.sampled_from([0, 4, 14]))
def test_every_order_of_summation_fits(dtype: str, n: int, seed: int, spread: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = (rng.standard_normal((2, n)) * 2.0 ** rng.integers(-spread, 1, (2, n))).astype(dtype)
    steps = rungs(dot(x, w), dtype)
    for order in (np.arange(n), rng.permutation(n), np.argsort(np.abs(x * w))):
        fit = steps.fit(distance(summed((x * w)[order]), steps.expected))
        assert fit is not None
        assert fit.rung in ("exact", "statistical", "summation order")
        assert 0 <= fit.share <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ordinary_data_stay_on_the_statistical_rung(dtype: str) -> None:
    rng = np.random.default_rng(3)
    conv = dot(*rng.standard_normal((2, 5000)).astype(dtype))
    steps = rungs(conv, dtype)
    fit = steps.fit(distance(summed((conv.x * conv.w).ravel()), steps.expected))
    assert fit is not None
    assert fit.rung == "statistical"


def test_roundings_that_all_go_one_way_need_the_next_rung() -> None:
    x = np.full(20000, 1 + 2.0**-23, np.float32)
    x[0] = 2.0**24
    steps = rungs(dot(x, np.ones_like(x)), "float32")
    fit = steps.fit(distance(summed(x), steps.expected))
    assert fit is not None
    assert fit.rung == "summation order"


def test_the_share_is_that_of_the_worst_element() -> None:
    conv = Linear(np.array([[[1.0, 2.0, 4.0]]], np.float32), np.ones((1, 1, 1), np.float32), None, VALID)
    steps = rungs(conv, "float32")
    bound = steps.bound(RUNGS[0])
    np.testing.assert_allclose(bound, 2.0**-24 * 9 * np.array([[[1.0, 2.0, 4.0]]]))
    assert steps.fit(bound * [0.25, 0.5, 0.0]) == Fit("statistical", 0.5)
    assert steps.fit(bound * 1.001) is None


def test_no_difference_is_exact() -> None:
    assert rungs(dot(np.ones(3), np.ones(3)), "float64").fit(np.zeros((1, 1, 1))) is EXACT


@pytest.mark.parametrize("channels", [1, 8])
def test_an_fft_fits_its_own_rung_and_is_not_excused_as_a_direct_sum(channels: int) -> None:
    rng = np.random.default_rng(11)
    x, w = rng.standard_normal((channels, 4000)), rng.standard_normal((channels, 50))
    x[:, :2000] *= 1e-9  # the error of the large half leaks into the small one
    conv = Linear(x[None], w[None], None, Window((1,), (1,), ((49, 49),), (True,)))
    steps = rungs(conv, "float64")
    found = sum(signal.fftconvolve(x[c], w[c]) for c in range(channels))
    off = distance(found[None, None], steps.expected)
    assert steps.fit(off) is None
    fit = steps.fit(off, algorithm="fft")
    assert fit is not None
    assert fit.rung == "fft"


@pytest.mark.parametrize("fault", ["reversed", "shifted", "one tap", "one element"])
@pytest.mark.parametrize("algorithm", ["direct", "fft"])
def test_planted_faults_fit_no_rung(fault: str, algorithm: str) -> None:
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((1, 1, 64)).astype("f"), rng.standard_normal((1, 1, 5)).astype("f")
    conv = Linear(x, w, None, VALID)
    steps = rungs(conv, "float32")
    found = steps.expected.copy()
    if fault == "reversed":
        found = evaluate(Linear(x, w[..., ::-1], None, VALID))
    elif fault == "shifted":
        found = np.roll(found, 1, axis=-1)
    elif fault == "one tap":
        found = evaluate(Linear(x, w + np.eye(1, 5, 2, dtype="f") * 1e-3, None, VALID))
    else:
        found[0, 0, 7] *= 1 + 1e-3
    assert steps.fit(distance(found, steps.expected), algorithm=algorithm) is None


def test_on_integers_only_equality_holds_and_an_fft_may_be_off_by_less_than_half() -> None:
    x = np.full(64, 500.0, np.float32)
    conv = dot(x, x)
    assert conv.exact_in(24)
    steps = rungs(conv, "float32", exact_data=True)
    for off, fft_holds in ((0.4, True), (0.5, False), (1.0, False)):
        difference = np.full((1, 1, 1), off)
        assert steps.fit(difference) is None
        assert (steps.fit(difference, algorithm="fft") is not None) == fft_holds


def test_printed_digits_come_first_and_add_to_the_rungs_after() -> None:
    steps = rungs(dot(np.ones(4, np.float32) / 3, np.ones(4, np.float32)), "float32")
    bound = steps.bound(RUNGS[0])
    assert steps.fit(np.full((1, 1, 1), 0.004), extra=0.005) == Fit("printed digits", pytest.approx(0.8))
    both = steps.fit(0.005 + 0.9 * bound, extra=0.005)
    assert both is not None
    assert both.rung == "statistical"
    assert steps.fit(0.005 + 2 * bound, extra=np.full((1, 1, 1), 0.005)) is None


def test_printed_digits_on_integers_do_not_excuse_more_than_themselves() -> None:
    steps = rungs(dot(np.full(9, 300.0), np.full(9, 300.0)), "float32", exact_data=True)
    assert steps.fit(np.full((1, 1, 1), 0.5), extra=0.5) == Fit("printed digits", 1.0)
    assert steps.fit(np.full((1, 1, 1), 0.501), extra=0.5) is None


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_integer_results_are_exact_or_wrong(dtype: str) -> None:
    steps = rungs(dot(np.arange(4), np.arange(4)), dtype)
    assert steps.fit(distance(np.array([[[14]]], dtype), steps.expected)) is EXACT
    assert steps.fit(distance(np.array([[[15]]], dtype), steps.expected), algorithm="fft") is None


def test_what_is_not_finite_must_be_equal_and_the_rest_may_be_rounded() -> None:
    conv = Linear(np.array([[[1.0, math.nan, math.inf, 1.0]]]), np.full((1, 1, 1), 3.0), None, VALID)
    steps = rungs(conv, "float64")
    found = steps.expected * np.array([1, 1, 1, 1 + 2.0**-52])
    fit = steps.fit(distance(found, steps.expected))
    assert fit is not None
    assert fit.rung == "statistical"
    for wrong in (
        [3, 0, math.inf, 3],
        [3, math.nan, -math.inf, 3],
        [3, math.nan, 1e300, 3],
        [math.inf, math.nan, math.inf, 3],
    ):
        for algorithm in ("direct", "fft"):
            assert steps.fit(distance(np.array([[wrong]]), steps.expected), algorithm=algorithm) is None


def test_underflow_of_the_products_is_allowed_for() -> None:
    x = np.full(10, 2.0**-75, np.float32)
    steps = rungs(dot(x, x), "float32")
    assert summed(x * x).item() == 0
    assert steps.expected.item() > 0
    assert steps.fit(distance(summed(x * x), steps.expected)) is not None


def test_a_reference_beyond_the_range_of_the_dtype_expects_infinity() -> None:
    steps = rungs(dot(np.full(2, 60000.0), np.ones(2)), "float16")
    assert steps.expected.item() == math.inf
    assert steps.fit(distance(np.array([[[math.inf]]], np.float16), steps.expected)) is EXACT


def test_a_bound_is_computed_once() -> None:
    steps = rungs(dot(np.ones(3), np.ones(3)), "float64")
    assert all(steps.bound(rung) is steps.bound(rung) for rung in RUNGS)


def test_a_tolerance_set_by_hand() -> None:
    expected = np.array([0.0, 100.0, math.inf])
    assert fit_by_hand(np.zeros(3), expected, 0.0, 0.0) is EXACT
    assert fit_by_hand(np.array([0.5, 0, 0]), expected, 0.01, 1.0) == Fit("case tolerance", 0.5)
    assert fit_by_hand(np.array([0, 2.0, 0]), expected, 0.01, 1.0) == Fit("case tolerance", 1.0)
    assert fit_by_hand(np.array([0, 2.1, 0]), expected, 0.01, 1.0) is None
    assert fit_by_hand(np.array([1.0, 0, 0]), expected, 0.01, 0.0) is None
    assert fit_by_hand(np.array([0, 0, math.inf]), expected, 0.01, 1.0) is None


@pytest.mark.parametrize(
    ("x", "w", "bias", "dtype", "exact"),
    [
        ([2.0**12, 1], [2.0**10, 1], None, "float32", True),
        ([2.0**12, 1], [2.0**11, 1], None, "float32", False),
        ([2.0**12, 1], [2.0**11, 1], None, "float64", True),
        ([2.0**12, 1], [2.0**10, 1], 2.0**23, "float32", False),
        ([2.0**12, 1], [2.0**10, 1], 2.0**22, "float32", True),
        ([0.5, 1], [2, 4], None, "float32", False),
        ([1, 1], [2, 4], 0.5, "float32", False),
        ([math.nan, 1], [2, 4], None, "float32", False),
        ([math.inf, 1], [0, 0], None, "float32", False),
        ([20, 1], [20, 1], None, "float16", True),
        ([40, 1], [40, 1], None, "float16", False),
    ],
)
def test_data_that_every_order_sums_exactly(
    x: list[float], w: list[float], bias: float | None, dtype: str, exact: bool
) -> None:
    conv = dot(np.array(x), np.array(w), None if bias is None else np.array([bias]))
    assert conv.exact_in(DTYPES[dtype].digits) == exact
    narrow = dot(*np.array([x, w], dtype), None if bias is None else np.array([bias], dtype))
    assert narrow.exact_in(DTYPES[dtype].digits) == exact


def test_integer_dtypes_are_exact_on_integers() -> None:
    assert dot(np.array([2**30, -(2**31)], np.int32), np.array([1000, 1], np.int32)).exact_in(53)
    assert not dot(np.array([-(2**63)]), np.array([1])).exact_in(53)
    assert dot(np.zeros((0,)), np.zeros((0,))).exact_in(53)


# --- every rung has a fake that lands exactly on it ------------------------------------------------------------------

FAKES = {entry.name.removeprefix("fake."): entry for entry in arithmetic.ENTRY_POINTS}
PADDED = Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False))


def drawn(dtype: str, channels: int = 4, size: int = 12, seed: int = 0) -> Linear:
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((2, channels, size, size)), rng.standard_normal((3, channels, 3, 3))
    return Linear(x.astype(dtype), w.astype(dtype), None, PADDED)


def dark_beside_bright(dtype: str = "float32") -> Linear:
    conv = drawn(dtype)
    conv.x[..., :6] *= 1e-4
    return conv


def last_tap() -> Linear:
    conv = drawn("float32", channels=1)
    conv.w[..., :2, :] = conv.w[..., :2] = 0
    return conv


def steps_up() -> Linear:
    """1 + ulp is added to 2^24 again and again, and always rounded down."""
    x = np.full((1, 500, 6, 6), 1 + 2.0**-23, np.float32)
    x[:, 0] = 2.0**24
    return Linear(x, np.ones((1, 500, 1, 1), np.float32), None, replace(PADDED, padding=((0, 0),) * 2))


def half_of() -> Linear:
    return replace(drawn("float16"), window=PADDED)


def loud() -> Linear:
    rng = np.random.default_rng(1)
    x, w = rng.integers(-60, 60, (1, 2, 6, 6)), rng.integers(-3, 3, (2, 2, 3, 3))
    return Linear(x.astype(np.int8), w.astype(np.int8), None, PADDED)


def faint() -> Linear:
    conv = drawn("float32")
    return replace(conv, x=conv.x * np.float32(2.0**-126))


def hole() -> Linear:
    conv = drawn("float32")
    conv.x[0, 0, 3, 3] = np.nan
    return conv


@pytest.mark.parametrize(
    ("fake", "conv", "rung", "finding"),
    [
        ("plain", drawn("float32"), "statistical", False),
        ("wide", half_of(), "exact", False),
        ("plain", steps_up(), "summation order", False),
        ("winograd_2", last_tap(), "Winograd F(2,3)", False),
        ("winograd_4", last_tap(), "Winograd F(4,3)", False),
        ("fourier", dark_beside_bright("float64"), "fft", False),
        ("float32", drawn("float64"), "float32 arithmetic", True),
        ("tf32", drawn("float32"), "TF32 inputs", True),
        ("tf32", drawn("float64"), "TF32 inputs", True),
        ("bfloat16", drawn("float32"), "bfloat16 inputs", True),
        ("bfloat16_stored", drawn("float32"), "bfloat16 inputs", True),
        ("float16_stored", drawn("float32"), "float16 inputs", True),
        ("half_sums", drawn("float32"), "float16 accumulation", True),
        ("plain", half_of(), "float16 accumulation", True),
        ("brain_sums", drawn("float32"), "bfloat16 accumulation", True),
        ("plain", loud(), "integers wrap", True),
        ("saturating", loud(), "integers saturate", True),
        ("flushing", faint(), "subnormals flushed to zero", True),
        ("fourier", hole(), "non-finite values spread", True),
    ],
)
def test_every_rung_has_a_fake_that_lands_exactly_on_it(fake: str, conv: Linear, rung: str, finding: bool) -> None:
    entry = FAKES[fake]
    with np.errstate(all="ignore"):
        found = entry.call(conv.x, conv.w, Settings((1, 1), (1, 1), conv.window.padding))
    assert found.dtype == conv.x.dtype
    verdict = Judge(case_of(conv)).live(found, entry.algorithm)
    assert verdict.fit is not None
    assert (verdict.fit.rung, verdict.fit.finding) == (rung, finding)
    assert verdict.kind == ("convention" if finding else "agrees")
    told = "overflow" if rung.startswith("integers") else "precision"
    assert [each.id for each in verdict.transforms] == ([told] if finding else [])
    if finding and told == "precision":
        assert rung in verdict.transforms[0].words()


def test_float16_does_not_flush_for_it_is_computed_in_float32() -> None:
    for fmt in DTYPES.values():
        conv = dot(np.full(3, fmt.normal / 8, fmt.name), np.ones(3, fmt.name))
        found = np.zeros((1, 1, 1), fmt.name)
        steps = rungs(conv, fmt.name)
        fit = steps.fit(distance(found, steps.expected), found=found)
        assert (fit is None) == (fmt is FLOAT16), fit
        assert fit is None or fit.rung == "subnormals flushed to zero"


def test_every_rung_is_in_the_table_above() -> None:
    (marks,) = (each for each in test_every_rung_has_a_fake_that_lands_exactly_on_it.pytestmark if each.args)
    landed = {row[2] for row in marks.args[1]}
    assert landed == {"exact", *(rung.name for rung in RUNGS), *(finding.name for finding in FINDINGS)}


def test_low_precision_does_not_excuse_a_fault() -> None:
    conv = drawn("float32")
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    for fmt in (TF32, BFLOAT16, FLOAT16):
        found = FAKES["plain"].call(
            fmt.round(conv.x).astype("f"), fmt.round(conv.w).astype("f"), Settings((1, 1), (1, 1), PADDED.padding)
        )
        assert steps.fit(distance(found, steps.expected), found=found) is not None
        found[0, 0, 5, 5] += 1e-2 * steps.mags.P[0, 0, 5, 5]
        assert steps.fit(distance(found, steps.expected), found=found) is None


def test_one_element_that_stands_out_is_no_rounding_although_it_is_within_the_bound() -> None:
    conv = drawn("float32", channels=256)
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    found = steps.expected.copy()
    place = np.unravel_index(np.abs(found).argmax(), found.shape)
    found[place] += 128 * np.spacing(found[place])
    off = distance(found, steps.expected)
    assert (off <= steps.bound(RUNGS[0])).all()
    assert steps.fit(off, found=found) is None
    few = off[:, :1, :3, :3]  # among few outputs nothing can be said
    assert few.size < ENOUGH


def test_no_bound_reaches_a_term() -> None:
    conv = drawn("float16", channels=2000, size=4)
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    term = steps.mags.P / math.sqrt(steps.mags.n)
    for rung in RUNGS[1:]:
        assert np.all(rung.bound(steps.mags, steps.size, 2.0**-24) <= term.max() / 2)
    assert np.all(RUNGS[1].bound(steps.mags, steps.size, 2.0**-24) <= term / 2)


def test_a_finite_output_where_the_data_are_not_is_no_spread() -> None:
    conv = hole()
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    found = np.where(np.isnan(steps.expected), np.float32(0), steps.expected)
    assert steps.fit(distance(found, steps.expected), found=found) is None
    found = steps.expected.copy()
    found[1] = np.nan
    fit = steps.fit(distance(found, steps.expected), found=found)
    assert fit is not None
    assert fit.rung == "non-finite values spread"
    found[0, 0, 9, 9] += 1
    assert steps.fit(distance(found, steps.expected), found=found) is None


def test_nothing_spreads_from_finite_data() -> None:
    conv = drawn("float32")
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    found = steps.expected.copy()
    found[1] = np.nan
    assert steps.fit(distance(found, steps.expected), found=found) is None


def test_a_verdict_on_an_ordinary_result_costs_one_evaluation_and_no_more_than_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluated = []
    monkeypatch.setattr(
        "harness.canonical.magnitudes.summed", lambda plain: evaluated.append(1) or reference.summed(plain)
    )
    conv = drawn("float32")
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    for name in ("plain", "plain", "winograd_2"):
        found = FAKES[name].call(conv.x, conv.w, Settings((1, 1), (1, 1), PADDED.padding))
        fit = steps.fit(distance(found, steps.expected), found=found)
        assert fit is not None
        assert fit.rung == "statistical"
    assert len(evaluated) == 1
    assert steps.bound(RUNGS[1]).all()
    assert len(evaluated) == 2


@pytest.mark.parametrize(("algorithm", "times", "agrees"), [("fft", 8, True), ("fft", 64, False), ("direct", 8, False)])
def test_a_transform_spreads_an_error_to_elements_that_are_small(
    algorithm: Algorithm, times: int, agrees: bool
) -> None:
    """Whole numbers mostly come out exactly; a rounding then stands alone, and at an element of which nothing is due.

    As in oaconvolve of SciPy, whose blocks each have errors of their own. What is far above them is a fault.
    """
    conv = drawn("float32")
    x = conv.x.copy()
    x[:, :, :3, :3] = 0
    conv = replace(conv, x=x)
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    small = np.unravel_index(steps.mags.P.argmin(), steps.mags.P.shape)
    found = steps.expected.copy()
    found[small] += times * 2.0**-24 * float(np.abs(found).max())
    assert (steps.fit(distance(found, steps.expected), algorithm=algorithm) is not None) is agrees


@pytest.mark.parametrize(("algorithm", "agrees"), [("fft", True), ("direct", False)])
def test_where_an_output_has_no_term_a_transform_has_no_term_to_miss(algorithm: Algorithm, agrees: bool) -> None:
    """All that is due sees padding only; what a transform leaves there is its rounding."""
    window = Window((2,), (1,), ((1, 0),), (False,))
    conv = Linear(np.float32([[[4]]]), np.float32([[[3]]]), None, window)
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    assert steps.mags.P.tolist() == [[[0.0]]]
    assert (steps.fit(np.full((1, 1, 1), 1e-7), algorithm=algorithm) is not None) is agrees
    assert steps.fit(np.full((1, 1, 1), 1e-3), algorithm=algorithm) is None


@pytest.mark.parametrize(("left", "found"), [(0.24, True), (0.26, False)])
def test_a_finding_leaves_less_than_a_quarter_of_the_distance(left: float, found: bool, monkeypatch) -> None:
    """A sixteenth of the mean square."""
    steps = rungs(dot(*np.random.default_rng(0).normal(size=(2, 20))), "float64")
    seen = steps.y + 1.0
    other = Finding("other", lambda ladder, _: iter([Hypothesis(seen - left, np.ones(seen.shape))]))
    monkeypatch.setattr(ladder, "FINDINGS", (other,))
    assert steps.fit(distance(seen, steps.expected), found=seen) == (
        Fit("other", left, finding=True) if found else None
    )


@pytest.mark.parametrize(("times", "fits"), [(11.5, True), (12.5, False)])
def test_one_error_stands_out_from_twelve_times_the_others_on(times: float, fits: bool) -> None:
    rng = np.random.default_rng(0)
    conv = Linear(rng.normal(size=(1, 1, 500)), rng.normal(size=(1, 1, 100)), None, VALID)
    steps = rungs(conv, "float64")
    shares = np.full(steps.y.shape, 0.9 / times)
    shares[0, 0, 7] = 0.9
    fit = steps.fit(shares * steps.bound(RUNGS[0]))
    assert (fit is not None and fit.rung == RUNGS[0].name) == fits


@pytest.mark.parametrize("beside", [0.0, 1e-9])
def test_the_others_of_one_error_are_summed_without_it(beside: float) -> None:
    """Their squares, taken from the sum of all, may come to less than nothing where powers are not products."""
    rng = np.random.default_rng(0)
    steps = rungs(Linear(rng.normal(size=(1, 1, 60)), rng.normal(size=(1, 1, 5)), None, VALID), "float64")
    drawn = rng.uniform(0.1, 0.9, 500_000)
    for share in [*drawn[:10], *(each for each in drawn if np.square(each) < each**2)]:
        shares = np.zeros(steps.y.shape)
        shares[0, 0, [7, 9]] = share, beside * share
        fit = steps.fit(shares * steps.bound(RUNGS[0]))
        assert fit is None or fit.rung in [each.name for each in RUNGS]


@pytest.mark.parametrize(("low", "bears"), [(20, False), (126, False), (129, True)])
def test_whole_numbers_bear_the_marks_of_a_format_only_where_that_has_no_fractions(low: int, bears: bool) -> None:
    """Values rounded to whole numbers are numbers of bfloat16, too; from 128 on that has no others."""
    x = np.random.default_rng(0).uniform(low, 2 * low - 3 if bears else 250, 80).astype(np.float32)
    x[:30] = x[:30] if bears else low
    conv = Linear(x[None, None], np.full((1, 1, 3), 1 / 3, np.float32), None, VALID)
    steps = Ladder.of(conv, magnitudes(conv), evaluate(conv), "float32")
    found = np.rint(steps.y).astype(np.float32)
    fit = steps.fit(distance(found, steps.expected), found=found)
    assert (fit is not None and fit.finding) is bears


BOUNDS = (*RUNGS, *STEPS, PRINTED_DIGITS, CASE_TOLERANCE)


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda each: each.name)
def test_every_bound_says_what_people_read_of_it(bound) -> None:
    assert re.fullmatch(r"(the|what) [^.;]+", bound.words)
    assert in_words(bound.name) == bound.words
    shown = words.as_written({"verdict": "agrees", "rung": bound.name, "bound_share": 0.25, "max_abs": None})
    assert bound.words in shown


def test_bounds_are_told_apart_and_one_of_another_version_is_told_by_its_name() -> None:
    assert len({each.name for each in BOUNDS}) == len({each.words for each in BOUNDS}) == len(BOUNDS)
    assert in_words("Strassen") == "the bound Strassen"

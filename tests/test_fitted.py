"""What a system makes of its sums is found at full precision, alone and with a convention, in every number format."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct, evaluate
from harness.canonical.window import Linear, Window
from harness.case.read import load
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.endings import Activation, OutputRounding, Overflow
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.transform import applied, read
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.fitted import Sums, fitted
from harness.operations.windowed.search.intervals import SOME, Intervals
from harness.operations.windowed.search.naming import short

SIZES = {1: ((24,), (3,)), 2: ((9, 8), (3, 2)), 3: ((5, 4, 5), (2, 3, 2))}
LAYOUTS = {1: ("NCW", "OIW"), 2: ("NCHW", "OIHW"), 3: ("NCDHW", "OIDHW")}
ENDINGS = {
    "bias": (Bias("unknown", (0.37, -1.2345678, 0.5)),),
    "scale": (Scale("a factor", (0.8164966,) * 3),),
    "scale per channel": (Scale("a factor", (0.7, 1.3, 2.1)),),
    "bias and scale": (Scale("a factor", (0.7, 1.3, 2.1)), Bias("unknown", (0.1, 0.2, -0.3))),
    "relu": (Activation("relu"),),
    "relu6": (Activation("relu6"),),
    "clip": (Activation("clip", (("low", -1.5), ("high", 2.5))),),
    "leaky": (Activation("leaky_relu", (("slope", 0.1),)),),
    "tanh": (Activation("tanh"),),
    "sigmoid": (Activation("sigmoid"),),
    "absolute": (Activation("absolute"),),
    "silu": (Activation("silu"),),
    "folded normalization and relu": (
        Scale("a factor", (0.7, 1.3, 2.1)),
        Bias("unknown", (0.1, 0.2, -0.3)),
        Activation("relu"),
    ),
}
OF_BYTES = {
    "filter": (OutputRounding("half_even"), Overflow("saturate", 0, 255)),
    "truncated": (OutputRounding("truncate"), Overflow("saturate", 0, 255)),
    "wrapped": (OutputRounding("half_even"), Overflow("wrap", 0, 255)),
}


def convolution(rank: int, dtype: str, seed: int = 0) -> Linear:
    rng = np.random.default_rng([seed, rank])
    sizes, taps = SIZES[rank]
    x, w = rng.normal(size=(2, 3, *sizes)), rng.normal(size=(3, 3, *taps)) / 2
    return Linear(
        x.astype(dtype), w.astype(dtype), None, Window((1,) * rank, (1,) * rank, ((1, 1),) * rank, (False,) * rank)
    )


def conventions(rank: int):
    return {"none": (), "reversed": (ReverseKernel(tuple(range(rank))),), "bgr": (ChannelOrder("input", "reversed"),)}


def explained(folder, conv: Linear, y: np.ndarray, told: str = ""):
    for name, values in (("x", conv.x), ("w", conv.w), ("y", y)):
        np.save(folder / f"{name}.npy", values)
    given, kernel = LAYOUTS[conv.rank]
    (folder / "one.yaml").write_text(
        f"title: One\nmeans: cross-correlation\ninput: {{layout: {given}, file: x.npy, dtype: {conv.x.dtype}}}\n"
        f"kernel: {{layout: {kernel}, file: w.npy}}\npadding: {[[1, 1]] * conv.rank}\n"
        f"recorded: [{{system: s, origin: o, layout: {given}, file: y.npy{told}}}]\n"
    )
    judge = Judge(next(load(folder / "one.yaml")))
    return diagnose(judge, judge.observe(judge.case.recorded[0]))


def named(answer, transforms) -> bool:
    assert answer.explanations, answer.remarks
    wanted = sorted(each.id for each in transforms)
    right = sorted(each.id for each in answer.explanations[0].transforms) == wanted
    assert right or answer.ambiguous, [each.words() for each in answer.explanations[0].transforms]
    return right and not answer.ambiguous


@pytest.mark.parametrize("rank", SIZES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_is_named_alone_and_with_a_convention(tmp_path, rank, ending):
    for number, convention in enumerate(conventions(rank).values()):
        changes = (*convention, *ENDINGS[ending])
        dtype = ("float32", "float64", "float32")[number]
        conv = convolution(rank, dtype)
        y = read(evaluate(applied(conv, changes)), changes, ())
        assert named(explained(tmp_path, conv, y.astype(dtype)), changes)


@pytest.mark.parametrize("digits", [4, 5, 6])
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_is_named_in_printed_digits(tmp_path, ending, digits):
    changes = (ReverseKernel((0, 1)), *ENDINGS[ending])
    conv = convolution(2, "float32")
    y = read(evaluate(applied(conv, changes)), changes, ())
    printed = np.array([float(f"{value:.{digits}g}") for value in y.ravel()]).reshape(y.shape)
    assert named(explained(tmp_path, conv, printed, f", digits: {digits}"), changes)


@pytest.mark.parametrize("rank", SIZES)
@pytest.mark.parametrize("ending", OF_BYTES)
def test_what_bytes_hold_is_named(tmp_path, rank, ending):
    for convention in conventions(rank).values():
        changes = (*convention, *OF_BYTES[ending])
        conv = convolution(rank, "float32").map(lambda x: np.rint(40 * x).astype("float32"), "x")
        y = read(evaluate(applied(conv, changes)), changes, ())
        assert named(explained(tmp_path, conv, y.astype("uint8")), changes)


def test_a_requantization_is_named_with_its_zero_point(tmp_path):
    rng = np.random.default_rng(0)
    conv = convolution(2, "float32")
    conv = replace(
        conv,
        x=rng.integers(0, 256, conv.x.shape).astype("float32"),
        w=rng.integers(-127, 128, conv.w.shape).astype("float32"),
    )
    y = np.clip(np.rint(direct(ReverseKernel((0, 1)).differ(conv)) * 0.01193) + 92, 0, 255).astype("uint8")
    first = explained(tmp_path, conv, y).explanations[0].transforms
    assert [each.id for each in first] == ["reverse_kernel", "scale", "bias", "output_rounding", "overflow"]
    assert first[1].factors[0] == pytest.approx(0.01193, rel=1e-3)
    assert set(first[2].values) == {92.0}


def test_real_filter_outputs_are_rounded_and_not_bfloat16(tmp_path):
    x = np.array([[90, 12, 200, 7], [33, 145, 60, 81], [240, 5, 77, 19], [66, 128, 210, 154]], "float32")
    conv = Linear(x[None, None], np.full((1, 1, 3, 3), 1 / 9, "float32"), None, convolution(2, "float32").window)
    whole = direct(conv)[:, :, 1:3, 1:3]
    assert np.array_equal(np.rint(whole[0, 0]), [[96, 67], [107, 98]])
    conv = replace(conv, window=replace(conv.window, padding=((0, 0), (0, 0))))
    np.save(tmp_path / "y.npy", np.rint(whole).astype("uint8"))
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "one.yaml").write_text(
        "title: One\nmeans: cross-correlation\ninput: {layout: HW, file: x.npy}\npadding: 0\n"
        "kernel: {layout: HW, values: [[0.1111111111111111, 0.1111111111111111, 0.1111111111111111],"
        " [0.1111111111111111, 0.1111111111111111, 0.1111111111111111],"
        " [0.1111111111111111, 0.1111111111111111, 0.1111111111111111]]}\n"
        "recorded: [{system: s, origin: o, layout: NCHW, file: y.npy}]\n"
    )
    judge = Judge(next(load(tmp_path / "one.yaml")))
    first = diagnose(judge, judge.observe(judge.case.recorded[0])).explanations[0]
    assert [each.id for each in first.transforms] == ["output_rounding"]
    assert (first.transforms[0].rule, first.transforms[0].others) == ("half_even", ("half_away", "half_up"))


def test_a_bias_at_full_precision_is_found(tmp_path):
    x = np.arange(1, 7, dtype="float32").reshape(1, 1, 6)
    conv = Linear(x, np.full((1, 1, 1), 3, "float32"), None, Window((1,), (1,), ((0, 0),), (False,)))
    for name, values in (("x", x), ("w", conv.w), ("y", (3 * x + 0.123456789).astype("float32"))):
        np.save(tmp_path / f"{name}.npy", values)
    (tmp_path / "one.yaml").write_text(
        "title: One\nmeans: cross-correlation\ninput: {layout: NCW, file: x.npy}\nkernel: {layout: OIW, file: w.npy}\n"
        "recorded: [{system: s, origin: o, layout: NCW, file: y.npy}]\n"
    )
    judge = Judge(next(load(tmp_path / "one.yaml")))
    first = diagnose(judge, judge.observe(judge.case.recorded[0])).explanations[0]
    assert [each.id for each in first.transforms] == ["bias"]
    assert first.transforms[0].values[0] == pytest.approx(0.123456789, abs=5e-8)
    assert first.rung in ("exact", "statistical")


@pytest.mark.parametrize("control", ["random", "one wrong", "zeros"])
def test_nothing_is_made_of_sums_that_are_others(tmp_path, control):
    conv = convolution(2, "float32")
    y = np.maximum(evaluate(conv), 0)
    if control == "random":
        y = np.maximum(np.random.default_rng(1).normal(size=y.shape), 0)
    if control == "one wrong":
        y[np.unravel_index(y.argmax(), y.shape)] = 0.01
    if control == "zeros":
        y = 0 * y
    answer = explained(tmp_path, conv, y.astype("float32"))
    assert not answer.explanations or answer.ambiguous


@pytest.mark.parametrize(
    ("best", "room", "said"), [(0.1000000015, 1e-8, 0.1), (0.12345678, 9e-7, 0.12345678), (92.0, 0.01, 92.0)]
)
def test_a_number_is_short_where_it_hardly_is_by_chance(best, room, said):
    assert short(best, best - room, best + room) == said


def test_the_simplest_line_comes_first():
    z = np.linspace(-3, 5, 20)[np.newaxis]
    seen = np.rint(2 * z + 7)
    first, *_ = Intervals(z, seen - 0.5, seen + 0.5).lines()
    assert set(first.b) == {7.0} and first.free == 2
    assert not list(Intervals(z, z**2 - 0.1, z**2 + 0.1).lines())


@pytest.mark.parametrize(
    ("z", "low", "high"),
    [
        ([[1.0, 2.0]], [[-np.inf, -np.inf]], [[np.inf, np.inf]]),
        ([[1.0, 2.0]], [[-np.inf, 0.0]], [[3.0, np.inf]]),
        ([[np.nan, np.nan]], [[0.0, 1.0]], [[1.0, 1.0]]),
        (np.zeros((2, 0)), np.zeros((2, 0)), np.zeros((2, 0))),
    ],
)
@pytest.mark.filterwarnings("error")
def test_where_no_interval_is_closed_nothing_is_fitted_and_nothing_warned_of(z, low, high):
    (line,) = Intervals(np.array(z), np.array(low), np.array(high)).lines()
    assert line.free == 0


def test_a_line_without_evidence_says_nothing():
    z = np.linspace(-1, 1, 4)[np.newaxis]
    conv = convolution(1, "float32")
    sums = Sums(z, np.array([[0.0, 1.0, 0.0, 1.0]]), np.zeros((1, 4)), conv, "uint8", 2)
    assert not list(fitted(sums))


@pytest.mark.parametrize(("count", "named"), [(2, False), (3, True)])
def test_a_factor_and_an_offset_are_named_where_more_values_could_refute_them(count, named):
    z = np.array([[3.0, 7.5, -2.25][:count]])
    sums = Sums(z, 1.7 * z - 25.3, np.full(z.shape, 1e-12), convolution(1, "float64"), "float64", 0)
    assert bool(list(fitted(sums))) == named


def many(channels: int, off: tuple[int, int] | None = None, closed: int = 10_000) -> Intervals:
    """Limits about 2 z + 1 of 10,000 elements of each channel, of one of which they are elsewhere."""
    z = np.random.default_rng(0).normal(size=(channels, 10_000))
    low, high = 2 * z + 1 - 1e-6, 2 * z + 1 + 1e-6
    low[0, closed:], high[0, closed:] = -np.inf, np.inf
    if off:
        low[off], high[off] = low[off] + 1, high[off] + 1
    return Intervals(z, low, high)


def test_of_many_elements_some_are_looked_at_first():
    intervals = many(2)
    assert intervals.some is not None
    assert intervals.some.z.shape[1] < 2 * 2 * SOME
    assert [(line.a.tolist(), line.b.tolist()) for line in intervals.lines()]
    assert (intervals.some.z[:, 0] == intervals.z[:, 0]).all()


@pytest.mark.parametrize("place", range(9))
def test_what_holds_for_some_is_held_against_all(place: int):
    """One of nine neighbours is among those that are looked at first; none of them may be off."""
    assert not list(many(1, (0, 4500 + place)).lines())


@pytest.mark.parametrize(("closed", "there"), [(SOME - 1, False), (SOME, True)])
def test_of_few_elements_with_limits_all_are_looked_at(closed: int, there: bool):
    intervals = many(1, closed=closed)
    assert (intervals.some is not None) is there
    assert list(intervals.lines())

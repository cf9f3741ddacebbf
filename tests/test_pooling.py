"""Pooling: windows against loops over fractions, planted conventions, calls, code; Knet's in test_knet_pooling."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import onnx_by_settings, tensorflow_by_settings, torch_by_settings
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations import TABLE, pooling
from harness.operations.call import Unsupported
from harness.operations.card import Card
from harness.operations.pooling_formula import (
    FIRST_CLIPPED,
    KEPT,
    KEPT_UNPADDED,
    LAST_CLIPPED,
    LOWER_MEDIAN,
    MEDIAN,
    SCALED,
    ZERO,
)
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied
from harness.parent.asking import Asking
from harness.parent.outcome import Answered
from harness.worker.entry import EntryPoint, settled
from harness.worker.spans import padding_pair

Pair = tuple[int, int]
PLAIN = {"padding": "valid", "rounding": "floor", "dilation": (1, 1)}
OF_WINDOWS = ("window", "stride", *PLAIN)


def form_of(x: np.ndarray, **settings: Any) -> Settled:
    """A plane pooled; settings are those of a case, each along all axes."""
    usual = {"reduce": "max", "dilation": 1, "padding": "valid", "rounding": "floor", "divisor": "valid"}
    given = {**usual, "stride": settings["window"], **settings}
    return Settled({"x": x}, given, pooling)


def loops(
    x: np.ndarray, window: Pair, stride: Pair, pairs: tuple[Pair, Pair], ceil: bool, divisor: str
) -> list[list[Any]]:
    """The windows of a plane of fractions, one after another: (values inside, elements that count)."""
    found = []
    sizes = []
    for n, k, s, (low, high) in zip(x.shape, window, stride, pairs):
        room = n + low + high - k
        count = (-(-room // s) if ceil else room // s) + 1
        sizes.append(count - 1 if ceil and (count - 1) * s >= n + low else count)
    for i in range(sizes[0]):
        row = []
        for j in range(sizes[1]):
            starts = [at * s - low for at, s, (low, _) in zip((i, j), stride, pairs)]
            taps = [(starts[0] + a, starts[1] + b) for a, b in product(range(window[0]), range(window[1]))]
            inside = [Fraction(float(x[tap])) for tap in taps if all(0 <= t < n for t, n in zip(tap, x.shape))]
            padded = [tap for tap in taps if all(t < n + high for t, n, (_, high) in zip(tap, x.shape, pairs))]
            counts = {"valid": len(inside), "padded": len(padded), "window": len(taps)}
            row.append((inside, counts[divisor]))
        found.append(row)
    return found


PADS = (((0, 0), (0, 0)), ((1, 0), (0, 1)), ((1, 1), (1, 1)))
CALLS = list(product([(2, 3), (3, 2)], [(1, 2), (3, 2)], PADS, [False, True]))


@pytest.mark.parametrize(("window", "stride", "pairs", "ceil"), CALLS)
def test_windows_are_those_of_loops_over_fractions(window: Pair, stride: Pair, pairs: Any, ceil: bool) -> None:
    x = np.random.default_rng(1).normal(0, 1, (5, 7))
    about = {"window": window, "stride": stride, "padding": pairs, "rounding": "ceil" if ceil else "floor"}
    for divisor in ("valid", "padded", "window"):
        seen = loops(x, window, stride, pairs, ceil, divisor)
        mean = evaluate(form_of(x[None, None], reduce="average", divisor=divisor, **about))[0, 0]
        assert mean.tolist() == [[float(sum(values) / count) for values, count in row] for row in seen]
        most = evaluate(form_of(x[None, None], reduce="max", **about))[0, 0]
        assert most.tolist() == [[float(max(values)) for values, _ in row] for row in seen]


MIDDLES = {"min": min, MEDIAN: statistics.median, LOWER_MEDIAN: statistics.median_low}


@pytest.mark.parametrize("reduce", MIDDLES)
@pytest.mark.parametrize(("window", "stride", "pairs", "ceil"), CALLS[::3])
def test_minima_and_medians_are_those_of_loops(reduce: str, window: Pair, stride: Pair, pairs: Any, ceil: bool) -> None:
    x = np.random.default_rng(1).normal(0, 1, (5, 7))
    about = {"window": window, "stride": stride, "padding": pairs, "rounding": "ceil" if ceil else "floor"}
    form = form_of(x[None, None], reduce=reduce, **about)
    seen = [[MIDDLES[reduce](values) for values, _ in row] for row in loops(x, window, stride, pairs, ceil, "valid")]
    assert evaluate(form)[0, 0].tolist() == [[float(each) for each in row] for row in seen]
    assert np.allclose(direct(form), evaluate(form)) and (4 * np.abs(x).max() >= magnitudes(form).A).all()


@pytest.mark.parametrize("reduce", MIDDLES)
def test_what_is_not_known_is_not_known_of_a_minimum_or_median_either(reduce: str) -> None:
    x = np.arange(24.0).reshape(1, 1, 4, 6)
    x[0, 0, 0, 1] = np.nan
    unknown = np.isnan(direct(form_of(x, reduce=reduce, window=2)))
    assert unknown[0, 0].tolist() == [[True, False, False], [False] * 3]


@pytest.mark.parametrize(("sizes", "outputs"), [((5, 7), (3, 4)), ((8, 3), (2, 5)), ((6, 4), (6, 1))])
def test_bins_share_the_input_as_loops_over_fractions_do(sizes: Pair, outputs: Pair) -> None:
    x = np.random.default_rng(3).normal(0, 1, sizes)
    edges = [[(i * n // count, -(-(i + 1) * n // count)) for i in range(count)] for n, count in zip(sizes, outputs)]
    bins = [[x[a:b, c:d].ravel().tolist() for c, d in edges[1]] for a, b in edges[0]]
    means = [[float(sum(map(Fraction, values)) / len(values)) for values in row] for row in bins]
    settings = {"output_size": outputs, "divisor": "valid"}
    assert evaluate(Settled({"x": x[None, None]}, {**settings, "reduce": "average"}, pooling))[0, 0].tolist() == means
    most = evaluate(Settled({"x": x[None, None]}, {**settings, "reduce": "max"}, pooling))[0, 0].tolist()
    assert most == [[max(values) for values in row] for row in bins]


@pytest.mark.parametrize(("rounding", "sizes"), [("floor", [2, 2]), ("ceil", [2, 2]), (KEPT, [3, 3])])
@pytest.mark.parametrize("padding", [0, 1])
def test_a_last_window_in_the_padding_is_dropped_or_kept(rounding: str, sizes: list[int], padding: int) -> None:
    pads = ((padding, padding),) * 2
    form = form_of(np.ones((1, 1, 6, 6)), window=1 + padding, stride=4 + padding, padding=pads, rounding=rounding)
    assert list(form.output_shape[2:]) == sizes
    unpadded = form.with_settings(rounding=KEPT_UNPADDED)
    assert list(unpadded.output_shape[2:]) == ([2, 2] if padding else [3, 3])


def test_a_norm_that_is_scaled_counts_a_window_of_a_half_twice() -> None:
    form = form_of(np.full((1, 1, 1, 3), 3.0), reduce="norm", p=2.0, window=(1, 2), rounding="ceil")
    assert evaluate(form)[0, 0, 0].tolist() == pytest.approx([18**0.5, 3])
    assert evaluate(form.with_settings(overhang=SCALED))[0, 0, 0].tolist() == pytest.approx([18**0.5, 18**0.5])


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_a_norm_is_the_root_of_a_sum_of_powers(p: float) -> None:
    x = np.random.default_rng(2).normal(0, 1, (1, 1, 4, 6))
    y = evaluate(form_of(x, reduce="norm", window=2, p=p))
    blocks = x.reshape(2, 2, 3, 2).transpose(0, 2, 1, 3).reshape(2, 3, 4)
    np.testing.assert_allclose(y[0, 0], (np.abs(blocks) ** p).sum(-1) ** (1 / p), rtol=1e-15)


def test_words_for_a_padding_are_those_of_other_windows() -> None:
    x = np.zeros((1, 1, 9, 6))
    form = form_of(x, window=(3, 2), stride=(2, 1), padding="same")
    assert form.output_shape == (1, 1, 5, 6)
    assert pooling.pairs_of((9, 6), form.settings) == (padding_pair("same", 9, 3, 2), padding_pair("same", 6, 2, 1))


# --- planted conventions ---------------------------------------------------------------------------------------------


def case_of(tmp_path: Path, settings: str, shape: str = "[2, 3, 8, 9]", dtype: str = "float32") -> Case:
    path = tmp_path / "case.yaml"
    drawn = f"integers: {{shape: {shape}, seed: 3, low: -90, high: 90}}"
    path.write_text(f"title: t\noperation: pooling\n{settings}\ninput:\n  layout: NCHW\n  dtype: {dtype}\n  {drawn}\n")
    return next(load(path))


def explained(case: Case, y: np.ndarray) -> Answer:
    return diagnose(Judge(case), Observation(y.astype("float32"), "float32", "direct"))


SETTINGS = [
    "reduce: max\nwindow: 3\nstride: 2\npadding: same",
    "reduce: average\nwindow: [3, 2]\nstride: 2\npadding: 1",
    "reduce: max\nwindow: 2\ndilation: 2\nstride: 1",
]
CODED = [*SETTINGS, "reduce: average\noutput_size: [3, 4]", "reduce: norm\nwindow: 3\nstride: 2\nrounding: ceil"]


@pytest.mark.parametrize("settings", SETTINGS)
def test_planted_settings_are_named(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings)
    total = named = 0
    for changes in list(pooling.alternatives(case.meant()))[::2]:
        (key, value), *others = changes.items()
        planted = (Setting(key, value, case.meant().settings.get(key), tuple(others)),)
        y = evaluate(applied(case.meant(), planted))
        if 0 in y.shape or not np.isfinite(y).all() or np.array_equal(y, evaluate(case.meant())):
            continue
        answer = explained(case, y)
        total += 1
        named += any(gives(case, each.transforms, y) for each in answer.explanations)
        if answer.explanations and not answer.ambiguous:
            assert same_elsewhere(case, answer.explanations[0].transforms, planted)
    assert total > 4
    assert named >= 0.99 * total


CONVENTIONS = [
    ("window: 3\nstride: 2", {"rounding": "ceil"}),
    ("window: 3\nstride: 2\nrounding: ceil", {"rounding": "floor"}),
    ("reduce: average\nwindow: 2\nstride: 3\npadding: 1\nrounding: ceil\ndivisor: padded", {"rounding": KEPT}),
    ("reduce: average\nwindow: 3\nstride: 2\npadding: 1", {"divisor": "padded"}),
    ("reduce: average\nwindow: 3\nstride: 2\npadding: 1\nrounding: ceil\ndivisor: padded", {"divisor": "window"}),
    ("reduce: average\nwindow: 3\nstride: 2\npadding: 1\nrounding: ceil\ndivisor: window", {"divisor": "valid"}),
    ("window: 2\nstride: 1\npadding: same_upper", {"padding": ((1, 0), (1, 0))}),
    ("window: 3\nstride: 2\npadding: same", {"padding": ((1, 1), (1, 1))}),
    ("window: 3\nstride: 2\npadding: 1", {"fill": ZERO}),
    ("reduce: average\nwindow: 3\nstride: 2\npadding: 1\ndivisor: window", {"fill": FIRST_CLIPPED}),
    ("reduce: average\nwindow: 3\nstride: 2\npadding: 1\ndivisor: window", {"fill": LAST_CLIPPED}),
    ("window: 3\nstride: 2", {"reduce": "average", "p": None, "divisor": "valid"}),
    ("window: 2\nstride: 1\npadding: 1", {"reduce": "average", "p": None, "divisor": "padded"}),
    *(("window: 3\nstride: 2", {"reduce": each, "p": None, "divisor": None}) for each in ("min", MEDIAN)),
    *(("reduce: average\nwindow: 2", {"reduce": each, "p": None, "divisor": None}) for each in MIDDLES),
    ("reduce: average\noutput_size: 3", {"reduce": "min", "p": None, "divisor": None}),
    ("window: [3, 2]\nstride: 1", {"window": (2, 3)}),
    ("window: 2\nstride: 1", {"window": (3, 2)}),
    ("window: 3\ndilation: 2\nstride: 1\npadding: same", {"padding": ((1, 1), (1, 1))}),
    ("reduce: norm\nwindow: 3\nstride: 2\nrounding: ceil", {"overhang": SCALED}),
    ("reduce: average\noutput_size: [3, 3]", {"window": (3, 4), "stride": (2, 2), "output_size": None, **PLAIN}),
    ("reduce: average\nwindow: [4, 3]\nstride: [2, 2]", {"output_size": (2, 3), **dict.fromkeys(OF_WINDOWS)}),
]
"""Settings of a case, and a convention of a system: size, last window, divisors, split, what padding counts for,
average for maximum, axes exchanged, dilation left out of the padding, overhang, bins and windows."""


def names(case: Case, y: np.ndarray, count: int) -> Iterator[set[str]]:
    """The names of each explanation by so many changes."""
    room = pooling.search()
    search = room.Search(room.question(case, case.meant(), y, 1e-4, None), deepest=count)
    return ({each.id for each in found} for found in search.level(count))


@pytest.mark.parametrize(("settings", "changes"), CONVENTIONS)
def test_each_convention_is_named_alone_and_beside_one_of_arrays(tmp_path: Path, settings: str, changes: Any) -> None:
    reduced = settings if settings.startswith("reduce") else f"reduce: max\n{settings}"
    case = case_of(tmp_path, reduced, "[1, 2, 7, 8]")
    (key, value), *others = changes.items()
    planted = (Setting(key, value, case.meant().settings.get(key), tuple(others)),)
    y = evaluate(applied(case.meant(), planted))
    assert {key} in names(case, y, 1)
    assert {key, "channel_order"} in names(case, y[:, ::-1], 2)


def gives(case: Case, transforms: tuple[Any, ...], y: np.ndarray) -> bool:
    found = direct(applied(case.meant(), transforms))
    return found.shape == y.shape and bool(np.allclose(found, y, rtol=1e-6))


def same_elsewhere(case: Case, one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    drawn = case.meant().map(lambda x: np.random.default_rng(9).normal(0, 2, x.shape))
    return bool(np.allclose(*(direct(applied(drawn, each)) for each in (one, other))))


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (lambda y: y[:, ::-1], {"channel_order", "divisor"}),
        (lambda y: 3 * y, {"scale", "divisor"}),
        (lambda y: y + 17, {"bias", "divisor"}),
    ],
)
def test_pairs_with_conventions_of_arrays_are_named(tmp_path: Path, change: Any, ids: set[str]) -> None:
    case = case_of(tmp_path, "reduce: average\nwindow: 3\nstride: 2\npadding: 1\ndivisor: valid")
    y = change(evaluate(applied(case.meant(), [Setting("divisor", "window", "valid")])))
    answer = explained(case, y)
    assert {each.id for each in answer.explanations[0].transforms} == ids


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ("reduce: average\nwindow: 3\nstride: 2\npadding: 1\ndivisor: window", {"fill": FIRST_CLIPPED}),
        ("reduce: average\nwindow: [3, 2]\nstride: 2\npadding: 1\ndivisor: valid", {"fill": LAST_CLIPPED}),
        ("reduce: max\nwindow: 2\nstride: 3\npadding: [[-1, 1], [1, -2]]", {"fill": ZERO}),
        ("reduce: norm\nwindow: 3\nstride: 2\nrounding: ceil", {"overhang": SCALED}),
        *(("reduce: max\nwindow: 2\nstride: 1\npadding: 1", {"reduce": each}) for each in MIDDLES),
        ("reduce: average\noutput_size: 3", {"reduce": "min", "divisor": None}),
        ("reduce: average\nwindow: 2\nstride: 2", {"output_size": (3, 5), **dict.fromkeys(OF_WINDOWS)}),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_code_of_a_convention_is_run_and_holds(tmp_path: Path, settings: str, change: Any) -> None:
    case = case_of(tmp_path, settings)
    (key, value), *others = change.items()
    transforms = (Setting(key, value, None, tuple(others)),)
    assert {each.system for each in fix.proofs(case, [transforms], ["numpy"])} == {"numpy"}


def test_data_without_a_border_tell_no_divisor(tmp_path: Path) -> None:
    case = case_of(tmp_path, "reduce: average\nwindow: 2")
    power = pooling.power().power(case.meant())
    assert not [each for each in (*power.sees, *power.blind) if each.startswith("divisor")]


@pytest.mark.parametrize("settings", CODED)
@pytest.mark.parametrize("rounding", ["floor", "ceil"])
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, settings: str, rounding: str) -> None:
    told = settings.replace("\nrounding: ceil", "") + f"\nrounding: {rounding}"
    case = case_of(tmp_path, settings if "output_size" in settings else told)
    found = {each.system: each.program for each in fix.proofs(case, [()], ["numpy"])}
    assert ("np.stack" if "output_size" in settings else "sliding_window_view") in found["numpy"]


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("window: 2", "the key 'reduce' is missing"),
        ("reduce: max", "the key 'window' is missing"),
        ("reduce: max\nwindow: 20", "no window fits into"),
        ("reduce: norm\np: -1\nwindow: 2", "expected a power above 0"),
        ("reduce: max\nwindow: [2, 2, 2]", "expected a number, or 2"),
        ("reduce: max\nwindow: 2\noutput_size: 3", "window and output_size both given; keep one"),
        ("reduce: max\noutput_size: 3\nmatrix: {padding: [0, 1]}", "padding and output_size both given"),
        ("reduce: max\noutput_size: 0", "output_size"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def entry_of(module: Any, name: str) -> EntryPoint:
    return next(each for each in module.POOLING if each.name.endswith(name))


def test_a_padding_that_has_no_word_goes_in_by_numbers_or_by_hand(tmp_path: Path) -> None:
    torch, lowering = entry_of(torch_by_settings, "max_pool2d"), pooling.lowering()
    even = case_of(tmp_path, "reduce: max\nwindow: 3\nstride: 1\npadding: same")
    with pytest.raises(Unsupported, match="does not take padding: same"):
        lowering.as_written(even, torch)
    assert lowering.normalized(even, torch).settings["padding"] == ((1, 1), (1, 1))
    uneven = case_of(tmp_path, "reduce: max\nwindow: 3\nstride: 2\npadding: same")
    call = lowering.normalized(uneven, torch)
    assert [each.id for each in call.transforms] == ["pad_input"]
    assert call.arrays["input"].shape == (2, 3, 9, 11)
    assert np.isneginf(call.arrays["input"]).any()


@pytest.mark.parametrize(
    "settings",
    [
        "window: 2\nstride: 1\npadding: [[-1, 0], [0, 2]]",  # a crop goes in by hand, too
        "window: 1\nstride: 1\npadding: [[0, 0], [0, 1]]\nrounding: ceil",  # a window in the padding alone is none
        "window: 2\nstride: 3\npadding: [[0, 2], [1, 3]]\nrounding: ceil",
    ],
)
def test_what_is_padded_or_cropped_by_hand_gives_the_windows_that_are_meant(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, f"reduce: max\n{settings}")
    (change,) = pooling.remedies(case.meant(), entry_of(torch_by_settings, "max_pool2d"))
    assert change.id == "pad_input"
    assert direct(change.rewrite(case.meant())).tolist() == direct(case.meant()).tolist()


def test_a_mean_of_what_is_not_counted_cannot_be_padded_by_hand(tmp_path: Path) -> None:
    case = case_of(tmp_path, "reduce: average\nwindow: 3\nstride: 2\npadding: same")
    with pytest.raises(Unsupported, match="pads the same on both sides"):
        pooling.lowering().normalized(case, entry_of(torch_by_settings, "avg_pool2d"))


def test_a_size_that_is_rounded_up_is_a_convention_of_who_rounds_down(tmp_path: Path) -> None:
    case = case_of(tmp_path, "reduce: max\nwindow: 3\nstride: 2\nrounding: ceil")
    entry = entry_of(tensorflow_by_settings, "max_pool2d")
    assert "rounding" not in pooling.lowering().as_written(case, entry).settings
    assert [each.id for each in pooling.lowering().normalized(case, entry).transforms] == ["pad_input"]


def test_a_function_of_the_whole_input_takes_no_window(tmp_path: Path) -> None:
    whole, lowering = entry_of(onnx_by_settings, "GlobalMaxPool"), pooling.lowering()
    assert lowering.as_written(case_of(tmp_path, "reduce: max\nwindow: [8, 9]"), whole)
    assert lowering.as_written(case_of(tmp_path, "reduce: max\noutput_size: 1"), whole)
    with pytest.raises(Unsupported, match="does not take window"):
        lowering.as_written(case_of(tmp_path, "reduce: max\nwindow: 2"), whole)


@pytest.mark.parametrize("unsaid", ["window", "stride", "dilation", "padding", "rounding", "divisor"])
def test_a_declaration_that_says_nothing_of_a_setting_has_no_card_and_is_told_which(unsaid: str) -> None:
    demands, keeps = {"reduce": "average", "dilation": 1}, {"rounding": "floor", "divisor": "window"}
    free = tuple(each for each in ("window", "stride", "padding") if each != unsaid)
    for named in (demands, keeps):
        named.pop(unsaid, None)
    entry = settled("own.pool", "pooling", "", demands=demands, keeps=keeps, free=free)(lambda arrays, settings: None)
    card = answered_by_zeros(TABLE["pooling"].probes().card("own", "1", entry))
    assert card.unreadable == f"its declaration says nothing of {unsaid}; name it in demands, keeps, words or free"


def answered_by_zeros(asking: Asking[Card]) -> Card:
    """What comes of an asking where each call is answered by a zero."""
    try:
        questions = next(asking)
        while True:
            questions = asking.send([Answered(np.zeros((1,) * 5), 0.0) for _ in questions])
    except StopIteration as end:
        found: Card = end.value
        return found

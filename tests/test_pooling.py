"""Pooling: windows against loops over fractions, planted conventions, calls, code; Knet's in test_knet_pooling."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import onnx_by_settings, tensorflow_by_settings, torch_by_settings
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import Settled
from harness.canonical.window import padding_pair
from harness.case.read import Case, CaseError, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations import pooling
from harness.operations.call import Unsupported
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied
from harness.worker.entry import EntryPoint

Pair = tuple[int, int]


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


def test_data_without_a_border_tell_no_divisor(tmp_path: Path) -> None:
    case = case_of(tmp_path, "reduce: average\nwindow: 2")
    power = pooling.power().power(case.meant())
    assert not [each for each in (*power.sees, *power.blind) if each.startswith("divisor")]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("rounding", ["floor", "ceil"])
def test_the_code_is_run_and_holds(tmp_path: Path, settings: str, rounding: str) -> None:
    case = case_of(tmp_path, f"{settings}\nrounding: {rounding}")
    found = {each.system: each.program for each in fix.proofs(case, [()], ["numpy"])}
    assert "sliding_window_view" in found["numpy"]


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("window: 2", "the key 'reduce' is missing"),
        ("reduce: max", "the key 'window' is missing"),
        ("reduce: max\nwindow: 20", "no window fits into"),
        ("reduce: norm\np: -1\nwindow: 2", "expected a power above 0"),
        ("reduce: max\nwindow: [2, 2, 2]", "expected a number, or 2"),
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
    with pytest.raises(Unsupported, match="has no padding same"):
        lowering.as_written(even, torch)
    assert lowering.normalized(even, torch).settings["padding"] == ((1, 1), (1, 1))
    uneven = case_of(tmp_path, "reduce: max\nwindow: 3\nstride: 2\npadding: same")
    call = lowering.normalized(uneven, torch)
    assert [each.id for each in call.transforms] == ["pad_input"]
    assert call.arrays["input"].shape == (2, 3, 9, 11)
    assert np.isneginf(call.arrays["input"]).any()


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
    with pytest.raises(Unsupported, match="has no window"):
        lowering.as_written(case_of(tmp_path, "reduce: max\nwindow: 2"), whole)

"""`bias` behind every operation: read, meant, bounded, explained where it is left out or added twice, and in code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import numpy as numpy_backend
from harness.backends import torch as torch_backend
from harness.canonical.reference import direct, evaluate
from harness.case.read import CaseError, load
from harness.explanation import asked
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations.call import MODES
from harness.systems.lower import lower
from tests.test_activation import explained

BIAS = (2.0, -3.0, 5.0, 0.5)
CASE = """
title: t
operation: {operation}
{settings}
bias: {bias}
input: {{layout: NCHW, dtype: {dtype}, random: {{shape: [2, 4, 4, 3], seed: 5, distribution: normal}}}}
"""
SETTINGS = {
    "pooling": "reduce: average\nwindow: 2\nstride: 1",
    "resize": "size: [6, 5]\ninterpolation: linear",
    "normalization": "over: HW\nepsilon: 1e-3",
    "activation": "function: leaky_relu\nslope: 0.1",
    "softmax": "over: C",
    "local_response_normalization": "size: 3\nalpha: 0.5",
    "padding": "padding: {H: 1, W: [0, 2]}",
    "rearrange": "space_to_depth: 1",  # of blocks of one sample: as many channels come out
}


def case_of(folder: Path, operation: str, bias: Any = BIAS, dtype: str = "float64", more: str = "") -> Any:
    text = CASE.format(operation=operation, settings=SETTINGS[operation], bias=list(bias), dtype=dtype)
    (folder / "case.yaml").write_text(text + more)
    return next(load(folder / "case.yaml"))


def column(bias: Any) -> np.ndarray:
    return np.reshape(bias, (1, -1, 1, 1))


@pytest.mark.parametrize("operation", SETTINGS)
def test_it_is_added_to_each_channel_after_the_sum_and_before_what_follows(tmp_path: Path, operation: str) -> None:
    plain = direct(case_of(tmp_path, operation).meant().with_bias(None))
    case = case_of(tmp_path, operation, more="then: relu\n")
    np.testing.assert_allclose(evaluate(case.meant()), plain + column(BIAS), rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(Judge(case).intended.y, np.maximum(plain + column(BIAS), 0), atol=1e-15)


@pytest.mark.parametrize("operation", SETTINGS)
def test_the_bound_holds_the_sum_in_float32_and_no_more(tmp_path: Path, operation: str) -> None:
    case = case_of(tmp_path, operation, dtype="float32", bias=(2e3, -3e3, 5e3, 0.5))
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(y + np.float32(0.0625), "direct").kind != "agrees"


WRONG: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda y: y - column(BIAS),
    "twice the stated": lambda y: y + column(BIAS),
}


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("operation", SETTINGS)
def test_one_that_is_left_out_or_added_twice_is_named(tmp_path: Path, operation: str, value: str) -> None:
    case = case_of(tmp_path, operation)
    answer = explained(case, WRONG[value](evaluate(case.meant())))
    (first, *rest) = answer.explanations
    assert [(each.id, getattr(each, "value", None)) for each in first.transforms] == [("bias", value)]
    assert not rest and not answer.ambiguous


@pytest.mark.parametrize("operation", SETTINGS)
def test_another_bias_is_read_number_by_number(tmp_path: Path, operation: str) -> None:
    case = case_of(tmp_path, operation)
    answer = explained(case, evaluate(case.meant()) + column((0.25, 1.0, -2.0, 4.0)))
    (change,) = answer.explanations[0].transforms
    assert change.id == "bias" and change.values == pytest.approx((0.25, 1.0, -2.0, 4.0))


PAIRS = {
    "pooling": ({"divisor": "padded", "padding": ((1, 1), (1, 1))}, None),
    "normalization": ({"epsilon": 0.02}, "epsilon"),
    "activation": ({"slope": 0.3}, "slope"),
    "local_response_normalization": ({"alpha": 0.7}, "alpha"),
    "resize": ({"coordinates": "asymmetric"}, "coordinates"),
    "softmax": ({"over": "W"}, "over"),
    "padding": ({"boundary": "wrap"}, "boundary"),
}


@pytest.mark.parametrize("operation", [name for name, (_, key) in PAIRS.items() if key])
@pytest.mark.parametrize("often", [0, 1])
def test_another_setting_is_told_beside_it(tmp_path: Path, operation: str, often: int) -> None:
    """Numbers of a setting are read from an output with the bias, and beside one that is left out."""
    case, (changes, key) = case_of(tmp_path, operation), PAIRS[operation]
    y = direct(case.meant().with_settings(**changes).with_bias(None)) + often * column(BIAS)
    answer = explained(case, y)
    found = [tuple(sorted(each.id for each in one.transforms)) for one in answer.explanations]
    assert found[0] == tuple(sorted(["bias", key][often:])) and not answer.ambiguous
    assert all(len(each) > len(found[0]) for each in found[1:])


def test_a_pointwise_function_does_not_hide_an_order_of_channels(tmp_path: Path) -> None:
    """With a bias it matters whether the channels of the input or of the output were turned round."""
    case = case_of(tmp_path, "activation")
    turned = case.given(input=case.values("input")[:, ::-1])
    found = explained(case, evaluate(turned.meant())).explanations
    assert [[each.id for each in one.transforms] for one in found] == [["channel_order"]]


@pytest.mark.parametrize("operation", ["pooling", "activation", "padding", "normalization"])
@pytest.mark.parametrize("transforms", [(), ("none",)])
def test_the_code_is_run_and_holds(tmp_path: Path, operation: str, transforms: tuple[str, ...]) -> None:
    from harness.operations.transforms.told import Setting

    case = case_of(tmp_path, operation, dtype="float32")
    said = fix.proofs(case, [tuple(Setting("bias", each) for each in transforms)], ["numpy", "torch"])
    assert {each.system for each in said} >= {"numpy"}
    assert all(("bias.reshape" in each.program) == (not transforms) for each in said)


ENTRIES = [
    *(("numpy", each) for each in numpy_backend.ENTRY_POINTS if each.operation in SETTINGS),
    *(("torch", each) for each in torch_backend.ENTRY_POINTS if each.operation in SETTINGS),
]


@pytest.mark.parametrize("mode", MODES)
def test_a_call_adds_it_to_what_the_function_gives(tmp_path: Path, mode: str) -> None:
    entry = next(each for _, each in ENTRIES if each.name == "torch.nn.functional.avg_pool2d")
    case = case_of(tmp_path, "pooling", more="then: relu\n")
    call = lower(case, entry, mode)
    assert "bias" not in call.arrays and call.transforms[0].id == "add_bias"
    plain = direct(case.meant().with_bias(None))
    np.testing.assert_array_equal(call.canonical(plain), np.maximum(plain + column(BIAS), 0))


WHOLE = "integers: {shape: [1, 2, 3, 3], seed: 1, low: -9, high: 9}"


@pytest.mark.parametrize(("bias", "exact"), [([3, -4], True), ([3, 0.5], False), ([2**24, 1], False)])
def test_whole_numbers_leave_no_room(tmp_path: Path, bias: list[float], exact: bool) -> None:
    text = f"title: t\noperation: padding\npadding: {{H: 1}}\nbias: {bias}\ninput: {{layout: NCHW, {WHOLE}}}\n"
    (tmp_path / "case.yaml").write_text(text)
    assert next(load(tmp_path / "case.yaml")).meant().exact_in(24) == exact


def test_digits_that_were_printed_of_it_count(tmp_path: Path) -> None:
    case = case_of(tmp_path, "softmax")
    printed = "title: t\noperation: softmax\nbias: {values: [2.0, -3.0, 5.0, 0.5], decimals: 1}\n"
    recorded = "recorded: [{system: s, origin: o, layout: NCHW, file: y.npy}]\n"
    (tmp_path / "p.yaml").write_text(
        printed + recorded + "input: {layout: NCHW, dtype: float64, "
        "random: {shape: [2, 4, 4, 3], seed: 5, distribution: normal}}\n"
    )
    for off, kind in ((0.04, "agrees"), (0.06, "convention")):
        np.save(tmp_path / "y.npy", evaluate(case.meant()) + off)
        found = asked.recordings(next(load(tmp_path / "p.yaml")))
        assert [each.verdict for each in found] == [kind]


@pytest.mark.parametrize(
    ("bias", "message"),
    [([1, 2], "bias: expected 4 numbers, one for each output channel, found 2"), (["x", 1, 1, 1], "expected a number")],
)
@pytest.mark.parametrize("operation", SETTINGS)
def test_what_does_not_fit_is_told(tmp_path: Path, operation: str, bias: list[Any], message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, operation, bias)


def test_one_number_for_each_channel_that_comes_out(tmp_path: Path) -> None:
    text = "title: t\noperation: rearrange\ndepth_to_space: 2\nbias: [7]\ninput: {layout: NCHW, "
    (tmp_path / "case.yaml").write_text(text + "integers: {shape: [1, 4, 2, 2], seed: 1, low: 0, high: 9}}\n")
    case = next(load(tmp_path / "case.yaml"))
    assert case.meant().output_shape == (1, 1, 4, 4)
    np.testing.assert_array_equal(evaluate(case.meant()), 7 + evaluate(case.meant().with_bias(None)))


def test_integers_must_hold_the_sum(tmp_path: Path) -> None:
    text = "title: t\noperation: padding\npadding: {H: 1}\nbias: [120]\n"
    text += "input: {layout: CHW, dtype: int8, integers: {shape: [1, 4, 4], seed: 1, low: 5, high: 9}}\n"
    (tmp_path / "case.yaml").write_text(text)
    with pytest.raises(CaseError, match="the output leaves the range of int8"):
        next(load(tmp_path / "case.yaml"))


@pytest.mark.parametrize(
    ("operation", "settings", "message"),
    [
        ("normalization", "epsilon_at: unknown", "give `over`, the axes of the statistics"),
        ("normalization", "over: HW\ngroups: 3", "4 channels are not cut into 3 groups"),
        ("normalization", "over: HW\nscale: [1, 2, 3]", "3 along C"),
        ("resize", "interpolation: linear\nscale: unknown", "the key 'size' is missing"),
        ("pooling", "reduce: norm\np: 0\nwindow: 2", "a power above 0"),
        ("pooling", "reduce: max\nwindow: 9\nstride: 1\npadding: valid", "no window fits"),
        ("activation", "function: prelu", "prelu, and no other function"),
        ("padding", "padding: {H: 100000, W: 100000}", "the output"),
        ("rearrange", "space_to_depth: 9", "not cut into blocks"),
    ],
)
def test_what_does_not_fit_is_told_before_a_bias_of_whole_numbers_is_tried(
    tmp_path: Path, operation: str, settings: str, message: str
) -> None:
    text = CASE.format(operation=operation, settings=settings, bias=[1, 2, 3, 4], dtype="int64")
    text = text.replace("random", "integers").replace("distribution: normal", "low: -9, high: 9")
    (tmp_path / "case.yaml").write_text(text)
    with pytest.raises(CaseError, match=message):
        next(load(tmp_path / "case.yaml"))

"""Softmax: the formula against an independent evaluation, planted conventions, what data do not tell, calls, cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from harness.backends import torch as torch_backend
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.case.read import CaseError
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import softmax
from harness.operations.call import Unsupported
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied
from harness.report import cards
from tests.small_layers import RUN
from tests.test_activation import case_of as of_activation
from tests.test_activation import explained, found
from tests.test_probe import answered, called

PIXEL = "random: {shape: [2, 3, 1, 1], seed: 7, distribution: normal}"


def case_of(
    tmp_path: Path, settings: str, x: str = "random: {shape: [2, 3, 5, 4], seed: 7, distribution: normal}"
) -> Any:
    of_activation(tmp_path, "function: relu", x)
    path = tmp_path / "case.yaml"
    path.write_text(path.read_text().replace("activation\nfunction: relu", f"softmax\n{settings}"))
    from harness.case.read import load

    return next(load(path))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("over", ["C", "W", "HW", "NCHW"])
def test_the_reference_is_the_definition_rounded_once(over: str, log: bool) -> None:
    x = np.random.default_rng(1).normal(0, 20, (2, 3, 4, 5))
    axes = softmax.axes_of(over, 4)
    with mpmath.workprec(300):
        e = np.vectorize(lambda each: mpmath.exp(mpmath.mpf(float(each))), otypes=[object])(x)
        true = e / e.sum(axes, keepdims=True)
        true = np.vectorize(mpmath.log, otypes=[object])(true) if log else true
        y = evaluate(Settled({"x": x}, {"over": over, "log": log}, softmax))
        off = [abs(mpmath.mpf(float(a)) - b) for a, b in zip(y.ravel(), true.ravel())]
        wide = [abs(b) * mpmath.mpf(2) ** -53 + mpmath.mpf(2) ** -80 for b in true.ravel()]
    assert all(a <= b for a, b in zip(off, wide))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("meant", ["C", "W", "HW"])
def test_planted_axes_are_named(tmp_path: Path, meant: str, log: bool) -> None:
    case = case_of(tmp_path, f"over: {meant}\nlog: {str(log).lower()}")
    for change in softmax.alternatives(case.meant()):
        ((key, value),) = change.items()
        y = evaluate(applied(case.meant(), [Setting(key, value, case.meant().settings[key])]))
        answer = explained(case, y)
        assert not answer.ambiguous
        assert [(each.key, each.value) for each in answer.explanations[0].transforms] == [(key, value)]


ARRAYS = {
    "channel_order": lambda y: y[:, ::-1],
    "scale": lambda y: 2.5 * y,
    "bias": lambda y: y + 0.75,
}


@pytest.mark.parametrize("change", ARRAYS)
def test_pairs_with_conventions_of_arrays_are_named(tmp_path: Path, change: str) -> None:
    case = case_of(tmp_path, "over: C")
    y = ARRAYS[change](evaluate(applied(case.meant(), [Setting("over", "W", "C")])))
    assert tuple(sorted([change, "over"])) in found(explained(case, y))


def test_one_channel_and_noise_are_not_called_an_axis(tmp_path: Path) -> None:
    case = case_of(tmp_path, "over: C")
    noise = np.random.default_rng(3).random((2, 3, 5, 4))
    assert explained(case, noise).explanations == ()
    off = evaluate(case.meant())
    off[0, 0, 0, 0] += 1e-4
    assert explained(case, off).explanations == ()


def test_axes_of_length_one_tell_nothing(tmp_path: Path) -> None:
    """With one pixel, over the channels and over all but the batch are the same."""
    seen = softmax.power().power(case_of(tmp_path, "over: C", PIXEL).meant())
    assert "over CHW" not in seen.sees and "over W" in seen.sees


def test_a_relative_error_of_a_hundred_roundings_is_no_rounding(tmp_path: Path) -> None:
    case = case_of(tmp_path, "over: C")
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(y * np.float32(1 + 2e-5), "direct").kind != "agrees"


@pytest.mark.parametrize("settings", ["over: HW", "over: C\nlog: true"])
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings)
    code = {each.system: each.program for each in fix.proofs(case, [()], sorted(RUN))}
    assert set(code) == ({"numpy"} if "HW" in settings else RUN)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("over: D", "the input has no axis D; its axes: N C H W"),
        ("over: CC", "letters of axes, each once, of NCDHW"),
        ("over: [C]", "letters of axes"),
        ("log: 1", "true or false"),
        ("axis: 1", "unknown key"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def test_letters_stand_in_canonical_order(tmp_path: Path) -> None:
    assert case_of(tmp_path, "over: WH").settings["over"] == "HW"


def test_a_call_is_in_the_words_of_the_function(tmp_path: Path) -> None:
    entry = next(each for each in torch_backend.ENTRY_POINTS if each.name == "torch.nn.functional.softmax")
    lowering = softmax.lowering()
    assert lowering.as_written(case_of(tmp_path, "over: W"), entry).settings == {"over": "W"}
    with pytest.raises(Unsupported, match="does not take over: HW"):
        lowering.as_written(case_of(tmp_path, "over: HW"), entry)
    with pytest.raises(Unsupported, match="log: false; the case has log: true"):
        lowering.as_written(case_of(tmp_path, "log: true"), entry)


@pytest.mark.parametrize(("axis", "measured"), [(1, ""), (3, "over W"), (0, "over N")])
def test_a_card_says_over_which_axis(axis: int, measured: str) -> None:
    from harness.worker.entry import settled

    def call(arrays: Any, settings: Any) -> np.ndarray:
        e = np.exp(arrays["input"])
        return np.asarray(e / e.sum(axis, keepdims=True))

    about: dict[str, Any] = {"demands": {"log": False}, "keeps": {"over": "C"}, "dtypes": ("float32",), "ranks": (2,)}
    card = answered(
        softmax.probes().card("fake", "1", settled("fake.softmax", "softmax", "tests", **about)(call)), called
    )
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)
    assert "fake.softmax" in cards.text(card.as_json())


def softmax_of_unfused(x: np.ndarray, off: float = 0.0) -> np.ndarray:
    """Over C in float32, as oneDNN has it with SSE4.1: the exponential takes n log 2 off in one step; `off` times |x|
    is added to its argument."""
    z = x - x.max(1, keepdims=True)
    n = np.rint(z * np.float32(1 / np.log(2)))
    e = np.exp(z - n * np.float32(np.log(2)) + np.abs(z) * np.float32(off)) * np.exp2(n)
    return np.asarray(e / e.sum(1, keepdims=True))


def test_an_exponential_far_from_0_is_off_by_as_much_as_its_argument(tmp_path: Path) -> None:
    judge = Judge(
        case_of(
            tmp_path, "over: C", "random: {shape: [2, 8, 40, 41], seed: 5, low: -30, high: 30, distribution: uniform}"
        )
    )
    x = judge.case.arrays["input"].values
    assert judge.live(softmax_of_unfused(x), "direct").kind == "agrees"
    assert judge.live(softmax_of_unfused(x, 4 * 2.0**-24), "direct").kind != "agrees"


def test_a_masked_element_leaves_the_others_their_bound(tmp_path: Path) -> None:
    judge = Judge(case_of(tmp_path, "over: C", "values: [[[[1.5]], [[-.inf]], [[2.25]]]]\n  nonfinite: true"))
    y = evaluate(judge.case.meant()).astype(np.float32)
    assert judge.live(np.nextafter(y, np.float32(1)), "direct").kind == "agrees"
    assert judge.live(y * np.float32(1 + 2e-5), "direct").kind != "agrees"

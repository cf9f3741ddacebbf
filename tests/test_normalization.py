"""Normalization: the formula against an independent evaluation, planted conventions, epsilon, calls, cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import torch as torch_backend
from harness.backends.parameter_shapes import of_channels, of_last
from harness.canonical.reference import evaluate
from harness.case.read import CaseError, load
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import normalization
from harness.operations.by_settings.searching import setting
from harness.operations.transforms.transform import applied
from harness.worker.loop import Declined
from tests.small_layers import RUN
from tests.test_activation import explained, found

mpmath = pytest.importorskip("mpmath")
NORMAL = "random: {shape: [2, 4, 3, 5], seed: 1, distribution: normal}"
GIVEN = "mean: [0.5, -0.25, 0.125, 1.0]\nvariance: {layout: C, values: [0.25, 0.5, 0.0625, 2.0]}"
PARAMETERS = "scale: [1.5, -0.5, 2.0, 0.75]\noffset: [0.25, 1.0, -2.0, 0.5]"
INSTANCES = {
    "batch": f"{GIVEN}\n{PARAMETERS}\nepsilon: 1e-3",
    "computed": f"over: NHW\n{PARAMETERS}",
    "layer": f"over: CHW\n{PARAMETERS}",
    "group": f"over: CHW\ngroups: 2\n{PARAMETERS}",
    "instance": "over: HW",
    "rms": f"over: C\nstatistic: mean_square\ncentre: false\n{PARAMETERS}",
    "length": "over: C\nstatistic: sum_square\ncentre: false\nepsilon: 1e-12\nepsilon_at: deviation_floor",
    "sizes": "over: C\nstatistic: sum_absolute\ncentre: false\nepsilon: 1e-12\nepsilon_at: deviation_floor",
}


def case_of(tmp_path: Path, settings: str, x: str = NORMAL) -> Any:
    path = tmp_path / "case.yaml"
    path.write_text(f"title: t\noperation: normalization\n{settings}\ninput:\n  layout: NCHW\n  {x}\n")
    return next(load(path))


def exact(case: Any) -> np.ndarray:
    """By the definition, element by element, with 300 bits."""
    x, s = case.values("input"), case.settings
    exactly = np.vectorize(lambda each: mpmath.mpf(float(each)), otypes=[object])
    c = x.shape[1]
    y = np.empty(x.shape, object)
    for place in np.ndindex(x.shape):
        if s["over"] is None:
            mean, v = (mpmath.mpf(float(case.values(role)[0, place[1], 0, 0])) for role in ("mean", "variance"))
        else:
            part = [slice(None) if letter in s["over"] else slice(at, at + 1) for letter, at in zip("NCHW", place)]
            if "C" in s["over"]:
                size = c // s["groups"]
                part[1] = slice(place[1] // size * size, (place[1] // size + 1) * size)
            values = exactly(x[tuple(part)]).ravel()
            mean = sum(values) / len(values) if s["centre"] else mpmath.mpf(0)
            off = [each - mean for each in values]
            v = sum(map(abs, off)) if s["statistic"] == "sum_absolute" else sum(each**2 for each in off)
            v = v / len(off) if s["statistic"] in ("variance", "mean_square") else v
        root = v if s["statistic"] == "sum_absolute" else mpmath.sqrt(v)
        epsilon = mpmath.mpf(s["epsilon"])
        d = mpmath.sqrt(v + epsilon) if s["epsilon_at"] == "variance" else max(root, epsilon)
        y[place] = (mpmath.mpf(float(x[place])) - mean) / d
        for role in ("scale", "offset"):
            if role in case.arrays:
                number = mpmath.mpf(float(case.values(role)[0, place[1], 0, 0]))
                y[place] = y[place] * number if role == "scale" else y[place] + number
    return y


@pytest.mark.parametrize("name", INSTANCES)
def test_the_reference_is_the_definition_rounded_once(tmp_path: Path, name: str) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    with mpmath.workprec(300):
        true = exact(case)
        off = [abs(mpmath.mpf(float(a)) - b) for a, b in zip(evaluate(case.meant()).ravel(), true.ravel())]
        wide = [abs(b) * mpmath.mpf(2) ** -53 + mpmath.mpf(2) ** -80 for b in true.ravel()]
    assert all(a <= b for a, b in zip(off, wide))


@pytest.mark.parametrize("name", INSTANCES)
def test_planted_settings_are_named(tmp_path: Path, name: str) -> None:
    """Each alternative that the data see is among the explanations, or one that comes to the same numbers is."""
    case = case_of(tmp_path, INSTANCES[name])
    total = named = 0
    for change in list(normalization.alternatives(case.meant()))[::2]:
        y = evaluate(applied(case.meant(), [setting(case.meant(), change)])).astype(np.float32)
        if Judge(case).live(y, "direct").kind == "agrees":
            continue
        answer = explained(case, y)
        total += 1
        gives = [evaluate(applied(case.meant(), each.transforms)) for each in answer.explanations]
        named += any(each.shape == y.shape and np.allclose(each, y, rtol=1e-5, atol=1e-6) for each in gives)
        if not answer.ambiguous:
            assert np.allclose(gives[0], y, rtol=1e-5, atol=1e-6)
    assert named == total and total > 4


@pytest.mark.parametrize("epsilon", [0.0123, 3e-4, 0.77])
@pytest.mark.parametrize("name", ["batch", "layer", "group"])
def test_an_epsilon_is_read_back(tmp_path: Path, name: str, epsilon: float) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    answer = explained(case, evaluate(applied(case.meant(), [setting(case.meant(), {"epsilon": epsilon})])))
    (change,) = answer.explanations[0].transforms
    assert change.id == "epsilon"
    assert change.value == pytest.approx(epsilon, abs=3e-6)
    assert not answer.ambiguous


@pytest.mark.parametrize("factor", [0.999, 997.003, 0.0])
def test_the_factor_of_stored_statistics_is_read_back(tmp_path: Path, factor: float) -> None:
    case = case_of(tmp_path, INSTANCES["batch"])
    answer = explained(case, evaluate(applied(case.meant(), [setting(case.meant(), {"factor": factor})])))
    (change,) = answer.explanations[0].transforms
    assert change.id == "factor"
    assert change.value == pytest.approx(factor, rel=1e-5)


@pytest.mark.usefixtures("kept")
def test_a_factor_divides_the_mean_and_the_variance_and_none_of_them_is_left_by_0(tmp_path: Path) -> None:
    case = case_of(tmp_path, INSTANCES["batch"])
    form = case.meant()
    halved = form.map(lambda each: each / 2, "mean", "variance")
    gone = form.map(np.zeros_like, "mean", "variance")
    for factor, wanted in ((2.0, halved), (0.0, gone)):
        found = evaluate(form.with_settings(factor=factor))
        np.testing.assert_allclose(found, evaluate(wanted), rtol=1e-12)
        code = fix.proofs(case, [(setting(form, {"factor": factor}),)], ["numpy"])
        assert {each.system for each in code} == {"numpy"}


@pytest.mark.parametrize("change", ["channel_order", "scale", "bias"])
def test_pairs_with_conventions_of_arrays_are_named(tmp_path: Path, change: str) -> None:
    case = case_of(tmp_path, INSTANCES["instance"])
    ends = {"channel_order": lambda y: y[:, ::-1], "scale": lambda y: 2.5 * y, "bias": lambda y: y + 0.75}
    y = ends[change](evaluate(applied(case.meant(), [setting(case.meant(), {"over": "CHW"})])))
    assert tuple(sorted([change, "over"])) in found(explained(case, y))


@pytest.mark.parametrize("name", ["batch", "layer"])
def test_noise_and_one_wrong_element_are_explained_by_nothing(tmp_path: Path, name: str) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    off = evaluate(case.meant())
    off[1, 2, 0, 3] += 1e-3
    noise = np.random.default_rng(3).normal(size=off.shape)
    assert explained(case, off).explanations == explained(case, noise).explanations == ()


def test_a_relative_error_of_a_hundred_roundings_is_no_rounding(tmp_path: Path) -> None:
    case = case_of(tmp_path, INSTANCES["instance"])
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(y * np.float32(1 + 2e-5), "direct").kind != "agrees"


@pytest.mark.parametrize(
    ("name", "change"),
    [("batch", {}), ("batch", {"slots": "1 + scale"}), ("group", {}), ("group", {"order": "interleaved"})],
)
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, name: str, change: dict[str, Any]) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    transforms = [setting(case.meant(), change)] if change else []
    code = {each.system: each.program for each in fix.proofs(case, [tuple(transforms)], sorted(RUN))}
    assert set(code) == ({"numpy"} if change else RUN)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("epsilon: 1e-5", "give `over`, the axes of the statistics, or arrays `mean` and `variance`"),
        (f"over: HW\n{GIVEN}", "keep one"),
        ("over: D", "the input has no axis D"),
        ("over: CHW\ngroups: 3", "4 channels are not cut into 3 groups"),
        ("over: HW\nscale: [1, 2, 3]", "3 along C; expected 1 or the 4 of the input"),
        ("over: HW\nepsilon: -1", "at least 0"),
        ("over: HW\nscale: {layout: CD, values: [[1]]}", "layout 'CD'"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def test_a_parameter_has_any_axes_of_the_input(tmp_path: Path) -> None:
    case = case_of(tmp_path, "over: W\nscale: {layout: W, values: [1, 2, 3, 4, 5]}\noffset: [1, 2, 3, 4]")
    assert case.values("scale").shape == (1, 1, 1, 5)
    assert case.values("offset").shape == (1, 4, 1, 1)


def test_what_a_function_keeps_is_a_convention_as_written(tmp_path: Path) -> None:
    entry = next(each for each in torch_backend.ENTRY_POINTS if each.name.endswith(".batch_norm"))
    case = case_of(tmp_path, INSTANCES["batch"] + "\nepsilon_at: deviation")
    lowering = normalization.lowering()
    assert lowering.as_written(case, entry).settings == {"epsilon": 1e-3}
    with pytest.raises(Exception, match="always has epsilon_at: variance; the case has epsilon_at: deviation"):
        lowering.normalized(case, entry)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("batch_norm", "variance: [0.25, 0.5, 0.0625, 2.0]"),
        ("batch_norm", GIVEN),
        ("batch_norm(training=True)", "over: NHW"),
        ("batch_norm(training=True)", "over: NHW\noffset: [0.25, 1.0, -2.0, 0.5]"),
        ("layer_norm", "over: CHW"),
        ("layer_norm", "over: W"),
        ("layer_norm (channels last)", "over: C"),
        ("rms_norm (channels last)", "over: C\nstatistic: mean_square\ncentre: false"),
        ("group_norm", "over: CHW\ngroups: 2"),
        ("instance_norm", "over: HW"),
        ("rms_norm", "over: CHW\nstatistic: mean_square\ncentre: false"),
    ],
)
def test_what_a_case_has_no_parameters_of_is_called_with_those_that_change_nothing(tmp_path, name, settings):
    case = case_of(tmp_path, settings)
    entry = next(each for each in torch_backend.ENTRY_POINTS if each.name == f"torch.nn.functional.{name}")
    for lower in (normalization.lowering().as_written, normalization.lowering().normalized):
        call = lower(case, entry)
        assert set(call.arrays) == {"input", *entry.takes.arrays}
        assert not call.transforms
        if "torch" in RUN:
            y = call.canonical(entry.call(call.arrays, call.settings))
            np.testing.assert_allclose(y, evaluate(case.meant()), rtol=0, atol=1e-6)


def test_parameters_come_as_functions_want_them_or_are_declined() -> None:
    column = np.arange(3.0).reshape(1, 3, 1, 1)
    assert of_channels(column, 3).tolist() == [0, 1, 2]
    assert of_last(column, (2, 3, 2, 2), 3).shape == (3, 2, 2)
    with pytest.raises(Declined, match="one number for each channel"):
        of_channels(np.zeros((1, 1, 1, 3)), 3)
    with pytest.raises(Declined, match="parameters over the axes"):
        of_last(column, (2, 3, 2, 2), 2)


@pytest.mark.parametrize(("said", "meant"), [("", "deviation"), ("_floor", "deviation_floor")])
def test_a_sum_of_absolute_values_has_epsilon_beside_it(tmp_path: Path, said: str, meant: str) -> None:
    """No root is taken of it: "at the variance" and "at the deviation" are one."""
    case = case_of(tmp_path, f"over: C\nstatistic: sum_absolute\ncentre: false\nepsilon_at: variance{said}")
    assert case.meant().settings["epsilon_at"] == meant

"""Activations: the family against an independent evaluation, planted conventions, what data do not tell, calls."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest

from harness.backends import torch as torch_backend
from harness.canonical.arithmetic import bounded
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations import activation
from harness.operations.activation_family import DEFAULTS, FORMULAS, WAYS
from harness.operations.activation_search import read_off
from harness.operations.call import Unsupported
from harness.operations.transforms.skipping import Skipped
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied
from harness.report import cards
from harness.worker.entry import EntryPoint, from_json
from tests.small_layers import RUN
from tests.test_probe import answered, called

SMOOTH = ("elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid", "tanh", "softplus", "softsign", "log_sigmoid")


def case_of(
    tmp_path: Path, settings: str, x: str = "random: {shape: [2, 3, 5, 4], seed: 7, distribution: normal}"
) -> Case:
    """A case of an activation; `settings` are lines of the file."""
    path = tmp_path / "case.yaml"
    path.write_text(f"title: t\noperation: activation\n{settings}\ninput:\n  layout: NCHW\n  {x}\n")
    return next(load(path))


def form_of(function: str, x: np.ndarray, **given: Any) -> Settled:
    settings = {key: each for key, each in DEFAULTS.get(function, {}).items() if each is not None}
    return Settled({"x": x}, {"function": function, **settings, **given}, activation)


def explained(case: Case, y: np.ndarray, dtype: str = "float32") -> Answer:
    return diagnose(Judge(case), Observation(y.astype(dtype), dtype, "direct"))


def found(answer: Answer) -> list[tuple[str, ...]]:
    return [tuple(sorted(each.id for each in explanation.transforms)) for explanation in answer.explanations]


# --- the family ------------------------------------------------------------------------------------------------------

EXACT = SimpleNamespace(
    **{name: getattr(mpmath, name) for name in ("exp", "log1p", "tanh", "erf", "sqrt")},
    pi=mpmath.pi,
    abs=abs,
    maximum=max,
    minimum=min,
    where=lambda condition, chosen, otherwise: chosen if condition else otherwise,
)
"""An arithmetic of one number with as many digits as one likes."""


@pytest.mark.parametrize("function", [name for name in FORMULAS if name != "prelu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_reference_is_rounded_once(function: str, dtype: str) -> None:
    """Against mpmath with 300 bits: to the last bit, but where the value is nothing beside what it is made of."""
    x = np.random.default_rng(1).normal(0, 3, 200).astype(dtype)
    form = form_of(function, x.reshape(1, 1, -1))
    with mpmath.workprec(300):
        true = [activation.formula(EXACT, {"x": mpmath.mpf(float(each))}, form.settings) for each in x]
        off = [abs(mpmath.mpf(float(y)) - t) for y, t in zip(evaluate(form).ravel(), true)]
        wide = [
            abs(t) * mpmath.mpf(2) ** -53 + abs(mpmath.mpf(float(each))) * mpmath.mpf(2) ** -90
            for t, each in zip(true, x)
        ]
    assert all(a <= b for a, b in zip(off, wide))


@pytest.mark.parametrize("function", [name for name in FORMULAS if name != "prelu"])
def test_float32_arithmetic_is_within_the_bound_and_twice_its_unit_is_not_needed(function: str) -> None:
    x = np.random.default_rng(2).normal(0, 4, 3000).astype(np.float32).reshape(1, 1, -1)
    form = form_of(function, x)
    single = activation.formula(np_of_float32(), {"x": x}, form.settings)
    assert single.dtype == np.float32
    off = np.abs(single.astype(np.float64) - evaluate(form))
    assert (off <= 2.0**-24 * (magnitudes(form).A + 2 * np.abs(direct(form)))).all()


@pytest.mark.parametrize("function", WAYS)
def test_other_ways_of_a_function_are_within_the_bound(function: str) -> None:
    """Where they cancel (a hard swish by a hard sigmoid, at -3) they are not within the bound of the formula alone."""
    x = np.random.default_rng(2).uniform(-14, 14, 20000).astype(np.float32).reshape(1, 1, -1)
    form = form_of(function, x)
    meant = evaluate(form)
    for way in activation.ways(form.settings):
        y = way(np_of_float32(), {"x": x}, form.settings)
        off = np.abs(y.astype(np.float64) - meant)
        assert y.dtype == np.float32
        assert (off <= 2.0**-24 * (magnitudes(form).A + 2 * np.abs(meant))).all()
        alone = bounded.lifted(form.computed(bounded, bounded.Bounded)).error
        assert (off > 2.0**-24 * (alone + 2 * np.abs(meant))).any() == (function in ("sigmoid", "silu", "hard_swish"))


@pytest.mark.parametrize(("function", "at"), [("softplus", 10.5), ("log_sigmoid", -10.5)])
def test_a_softplus_is_off_by_what_its_exponential_is_off(tmp_path: Path, function: str, at: float) -> None:
    """TensorFlow's, a logarithm of 1 + exp(x), was measured to be off by two of float32's steps there."""
    case = case_of(
        tmp_path,
        f"function: {function}",
        f"random: {{shape: [1, 1, 1, 50], seed: 1, low: {at}, high: {at + 1}, distribution: uniform}}",
    )
    y, step = evaluate(case.meant()), 2.0**-20
    assert Judge(case).live((y + 2 * step).astype(np.float32), "direct").kind == "agrees"
    assert Judge(case).live((y + 12 * step).astype(np.float32), "direct").kind != "agrees"


def np_of_float32() -> Any:
    """NumPy with constants of float32, so that nothing is computed in float64."""

    def erf(x: np.ndarray) -> np.ndarray:
        return np.array([math.erf(each) for each in x.ravel()], x.dtype).reshape(x.shape)

    names = ("exp", "log1p", "tanh", "abs", "maximum", "minimum", "where")
    return SimpleNamespace(
        **{name: getattr(np, name) for name in names},
        erf=erf,
        pi=math.pi,
        sqrt=lambda x: float(np.float32(math.sqrt(x))),
    )


@pytest.mark.parametrize("function", SMOOTH)
def test_a_relative_error_of_a_hundred_roundings_is_no_rounding(tmp_path: Path, function: str) -> None:
    case = case_of(tmp_path, f"function: {function}")
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(y * np.float32(1 + 2e-5), "direct").kind != "agrees"


# --- planted conventions ---------------------------------------------------------------------------------------------

SETTINGS = ("function: gelu", "function: leaky_relu", "function: hard_sigmoid")


def changes(case: Case) -> Iterator[tuple[Setting, ...]]:
    """The alternatives that the data see, and slopes that nobody lists."""
    form = case.meant()
    for change in activation.alternatives(form):
        (key, value), *others = change.items()
        yield (Setting(key, value, form.settings.get(key), tuple(others)),)
    if case.settings["function"] == "leaky_relu":
        yield from ((Setting("slope", each, 0.01),) for each in (0.0123, 0.37, -0.5))


ARRAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "channel_order": lambda y: y[:, ::-1],
    "input_axes": lambda y: y.transpose(0, 1, 3, 2),
    "reshape_not_transpose": lambda y: y.transpose(0, 2, 3, 1).reshape(y.shape),
    "scale": lambda y: 2.5 * y,
    "bias": lambda y: y + 0.75,
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_planted_settings_are_named(tmp_path: Path, settings: str) -> None:
    """Each alternative is among the explanations; what is said as certain comes to the same as what was planted."""
    case = case_of(tmp_path, settings)
    total = named = 0
    for planted in itertools.islice(changes(case), 0, None, 4):
        y = evaluate(applied(case.meant(), planted)).astype(np.float32)
        if Judge(case).live(y, "direct").kind == "agrees":
            continue
        answer = explained(case, y)
        total += 1
        named += any(gives(case, each.transforms, y) for each in answer.explanations)
        if answer.explanations and not answer.ambiguous:
            assert gives_the_same(case, answer.explanations[0].transforms, planted)
    assert total > 6
    assert named >= 0.99 * total


TANH = Setting("function", "gelu", "leaky_relu", (("approximate", "tanh"), ("slope", None)))


@pytest.mark.parametrize("planted", [Setting("slope", 0.123, 0.01), TANH], ids=["slope", "function"])
@pytest.mark.parametrize("change", ARRAYS)
def test_pairs_with_conventions_of_arrays_are_named(tmp_path: Path, change: str, planted: Setting) -> None:
    case = case_of(tmp_path, "function: leaky_relu")
    y = ARRAYS[change](evaluate(applied(case.meant(), [planted])))
    assert tuple(sorted([change, planted.id])) in found(explained(case, y))


def gives(case: Case, transforms: tuple[Any, ...], y: np.ndarray) -> bool:
    return bool(np.allclose(direct(applied(case.meant(), transforms)), y, rtol=1e-4, atol=1e-5))


def gives_the_same(case: Case, one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two explanations come to the same on fresh data of both signs."""
    drawn = case.meant().map(lambda x: np.random.default_rng(9).normal(0, 2, x.shape))
    return bool(np.allclose(*(direct(applied(drawn, each)) for each in (one, other)), rtol=1e-3, atol=1e-3))


def test_what_one_value_would_fit_is_no_explanation(tmp_path: Path) -> None:
    """A slope that a single negative value gives could be any."""
    case = case_of(tmp_path, "function: relu", "values: [[[[1, 2, -3, 4]]]]")
    answer = explained(case, np.array([[[[1.0, 2.0, -0.777, 4.0]]]]))
    assert not [each for each in answer.explanations if "slope" in str(each.transforms)]


def test_values_that_tell_nothing_are_a_tie(tmp_path: Path) -> None:
    """Below 6 nothing tells ReLU from ReLU6."""
    case = case_of(tmp_path, "function: gelu", "random: {shape: [2, 3, 5, 4], seed: 7, distribution: uniform}")
    answer = explained(case, np.asarray(case.values("input")))
    assert answer.ambiguous
    assert "the data (120 known values) cannot tell the tied explanations apart" in answer.remarks


LIMITED = ("function: clip\nlow: -0.5\nhigh: 0.5", "function: clip\nlow: -0.5", "function: relu6")


@pytest.mark.parametrize("settings", LIMITED)
def test_limits_beyond_all_data_tie_with_no_function(tmp_path: Path, settings: str) -> None:
    """An output that is its input does not tell a function that was left out from limits that nothing reaches."""
    case = case_of(tmp_path, settings)
    x = np.asarray(case.values("input"))
    answer = explained(case, x)
    wider = [each for each in answer.explanations if isinstance(each.changes[0], Setting)]
    assert found(answer)[0] == ("skipped",) and answer.ambiguous
    assert all(np.array_equal(direct(applied(case.meant(), each.changes)), x) for each in wider)
    assert any(not gives_the_same(case, each.changes, (Skipped(),)) for each in wider)
    answer = explained(case, x + 0.25 * (x == x.max()))
    assert not answer.explanations or answer.ambiguous


def test_noise_is_explained_by_nothing(tmp_path: Path) -> None:
    """What is off by a few times the bound is not called a factor or an offset."""
    case = case_of(tmp_path, "function: sigmoid")
    y = evaluate(case.meant())
    noise = np.random.default_rng(3).normal(0, 3e-6, y.shape)
    assert explained(case, y + noise).explanations == ()


def test_an_unknown_setting_is_found(tmp_path: Path) -> None:
    case = case_of(tmp_path, "function: leaky_relu\nslope: unknown")
    answer = explained(case, np.where(case.meant().x > 0, 1.0, 0.15) * case.meant().x)
    assert not answer.explanations[0].transforms
    assert [each.id for each in answer.explanations[0].settings] == ["slope"]
    assert "left open, and found: slope 0.15" in answer.remarks


@pytest.mark.parametrize("transform", [(), (Setting("approximate", "tanh", "none"),)])
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, transform: tuple[Setting, ...]) -> None:
    case = case_of(tmp_path, "function: gelu")
    code = {each.system: each.program for each in fix.proofs(case, [transform], sorted(RUN))}
    assert set(code) == RUN
    assert ("np.tanh" in code["numpy"]) == bool(transform)
    assert "torch" not in RUN or ('approximate="tanh"' in code["torch"]) == bool(transform)


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("slope: 0.1", "the key 'function' is missing"),
        ("function: gelu\nslope: 0.1", "gelu has no slope; its parameters: approximate"),
        ("function: prelu", "prelu, and no other function, has a list of slopes"),
        ("function: relu\nslope: [1, 2, 3]", "prelu, and no other function, has a list of slopes"),
        ("function: prelu\nslope: [1, 2]", "2 slopes; expected 3, one for each channel"),
        ("function: swish", "unknown word 'swish'"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def entry_of(name: str) -> EntryPoint:
    return next(each for each in torch_backend.ACTIVATIONS if each.name.endswith(name))


def test_a_call_is_in_the_words_of_the_function(tmp_path: Path) -> None:
    lowering = activation.lowering()
    call = lowering.as_written(case_of(tmp_path, "function: gelu\napproximate: tanh"), entry_of("gelu"))
    assert call.settings == {"approximate": "tanh"}
    with pytest.raises(Unsupported, match="does not take approximate: quick"):
        lowering.as_written(case_of(tmp_path, "function: gelu\napproximate: quick"), entry_of("gelu"))
    with pytest.raises(Unsupported, match="computes function: gelu; the case has function: relu"):
        lowering.as_written(case_of(tmp_path, "function: relu"), entry_of("gelu"))


def test_what_a_function_keeps_is_a_convention_as_written_and_declined_when_normalized(tmp_path: Path) -> None:
    case, lowering = case_of(tmp_path, "function: hard_sigmoid"), activation.lowering()
    assert lowering.as_written(case, entry_of("hardsigmoid")).settings == {}
    with pytest.raises(Unsupported, match="always has alpha: 0.166666667; the case has alpha: 0.2"):
        lowering.normalized(case, entry_of("hardsigmoid"))


def test_a_default_counts_where_the_case_leaves_it_out(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="always has threshold: 20; the case has no threshold"):
        activation.lowering().normalized(case_of(tmp_path, "function: softplus"), entry_of("softplus"))


def test_declarations_travel() -> None:
    for entry in torch_backend.ACTIVATIONS:
        assert from_json(entry.as_json()).takes == entry.takes


def test_the_power_of_positive_data_has_a_blind_spot(tmp_path: Path) -> None:
    blind = case_of(tmp_path, "function: leaky_relu", "random: {shape: [2, 3, 5, 4], seed: 7, distribution: uniform}")
    seen = activation.power().power(blind.meant())
    assert "slope 0.2" in seen.blind
    lines = activation.power().strengthened(blind)
    assert lines.startswith("input:\n  layout: NCHW")
    assert "slope 0.2" in activation.power().power(case_of(tmp_path, "function: leaky_relu").meant()).sees


# --- the card --------------------------------------------------------------------------------------------------------


def leaky(slope: float) -> EntryPoint:
    """An entry point that declares a slope of 0.01 and has another one."""
    from harness.worker.entry import settled

    def call(arrays: Any, settings: Any) -> np.ndarray:
        x = arrays["input"]
        return np.where(x > 0, x, np.asarray(slope, x.dtype) * x)

    about: dict[str, Any] = {"demands": {"function": "leaky_relu"}, "keeps": {"slope": 0.01}, "dtypes": ("float32",)}
    return settled("fake.leaky", "activation", "tests", **about)(call)


@pytest.mark.parametrize(("slope", "measured"), [(0.01, ""), (0.2, "slope 0.2"), (0.7, "no settings that are known")])
def test_a_card_says_what_is_followed(slope: float, measured: str) -> None:
    card = answered(activation.probes().card("fake", "1", leaky(slope)), called)
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)
    assert "fake.leaky" in cards.text(card.as_json())


def test_a_gelu_of_float32_agrees_far_below_zero(tmp_path: Path) -> None:
    """PyTorch's vectorized error function is off by up to 11 units; at -3.5, where 1 + erf cancels, that shows."""
    torch = pytest.importorskip("torch")
    case = case_of(
        tmp_path, "function: gelu", "random: {shape: [1, 1, 1, 8192], seed: 3, distribution: uniform, low: -6, high: 6}"
    )
    y = torch.nn.functional.gelu(torch.from_numpy(case.arrays["input"].values)).numpy()
    assert Judge(case).live(y, "direct").kind == "agrees"


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_values_that_are_all_one_tell_no_slope_and_no_two_limits(value: float) -> None:
    """They were a hard sigmoid of slope 1e-17."""
    x = np.random.default_rng(1).normal(0, 1, (1, 2, 20, 20))
    read = list(read_off(x, np.full(x.shape, value), np.full(x.shape, 1e-7)))
    assert all(function != "hard_sigmoid" for function, _ in read)
    assert all(found["low"] < found["high"] for function, found in read if function == "clip" and len(found) == 2)


def gelu_of_approximate_erf(x: np.ndarray, off: float = 0.0) -> np.ndarray:
    """GELU in float32 by Abramowitz & Stegun 1964, 7.1.26, as oneDNN has it without AVX-512; `off` is added to erf."""
    one = np.float32(1)
    terms = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
    z = np.abs(x) * np.float32(math.sqrt(0.5))
    t = one / (np.float32(0.3275911) * z + one)
    r = np.float32(0)
    for each in terms:
        r = (r + np.float32(each)) * t
    erf = np.sign(x) * (one - r * np.exp(-z * z)) + np.float32(off)
    return np.asarray(np.float32(0.5) * x * (one + erf))


@pytest.mark.parametrize("reach", [0.3, 6.0])
def test_an_error_function_is_off_by_as_much_where_it_is_small(tmp_path: Path, reach: float) -> None:
    """Approximations of it are of the form 1 - r(x): near 0 they are off by several times its own roundings."""
    drawn = f"random: {{shape: [1, 1, 1, 8192], seed: 3, distribution: uniform, low: {-reach}, high: {reach}}}"
    judge = Judge(case_of(tmp_path, "function: gelu", drawn))
    x = judge.case.arrays["input"].values
    assert judge.live(gelu_of_approximate_erf(x), "direct").kind == "agrees"
    assert judge.live(gelu_of_approximate_erf(x, 60 * 2.0**-24), "direct").kind != "agrees"


@pytest.mark.parametrize(("meant", "other"), [*itertools.permutations(["none", "tanh", "quick"], 2)])
def test_gelus_of_the_approximate_error_function_are_told_apart(tmp_path: Path, meant: str, other: str) -> None:
    case = case_of(tmp_path, f"function: gelu\napproximate: {meant}")
    x = case.arrays["input"].values
    given = form_of("gelu", x, approximate=other)
    y = gelu_of_approximate_erf(x) if other == "none" else evaluate(given).astype(np.float32)
    assert Judge(case).live(y, "direct").kind != "agrees"
    assert found(explained(case, y))[0] == ("approximate",)

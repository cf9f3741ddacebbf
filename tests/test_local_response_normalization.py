"""Local response normalization: the formula against an independent evaluation, planted conventions, calls, cards."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import onnx_normalization, opencv, tensorflow_normalization, torch_normalization
from harness.canonical.arithmetic import bounded, twofold
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import local_response_normalization as lrn
from harness.operations.by_settings.searching import setting
from harness.operations.call import Unsupported
from harness.operations.transforms.transform import applied
from harness.report import cards
from harness.worker.entry import EntryPoint, settled
from tests.small_layers import RUN
from tests.test_activation import explained, found
from tests.test_probe import answered, called

mpmath = pytest.importorskip("mpmath")
WHOLE = "integers: {shape: [2, 7, 5, 4], seed: 3, low: -9, high: 9}"
USUAL = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0, "divided": "size", "across": "C"}


def case_of(tmp_path: Path, settings: str, x: str = WHOLE, dtype: str = "float32") -> Case:
    path = tmp_path / "case.yaml"
    head = f"title: t\noperation: local_response_normalization\n{settings}\n"
    path.write_text(f"{head}input:\n  layout: NCHW\n  dtype: {dtype}\n  {x}\n")
    return next(load(path))


def form_of(x: np.ndarray, **settings: Any) -> Settled:
    return Settled({"x": x}, {**USUAL, **settings}, lrn)


# --- the formula -----------------------------------------------------------------------------------------------------


def exact(x: np.ndarray, size: int, alpha: float, beta: float, k: float, divided: str, across: str) -> list[Any]:
    """Element by element: the sum of squares in fractions, the power with 300 bits."""
    reach = range(-((size - 1) // 2), size // 2 + 1)
    count = {"none": 1, "size": size, "area": size ** len(across)}[divided]
    axes = ["NCHW".index(letter) for letter in across]
    found = []
    for place in np.ndindex(x.shape):
        total = Fraction(0)
        for moved in product(reach, repeat=len(axes)):
            at = list(place)
            for axis, step in zip(axes, moved):
                at[axis] += step
            if all(0 <= each < n for each, n in zip(at, x.shape)):
                total += Fraction(float(x[tuple(at)])) ** 2
        base = Fraction(k) + Fraction(alpha) * total / count
        power = mpmath.power(mpmath.mpf(base.numerator) / base.denominator, mpmath.mpf(beta))
        found.append(mpmath.mpf(float(x[place])) / power)
    return found


@pytest.mark.parametrize("across", ["C", "HW", "CHW", "W"])
@pytest.mark.parametrize("divided", ["size", "area", "none"])
@pytest.mark.parametrize("size", [1, 3, 4, 11])
def test_the_reference_is_the_definition_rounded_once(size: int, divided: str, across: str) -> None:
    x = np.random.default_rng(1).normal(0, 3, (2, 5, 3, 4))
    about: dict[str, Any] = {"size": size, "alpha": 0.3, "beta": 0.7, "k": 1.25, "divided": divided, "across": across}
    with mpmath.workprec(300):
        true = exact(x, **about)
        off = [abs(mpmath.mpf(float(a)) - b) for a, b in zip(evaluate(form_of(x, **about)).ravel(), true)]
        wide = [abs(b) * (mpmath.mpf(2) ** -53 + mpmath.mpf(2) ** -80) for b in true]
    assert all(a <= b for a, b in zip(off, wide))


def test_the_other_side_of_an_even_size_is_the_mirror_image() -> None:
    x = np.random.default_rng(2).normal(0, 3, (1, 6, 2, 2))
    below = evaluate(form_of(x, size=4, alpha=1.0, even_size="one more below"))
    assert np.array_equal(below, evaluate(form_of(x[:, ::-1], size=4, alpha=1.0))[:, ::-1])
    assert not np.array_equal(below, evaluate(form_of(x, size=4, alpha=1.0)))


def test_zeros_with_nothing_added_are_no_number_and_all_else_is() -> None:
    """0 / 0, as in float64."""
    x = np.array([0.0, 0.0, 0.0, 3.0, 0.0]).reshape(1, 5, 1, 1)
    y = evaluate(form_of(x, size=3, alpha=9.0, k=0.0, beta=0.5)).ravel()
    assert np.isnan(y[:2]).all()
    np.testing.assert_allclose(y[2:], [0, 3 / 27**0.5, 0], rtol=1e-15)


@pytest.mark.parametrize("power", [0.0, 0.5, -0.5, 2.5])
@pytest.mark.parametrize("base", [0.0, -2.0])
def test_a_power_of_what_has_no_logarithm_is_that_of_float64(base: float, power: float) -> None:
    with np.errstate(all="ignore"):
        meant = np.power(base, power)
        np.testing.assert_equal(float((twofold.Twofold(base) ** power).rounded), meant)
        np.testing.assert_equal(float((bounded.Bounded(base) ** power).value), meant)


def moved_on(x: np.ndarray, size: int, alpha: float, beta: float) -> np.ndarray:
    """In float32, by a sum that moves on with its window: what comes in is added, what goes out is subtracted."""
    padded = np.pad(np.square(x), [(0, 0), (size // 2, size // 2), (0, 0), (0, 0)])
    share = x.dtype.type(alpha / size)
    at = x.dtype.type(1) + share * padded[:, : size - 1].sum(1)
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        at = at + share * padded[:, c + size - 1]
        y[:, c] = x[:, c] * at ** x.dtype.type(-beta)
        at = at - share * padded[:, c]
    return y


def test_a_moving_sum_is_within_the_bound_and_a_hundred_roundings_are_not(tmp_path: Path) -> None:
    x = "random: {shape: [1, 200, 3, 4], seed: 5, distribution: normal}"
    case = case_of(tmp_path, "size: 5\nalpha: 1", x)
    y = moved_on(case.meant().x, 5, 1.0, 0.75)
    assert y.dtype == np.float32
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(y * np.float32(1 + 2e-5), "direct").kind != "agrees"


def test_what_is_summed_anew_has_a_bound_of_a_few_units() -> None:
    form = form_of(np.random.default_rng(4).normal(0, 3, (1, 8, 3, 3)), size=3, alpha=0.1)
    assert (magnitudes(form).A / np.abs(evaluate(form)) <= 120).all()


# --- planted conventions ---------------------------------------------------------------------------------------------

INSTANCES = {
    "channels": "size: 5\nalpha: 0.01",
    "even": "size: 4\nalpha: 0.05\nk: 2",
    "not divided": "size: 3\nalpha: 0.02\nbeta: 0.5\ndivided: none",
    "space": "size: 3\nalpha: 0.02\nacross: HW\ndivided: area",
}


def gives_the_same(case: Case, one: Any, other: Any) -> bool:
    """Whether two explanations come to the same on fresh data."""
    drawn = case.meant().map(lambda x: np.random.default_rng(9).normal(0, 5, x.shape))
    return bool(np.allclose(*(evaluate(applied(drawn, each)) for each in (one, other)), rtol=1e-4, atol=1e-6))


def named(case: Case, planted: Any, y: np.ndarray) -> bool:
    """Whether what was planted is among the explanations; what is said as certain comes to the same everywhere."""
    answer = explained(case, y)
    if answer.explanations and not answer.ambiguous:
        assert gives_the_same(case, answer.explanations[0].transforms, planted)
    return any(gives_the_same(case, each.transforms, planted) for each in answer.explanations)


@pytest.mark.parametrize("name", INSTANCES)
def test_planted_settings_are_named(tmp_path: Path, name: str) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    drawn = [{"alpha": 0.0123}, {"beta": 0.63}, {"k": 1.7}]
    results = []
    for change in [*list(lrn.alternatives(case.meant()))[::2], *drawn]:
        planted = [setting(case.meant(), change)]
        y = evaluate(applied(case.meant(), planted)).astype(np.float32)
        if Judge(case).live(y, "direct").kind != "agrees":
            results.append(named(case, planted, y))
    assert len(results) > 9
    assert sum(results) >= 0.99 * len(results)


ARRAYS = {
    "channel_order": lambda y: y[:, ::-1],
    "scale": lambda y: 2.5 * y,
    "bias": lambda y: y + 0.75,
    "output_axes": lambda y: y.transpose(0, 1, 3, 2),
}
PAIRS: list[tuple[dict[str, Any], str, str]] = [
    ({"divided": "none"}, "channel_order", "channel_order"),
    ({"k": 1.7}, "output_axes", "input_axes"),  # an exchange of the axes of space commutes with it
    ({"size": 11}, "scale", "scale"),
    ({"beta": 0.5}, "bias", "bias"),
    ({"alpha": 0.0123}, "scale", "scale"),
    ({"alpha": 0.0123}, "bias", "bias"),
]


@pytest.mark.parametrize(("planted", "change", "named"), PAIRS, ids=lambda each: "-".join(each))
def test_pairs_with_conventions_of_arrays_are_named(
    tmp_path: Path, planted: dict[str, Any], change: str, named: str
) -> None:
    case = case_of(tmp_path, INSTANCES["channels"])
    y = ARRAYS[change](evaluate(applied(case.meant(), [setting(case.meant(), planted)])))
    assert tuple(sorted([named, *planted])) in found(explained(case, y))


def test_two_settings_are_named(tmp_path: Path) -> None:
    case = case_of(tmp_path, INSTANCES["channels"])
    for pair in ({"divided": "none", "beta": 0.5}, {"size": 11, "k": 2.0}, {"alpha": 0.0321, "beta": 0.5}):
        planted = [setting(case.meant(), {key: each}) for key, each in pair.items()]
        assert named(case, planted, evaluate(applied(case.meant(), planted)))


def test_all_defaults_of_a_function_are_one_change(tmp_path: Path) -> None:
    case = case_of(tmp_path, "size: 5\nalpha: 0.5\nk: 2")
    y = evaluate(form_of(case.meant().x, size=11, alpha=1.0, beta=0.5, k=1.0, divided="none"))
    (change,) = explained(case, y).explanations[0].transforms
    assert dict([(change.key, change.value), *change.others]) == lrn.DEFAULTS[0]


def test_noise_and_one_wrong_element_are_explained_by_nothing(tmp_path: Path) -> None:
    case = case_of(tmp_path, INSTANCES["channels"])
    off = evaluate(case.meant())
    off[1, 2, 0, 3] += 0.5
    noise = np.random.default_rng(3).normal(size=off.shape)
    assert explained(case, off).explanations == explained(case, noise).explanations == ()


def test_windows_that_hold_one_number_tell_no_size_and_a_tie_is_shown_as_one(tmp_path: Path) -> None:
    """All other channels are zeros: 5 for 3, or 0.3 for 0.5."""
    x = np.zeros((2, 7, 3, 4))
    x[:, 3] = np.arange(24).reshape(2, 3, 4) % 11 - 5
    case = case_of(tmp_path, "size: 3\nalpha: 0.5", f"values: {x.tolist()}")
    answer = explained(case, evaluate(form_of(x, size=5, alpha=0.5)))
    assert answer.ambiguous
    assert {("size",), ("alpha",)} <= set(found(answer))


def test_an_unknown_alpha_is_found(tmp_path: Path) -> None:
    case = case_of(tmp_path, "size: 5\nalpha: unknown")
    answer = explained(case, evaluate(form_of(case.meant().x, alpha=0.015)))
    assert not answer.explanations[0].transforms
    assert "left open, and found: alpha 0.015" in answer.remarks


def test_the_power_of_small_data_has_a_blind_spot(tmp_path: Path) -> None:
    small = case_of(tmp_path, "size: 5", "random: {shape: [2, 7, 5, 4], seed: 7, distribution: uniform}")
    tiny = small.given(input=small.meant().x * np.float32(1e-3)).meant()
    assert "divided none" in lrn.power().power(tiny).blind
    assert "divided none" in lrn.power().power(case_of(tmp_path, INSTANCES["channels"]).meant()).sees


@pytest.mark.parametrize(
    ("name", "systems"),
    [
        ("channels", {"numpy", "torch", "tensorflow", "jax"}),
        ("even", {"numpy", "jax"}),
        ("not divided", {"numpy", "torch", "tensorflow", "jax"}),
        ("space", {"numpy", "jax"}),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_code_is_written_for_systems_that_have_it(tmp_path: Path, name: str, systems: set[str]) -> None:
    case = case_of(tmp_path, INSTANCES[name])
    assert set(lrn.program().programs(case, ())) == systems
    assert {each.system for each in fix.proofs(case, [()], sorted(RUN))} == systems & RUN


@pytest.mark.usefixtures("kept")
def test_the_code_of_the_other_side_is_run_and_holds(tmp_path: Path) -> None:
    case = case_of(tmp_path, INSTANCES["even"])
    turned = (setting(case.meant(), {"even_size": "one more below"}),)
    assert {each.system for each in fix.proofs(case, [turned], sorted(RUN))} == RUN


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("alpha: 1", "the key 'size' is missing"),
        ("size: 0", "at least 1"),
        ("size: 5\nalpha: -1", "at least 0"),
        ("size: 5\ndivided: radius", "unknown word 'radius'"),
        ("size: 5\nacross: NC", "a window stands within one image"),
        ("size: 5\nacross: D", "the input has no axis D"),
        ("size: 5\ndepth_radius: 2", "unknown key"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


TORCH, ONNX = torch_normalization.LOCAL_RESPONSES[0], onnx_normalization.LOCAL_RESPONSES[0]
TENSORFLOW = tensorflow_normalization.LOCAL_RESPONSES[0]


def test_alpha_goes_in_as_it_is_or_as_it_comes_to(tmp_path: Path) -> None:
    case, lowering = case_of(tmp_path, "size: 5\nalpha: 0.5"), lrn.lowering()
    assert lowering.as_written(case, TENSORFLOW).settings["alpha"] == 0.5
    assert lowering.normalized(case, TENSORFLOW).settings["alpha"] == pytest.approx(0.1)
    assert lowering.normalized(case, TORCH).settings["alpha"] == 0.5
    area = case_of(tmp_path, "size: 5\nalpha: 0.5\ndivided: none")
    assert lowering.normalized(area, ONNX).settings["alpha"] == 2.5


def test_the_other_side_of_an_even_size_takes_the_channels_backwards(tmp_path: Path) -> None:
    case = case_of(tmp_path, "size: 4\nalpha: 0.5")
    call = lrn.lowering().normalized(case, TORCH)
    x = case.meant().x
    assert np.array_equal(call.arrays["input"], x[:, ::-1])
    below = evaluate(form_of(x[:, ::-1], size=4, alpha=0.5, even_size="one more below"))
    np.testing.assert_allclose(call.canonical(below), evaluate(case.meant()), rtol=1e-15)
    assert "reorder the channels of the input and the output by hand" in call.transforms[0].words()


@pytest.mark.parametrize("entry", [ONNX, TENSORFLOW], ids=lambda each: each.name)
def test_an_even_size_is_refused_where_it_is_not_taken(tmp_path: Path, entry: EntryPoint) -> None:
    with pytest.raises(Unsupported, match="takes odd sizes; the case has 4"):
        lrn.lowering().as_written(case_of(tmp_path, "size: 4"), entry)


def test_a_k_that_is_kept_is_made_up_for_by_a_factor(tmp_path: Path) -> None:
    case = case_of(tmp_path, "size: 5\nalpha: 0.5\nk: 2")
    entry = next(each for each in opencv.ENTRY_POINTS if each.name.endswith("(LRN ACROSS_CHANNELS)"))
    assert "k" not in lrn.lowering().as_written(case, entry).settings
    call = lrn.lowering().normalized(case, entry)
    plain = evaluate(form_of(case.meant().x, alpha=call.settings["alpha"], k=1.0))
    np.testing.assert_allclose(call.canonical(plain), evaluate(case.meant()), rtol=1e-15)


@pytest.mark.parametrize(("share", "measured"), [(5, ""), (1, "divided none"), (77, "no settings that are known")])
def test_a_card_says_by_what_alpha_is_divided(share: int, measured: str) -> None:
    def call(arrays: Any, settings: Any) -> np.ndarray:
        x = arrays["input"]
        padded = np.pad(x * x, [(0, 0), (2, 2), (0, 0), (0, 0)])
        total = sum(padded[:, each : each + x.shape[1]] for each in range(5))
        return np.asarray(x / (1 + x.dtype.type(settings["alpha"] / share) * total) ** x.dtype.type(0.75))

    kept = {"divided": "size", "size": 5, "beta": 0.75, "k": 1.0}
    about: dict[str, Any] = {"demands": {"across": "C"}, "keeps": kept, "free": ("alpha",), "ranks": (2,)}
    entry = settled("fake.lrn", "local_response_normalization", "tests", dtypes=("float32",), **about)(call)
    card = answered(lrn.probes().card("fake", "1", entry), called)
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)
    assert "fake.lrn" in cards.text(card.as_json())

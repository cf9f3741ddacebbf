"""Resizing: weights against loops over fractions and mpmath, planted conventions, calls, code, cards."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import jax_resize, tensorflow_resize, torch_resize
from harness.canonical.arithmetic import bounded, twofold
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations import resize
from harness.operations.call import Unsupported
from harness.operations.resize_grid import COORDINATES, ROUNDINGS
from harness.operations.resize_search import KEYS, OUTSIDES
from harness.operations.transforms.arrays import InputAxes
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Bias, Scale
from harness.worker.entry import EntryPoint, from_json, settled
from tests.test_probe import answered, called

mpmath = pytest.importorskip("mpmath")

USUAL: dict[str, Any] = {
    "coordinates": "half_pixel",
    "nearest_rounding": "prefer_floor",
    "cubic_coefficient": -0.75,
    "outside": "edge",
    "antialias": False,
}


def form_of(x: np.ndarray, **settings: Any) -> Settled:
    """An input resized; settings are those of a case, each along all axes."""
    own = {key: value for key, value in USUAL.items() if key in KEYS[settings["interpolation"]]}
    return Settled({"x": x}, {**own, **settings}, resize)


# --- the definition, in fractions ------------------------------------------------------------------------------------


def place(i: int, n: int, m: int, scale: Fraction, coordinates: str) -> Fraction:
    """Where output i of m stands among n samples, word for word as ONNX's specification of Resize has it."""
    half = Fraction(1, 2)
    if coordinates == "align_corners":
        return Fraction(0) if m == 1 else Fraction(i * (n - 1), m - 1)
    if coordinates == "asymmetric":
        return i / scale
    if coordinates == "pytorch_half_pixel":
        return (i + half) / scale - half if m > 1 else Fraction(0)
    if coordinates == "half_pixel_symmetric":
        adjustment, centre = m / (scale * n), Fraction(n, 2)
        return centre * (1 - adjustment) + (i + half) / scale - half
    return (i + half) / scale - half


def kernel(kind: str, d: Any, a: Fraction) -> Any:
    d = abs(d)
    if kind == "linear":
        return max(1 - d, 0)
    if kind == "cubic":
        inner, outer = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
        return inner if d <= 1 else outer if d < 2 else 0
    radius = int(kind[-1])
    return (
        mpmath.sincpi(mpmath.mpf(d.numerator) / d.denominator)
        * mpmath.sincpi(mpmath.mpf(d.numerator) / d.denominator / radius)
        if d < radius
        else mpmath.mpf(0)
    )


def loop(x: list[Fraction], m: int, scale: Fraction, kind: str, **about: Any) -> list[Any]:
    """The outputs along a line, one after another."""
    n, found = len(x), []
    wide = max(Fraction(1), 1 / scale) if about["antialias"] else Fraction(1)
    for i in range(m):
        at = place(i, n, m, scale, about["coordinates"])
        taps = range(math.floor(at - 6 * wide), math.ceil(at + 6 * wide) + 1)
        weights = {j: kernel(kind, (at - j) / wide, about["a"]) for j in taps}
        if about["outside"] == "renormalize":
            weights = {j: weight for j, weight in weights.items() if 0 <= j < n}
        total = sum(weights.values()) or 1
        total = total if about["outside"] == "renormalize" or about["antialias"] or kind.startswith("lanczos") else 1
        inside = {j: weight for j, weight in weights.items() if about["outside"] != "zero" or 0 <= j < n}
        terms = (weight * _of(x[min(max(j, 0), n - 1)], kind) for j, weight in inside.items())
        found.append(sum(terms) / total)
    return found


def _of(value: Fraction, kind: str) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator if kind.startswith("lanczos") else value


def rational(value: Any) -> Fraction:
    """A number of mpmath, exactly."""
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent


def demand_rounded(form: Settled, exact: list[Any]) -> None:
    """The values of a line are the nearest float64 numbers, either one where two are as near."""
    found = evaluate(form)[0, 0].tolist()
    assert len(found) == len(exact)
    for value, true in zip(found, exact):
        assert abs(Fraction(value) - true) <= Fraction(math.ulp(value)) / 2 * (1 + Fraction(1, 2**30)), form.settings


SIZES = [
    (7, 17, None),
    (12, 5, None),
    (5, 1, None),
    (6, 12, None),
    (7, 17, 2.5),
    (9, 5, 0.6),
    (4, 9, 1.7),
    (1, 3, None),
]
WEIGHTED = list(itertools.product(COORDINATES, OUTSIDES, [False, True]))


@pytest.mark.parametrize(("coordinates", "outside", "antialias"), WEIGHTED)
@pytest.mark.parametrize("kind", ["linear", "cubic"])
def test_weights_are_those_of_loops_over_fractions(kind: str, coordinates: str, outside: str, antialias: bool) -> None:
    for (n, m, scale), a in itertools.product(SIZES, (-0.75, -0.5)[: 1 + (kind == "cubic")]):
        x = np.random.default_rng(n * m).normal(0, 9, n)
        more = {"cubic_coefficient": a} if kind == "cubic" else {}
        about = {"coordinates": coordinates, "outside": outside, "antialias": antialias}
        form = form_of(x[None, None], interpolation=kind, size=(m,), scale=scale and (scale,), **more, **about)
        factor = Fraction(m, n) if scale is None else Fraction(repr(scale))
        exact = loop([Fraction(float(each)) for each in x], m, factor, kind, a=Fraction(a), **about)
        demand_rounded(form, exact)


@pytest.mark.parametrize("kind", ["lanczos3", "lanczos5"])
@pytest.mark.parametrize(("outside", "antialias"), list(itertools.product(OUTSIDES, [False, True])))
def test_windowed_sincs_are_those_of_mpmath(kind: str, outside: str, antialias: bool) -> None:
    about = {"coordinates": "half_pixel", "outside": outside, "antialias": antialias}
    with mpmath.workdps(50):
        for n, m, _ in SIZES[:4]:
            x = np.random.default_rng(n).normal(0, 9, n)
            exact = loop([Fraction(float(each)) for each in x], m, Fraction(m, n), kind, a=Fraction(0), **about)
            form = form_of(x[None, None], interpolation=kind, size=(m,), **about)
            demand_rounded(form, [rational(each) for each in exact])


def nearest(at: Fraction, rounding: str) -> int:
    half = Fraction(1, 2)
    rules = {"floor": math.floor(at), "ceil": math.ceil(at)}
    below = math.floor(at)
    tie = below + (rounding == "prefer_ceil")
    rest = at - below
    return rules.get(rounding, tie if rest == half else below + (rest > half))


@pytest.mark.parametrize(("coordinates", "rounding"), list(itertools.product(COORDINATES, ROUNDINGS)))
def test_nearest_samples_are_those_of_fractions(coordinates: str, rounding: str) -> None:
    for n, m, scale in [*SIZES, (2, 3, None), (10, 4, None), (3, 10, None)]:
        x = np.arange(n, dtype=np.float64)[None, None]
        about = {"coordinates": coordinates, "nearest_rounding": rounding}
        form = form_of(x, interpolation="nearest", size=(m,), scale=scale and (scale,), **about)
        factor = Fraction(m, n) if scale is None else Fraction(repr(scale))
        places = [nearest(place(i, n, m, factor, coordinates), rounding) for i in range(m)]
        assert evaluate(form)[0, 0].tolist() == [min(max(each, 0), n - 1) for each in places]


@pytest.mark.parametrize(("n", "m"), [(7, 3), (12, 5), (5, 8), (6, 3), (4, 1)])
def test_areas_are_shares_of_samples(n: int, m: int) -> None:
    x = np.random.default_rng(n).normal(0, 9, n)
    step, exact, whole = Fraction(n, m), [], []
    for i in range(m):
        low, high = i * step, (i + 1) * step
        shares = {
            j: min(Fraction(j + 1), high) - max(Fraction(j), low) for j in range(math.floor(low), math.ceil(high))
        }
        exact.append(float(sum(Fraction(float(x[j])) * share for j, share in shares.items()) / step))
        whole.append(float(sum(Fraction(float(x[j])) for j in shares) / len(shares)))
    form = form_of(x[None, None], interpolation="area", size=(m,))
    assert evaluate(form)[0, 0].tolist() == exact
    assert evaluate(form.with_settings(area_samples="whole"))[0, 0].tolist() == whole


def test_axes_are_resized_one_after_another() -> None:
    x = np.random.default_rng(3).normal(0, 9, (1, 2, 5, 6, 4))
    both = evaluate(form_of(x, interpolation="cubic", size=(8, 3, 7)))
    steps = x
    for axis, m in enumerate((8, 3, 7)):
        sizes = tuple(m if each == axis else n for each, n in enumerate(steps.shape[2:]))
        steps = evaluate(form_of(steps, interpolation="cubic", size=sizes, coordinates="half_pixel"))
    np.testing.assert_allclose(both, steps, rtol=1e-13, atol=1e-13)


def test_a_factor_is_the_decimal_number_that_is_written() -> None:
    x = np.arange(17.0)[None, None]
    grid = {"coordinates": "asymmetric", "nearest_rounding": "floor"}
    y = evaluate(form_of(x, interpolation="nearest", scale=(1.7,), **grid))[0, 0]
    assert len(y) == 28
    assert y[17] == 10  # 17 / 1.7, though float64 has 1.7 a little smaller


def test_float32_may_take_another_sample() -> None:
    n, m = single_differs()
    about = {"interpolation": "nearest", "size": (m,), "coordinates": "asymmetric", "nearest_rounding": "floor"}
    exact = form_of(np.arange(float(n))[None, None], **about)
    moved = evaluate(exact.with_settings(coordinate_precision="float32 step")) - evaluate(exact)
    assert moved.min() == -1.0 or moved.max() == 1.0


def single_differs() -> tuple[int, int]:
    """Sizes for which i n / m falls below a whole number in float32."""
    return next(
        (n, m)
        for m in range(2, 99)
        for n in range(2, 99)
        if any(i * n % m == 0 and np.floor(np.float32(i) * np.float32(n / m)) < i * n // m for i in range(1, m))
    )


@pytest.mark.parametrize("value", [0.0, 0.3, 3.1, -7.7, 15.9, math.pi, -2 * math.pi])
def test_sines_have_their_digits_and_their_errors(value: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.sin(mpmath.mpf(value))
        found = twofold.sin(twofold.Twofold(np.array([value])))
        assert abs(mpmath.mpf(float(found.high[0])) + mpmath.mpf(float(found.low[0])) - exact) <= 2.0**-95
        off = bounded.sin(bounded.Bounded(np.array([value]), np.array([5.0])))
        moved = mpmath.sin(mpmath.mpf(value) + 5 * mpmath.mpf(bounded.U))
        assert abs(float(off.value[0]) - moved) <= float(off.reach[0])


@pytest.mark.parametrize("kind", [each for each in KEYS if each != "nearest"])
@pytest.mark.parametrize("antialias", [False, True])
def test_float32_arithmetic_is_within_its_bounds_and_a_little_more_is_not(kind: str, antialias: bool) -> None:
    """As systems compute it: places, weights and sums in float32, one after another."""
    x = np.random.default_rng(5).normal(0, 30, (1, 1, 40)).astype(np.float32)
    about = {"antialias": antialias} if "antialias" in KEYS[kind] else {}
    for m in (97, 33, 13):
        form = form_of(x, interpolation=kind, size=(m,), **about)
        bound = magnitudes(form).A * 2.0**-24
        off = np.abs(single(form) - evaluate(form))
        assert (off <= bound).all()
        assert bound.max() <= 1e-3 * np.abs(x).max()


def single(form: Settled) -> np.ndarray:
    """The formula with all of its numbers in float32."""

    class Single:
        pi = np.float32(np.pi)
        abs = staticmethod(lambda x: np.abs(np.asarray(x, np.float32)))
        where = staticmethod(lambda c, a, b: np.where(c, np.float32(a), np.float32(b)).astype(np.float32))
        maximum = staticmethod(lambda a, b: np.maximum(a, np.asarray(b, np.float32)))
        minimum = staticmethod(lambda a, b: np.minimum(np.asarray(a, np.float32), b))
        sin = staticmethod(lambda x: np.sin(np.asarray(x, np.float32)))
        sqrt = staticmethod(lambda x: np.sqrt(np.asarray(x, np.float32)))
        exp = staticmethod(lambda x: np.exp(np.asarray(x, np.float32)))
        log = staticmethod(lambda x: np.log(np.asarray(x, np.float32)))

    return np.asarray(resize.formula(Single, {"x": form.x}, form.settings), np.float64)


# --- planted conventions ---------------------------------------------------------------------------------------------


def case_of(tmp_path: Path, settings: str, layout: str = "NCHW", dtype: str = "float32") -> Case:
    path = tmp_path / "case.yaml"
    shape = [{"N": 2, "C": 3, "H": 8, "W": 9}[letter] for letter in layout]
    drawn = f"integers: {{shape: {shape}, seed: 3, low: -90, high: 90}}"
    about = f"input:\n  layout: {layout}\n  dtype: {dtype}\n  {drawn}\n"
    path.write_text(f"title: t\noperation: resize\n{settings}\n{about}")
    return next(load(path))


def explained(case: Case, y: np.ndarray) -> Answer:
    return diagnose(Judge(case), Observation(y.astype("float32"), "float32", "direct"))


CASES = [
    "interpolation: nearest\nsize: [13, 5]",
    "interpolation: linear\nsize: [13, 5]",
    "interpolation: cubic\nsize: [5, 14]\noutside: renormalize",
    "interpolation: lanczos3\nscale: 0.7\noutside: renormalize\nantialias: true",
    "interpolation: linear\nscale: 2.3",
    "interpolation: area\nsize: [3, 5]",
]


def planted_settings(case: Case) -> list[Setting]:
    form, found = case.meant(), []
    for changes in resize.alternatives(form):
        (key, value), *others = changes.items()
        found.append(Setting(key, value, form.settings.get(key), tuple(others)))
    return found


def gives(case: Case, transforms: Any, y: np.ndarray) -> bool:
    found = direct(applied(case.meant(), transforms))
    return found.shape == y.shape and bool(np.allclose(found, y, rtol=1e-5, atol=1e-4))


def same_elsewhere(case: Case, one: Any, other: Any) -> bool:
    drawn = case.meant().map(lambda x: np.random.default_rng(9).normal(0, 90, x.shape))
    found = [direct(applied(drawn, each)) for each in (one, other)]
    return found[0].shape == found[1].shape and bool(np.allclose(*found, rtol=1e-4, atol=1e-2))


LINES = [
    "interpolation: nearest\nsize: 13",
    "interpolation: nearest\nscale: 0.6",
    "interpolation: linear\nsize: 5",
    "interpolation: linear\nscale: 2.3",
    "interpolation: cubic\nsize: 14\noutside: renormalize",
    "interpolation: lanczos3\nscale: 0.7\noutside: renormalize\nantialias: true",
    "interpolation: area\nsize: 5",
]


@pytest.mark.parametrize("settings", LINES)
def test_planted_settings_are_named(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings, "NCW")
    total = named = 0
    for change in planted_settings(case):
        y = evaluate(applied(case.meant(), [change]))
        if 0 in y.shape or gives(case, [], y):
            continue
        answer = explained(case, y)
        total += 1
        named += any(same_elsewhere(case, each.transforms, [change]) for each in answer.explanations)
        if answer.explanations and not answer.ambiguous:
            assert same_elsewhere(case, answer.explanations[0].transforms, [change]), change
    assert total >= 5
    assert named >= 0.99 * total


CHANNELS, FACTOR = ChannelOrder("input", "reversed"), Scale("a factor of 3", (3.0, 3.0, 3.0))
OFFSET, TURNED = Bias("unknown", (17.0, 17.0, 17.0)), InputAxes((0, 2, 1))


@pytest.mark.parametrize(
    ("settings", "change", "other"),
    [
        *((LINES[2], Setting("coordinates", "align_corners"), each) for each in (CHANNELS, FACTOR, OFFSET, TURNED)),
        *((LINES[2], Setting("antialias", True), each) for each in (CHANNELS, FACTOR, OFFSET)),
        *((LINES[3], Setting("scale", None, None, (("size", (20,)),)), each) for each in (CHANNELS, FACTOR, OFFSET)),
        *((LINES[4], Setting("cubic_coefficient", -0.5), each) for each in (CHANNELS, FACTOR, OFFSET, TURNED)),
    ],
    ids=lambda each: getattr(each, "id", ""),
)
def test_pairs_with_conventions_of_arrays_are_named(
    tmp_path: Path, settings: str, change: Setting, other: Transform
) -> None:
    case = case_of(tmp_path, settings, "NCW")
    ending = isinstance(other, Scale | Bias)
    planted = [change, other] if ending else [other, change]
    answer = explained(case, evaluate(applied(case.meant(), planted)))
    found = [each.transforms for each in answer.explanations]
    assert any({each.id for each in one} == {each.id for each in planted} for one in found)
    assert answer.ambiguous or same_elsewhere(case, found[0], planted)


def test_a_plane_with_its_channels_and_its_grid_otherwise_is_named(tmp_path: Path) -> None:
    case = case_of(tmp_path, CASES[1])
    planted = [ChannelOrder("input", "reversed"), Setting("coordinates", "align_corners", "half_pixel")]
    answer = explained(case, evaluate(applied(case.meant(), planted)))
    assert [each.id for each in answer.explanations[0].transforms] == ["channel_order", "coordinates"]


def test_sizes_that_were_exchanged_are_named(tmp_path: Path) -> None:
    """As of cv2.resize, which takes the width first."""
    case = case_of(tmp_path, CASES[1])
    answer = explained(case, evaluate(case.meant().with_settings(size=(5, 13))))
    (found,) = answer.explanations[0].transforms
    assert (found.id, found.value) == ("size", (5, 13))  # type: ignore[attr-defined]


def test_a_pair_of_settings_is_named(tmp_path: Path) -> None:
    case = case_of(tmp_path, CASES[0])
    planted = [Setting("coordinates", "asymmetric"), Setting("nearest_rounding", "floor")]
    answer = explained(case, evaluate(applied(case.meant(), planted)))
    (found,) = answer.explanations[0].transforms
    assert isinstance(found, Setting)
    assert (found.id, found.value, found.others) == ("coordinates", "asymmetric", (("nearest_rounding", "floor"),))


@pytest.mark.parametrize("coefficient", [-0.6, -0.35, -1.25])
def test_a_coefficient_that_nobody_has_is_read_from_the_output(tmp_path: Path, coefficient: float) -> None:
    case = case_of(tmp_path, "interpolation: cubic\nsize: 13", "NCW")
    planted = Setting("cubic_coefficient", coefficient, -0.75)
    answer = explained(case, evaluate(applied(case.meant(), [planted])))
    (found,) = answer.explanations[0].transforms
    assert (found.id, found.value) == ("cubic_coefficient", coefficient)  # type: ignore[attr-defined]


def test_grids_that_data_do_not_tell_apart_are_a_tie(tmp_path: Path) -> None:
    """Of a size of 1, corners stand where asymmetric ones do."""
    case = case_of(tmp_path, "interpolation: linear\nsize: 1", "NCW")
    answer = explained(case, evaluate(case.meant().with_settings(coordinates="align_corners")))
    said = {each.transforms[0].value for each in answer.explanations if each.transforms[0].id == "coordinates"}  # type: ignore[attr-defined]
    assert said & {"align_corners", "asymmetric", "pytorch_half_pixel"}


def test_noise_is_not_explained(tmp_path: Path) -> None:
    case = case_of(tmp_path, LINES[2], "NCW")
    y = evaluate(case.meant())
    assert explained(case, y + np.random.default_rng(3).normal(0, 1e-2, y.shape)).explanations == ()


def test_an_unknown_setting_is_found(tmp_path: Path) -> None:
    case = case_of(tmp_path, "interpolation: linear\nsize: 13\ncoordinates: unknown", "NCW")
    answer = explained(case, evaluate(case.meant().with_settings(coordinates="align_corners")))
    assert not answer.explanations[0].transforms
    assert "left open, and found: coordinates align_corners" in answer.remarks


def test_power_tells_what_data_see(tmp_path: Path) -> None:
    case = case_of(tmp_path, "interpolation: nearest\nsize: [13, 5]")
    power = resize.power().power(case.meant())
    assert "coordinates align_corners" in power.sees
    assert not [each for each in (*power.sees, *power.blind) if each == "coordinates half_pixel_symmetric"]
    constant = case.meant().map(np.ones_like)
    assert "coordinates align_corners" in resize.power().power(constant).blind


# --- code ------------------------------------------------------------------------------------------------------------


def written_out(case: Case, transforms: tuple[Transform, ...]) -> np.ndarray:
    program = case.operation.program().programs(case, transforms)["numpy"]
    names: dict[str, Any] = {"x": np.array(case.arrays["input"].values)}
    exec(program, names)  # the text is the harness's own
    return np.asarray(names["y"])


@pytest.mark.parametrize("settings", CASES)
def test_the_code_of_every_alternative_computes_it(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings, dtype="float64")
    for change in planted_settings(case):
        form = applied(case.meant(), [change])
        if 0 not in form.output_shape:
            np.testing.assert_allclose(written_out(case, (change,)), direct(form), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("outside", OUTSIDES)
@pytest.mark.parametrize("grid", COORDINATES)
def test_the_code_of_every_grid_computes_it(tmp_path: Path, grid: str, outside: str) -> None:
    for kind, antialias in (("cubic", "true"), ("lanczos3", "false")):
        case = case_of(
            tmp_path,
            f"interpolation: {kind}\nsize: [5, 14]\noutside: {outside}\ncoordinates: {grid}\nantialias: {antialias}",
            dtype="float64",
        )
        np.testing.assert_allclose(written_out(case, ()), direct(case.meant()), rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path) -> None:
    case = case_of(tmp_path, CASES[1])
    changes = (Setting("coordinates", "align_corners", "half_pixel"), Bias("unknown", (3.0, 3.0, 3.0)))
    found = {each.system: each.program for each in fix.proofs(case, [changes], ["numpy"])}
    assert "y = y + 3.0" in found["numpy"]
    assert "b = b" not in found["numpy"]


@pytest.mark.parametrize(
    ("settings", "system", "call"),
    [
        (CASES[1], "torch", "size=(13, 5), mode='bilinear', align_corners=False"),
        (CASES[4], "torch", "scale_factor=(2.3, 2.3), mode='bilinear', align_corners=False"),
        (CASES[1] + "\ncoordinates: align_corners", "tensorflow", "resize_bilinear("),
        (CASES[2] + "\ncubic_coefficient: -0.5", "jax", "'cubic', antialias=False"),
        ("interpolation: nearest\nsize: [5, 5]\nnearest_rounding: prefer_ceil", "torch", "mode='nearest-exact'"),
        ("interpolation: nearest\nsize: [5, 5]\nnearest_rounding: prefer_ceil", "tensorflow", "'nearest', antialias"),
        (CASES[5], "tensorflow", "'area'"),
        (CASES[5], "torch", ""),
        (CASES[0], "torch", ""),
        (CASES[2], "jax", ""),
    ],
)
def test_native_calls_are_those_that_compute_it(tmp_path: Path, settings: str, system: str, call: str) -> None:
    case = case_of(tmp_path, settings)
    programs = case.operation.program().programs(case, ())
    assert call in programs.get(system, "")
    assert bool(call) == (system in programs)


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("size: 2", "the key 'interpolation' is missing"),
        ("interpolation: linear", "the key 'size' is missing, or 'scale'"),
        ("interpolation: linear\nsize: 0", "expected a whole number of at least 1"),
        ("interpolation: linear\nsize: [2, 2, 2]", "expected a number, or 2"),
        ("interpolation: linear\nscale: [2, 2, 2]", "expected a factor, or 2"),
        ("interpolation: linear\nscale: 0", "expected a factor above 0"),
        ("interpolation: linear\nscale: 0.05", r"nothing is left of \[8, 9\] by this scale"),
        ("interpolation: linear\nscale: unknown", "an unknown scale gives none"),
        ("interpolation: bilinear\nsize: 3", "unknown word 'bilinear'"),
        ("interpolation: linear\nsize: 100000000", "an array may have"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def entry_of(module: Any, name: str) -> EntryPoint:
    return next(each for each in module.RESIZES if each.name.endswith(name))


def test_who_is_told_a_size_maps_by_it(tmp_path: Path) -> None:
    case, lowering = case_of(tmp_path, "interpolation: linear\nscale: 2.3"), resize.lowering()
    plain = entry_of(torch_resize, "interpolate (bilinear)")
    assert lowering.as_written(case, plain).settings["size"] == (18, 20)
    with pytest.raises(Unsupported, match="does not take scale"):
        lowering.normalized(case, plain)
    factor = entry_of(torch_resize, "(bilinear, scale_factor)")
    assert lowering.normalized(case, factor).settings["scale"] == (2.3, 2.3)
    doubled = case_of(tmp_path, "interpolation: linear\nscale: 2")
    assert lowering.normalized(doubled, plain).settings["size"] == (16, 18)


def test_what_comes_to_the_same_is_said_in_the_words_of_the_function(tmp_path: Path) -> None:
    lowering = resize.lowering()
    doubled = case_of(tmp_path, "interpolation: nearest\nscale: 2")  # half pixels, where PyTorch has none
    assert lowering.normalized(doubled, entry_of(torch_resize, "interpolate (nearest)"))
    odd = case_of(tmp_path, "interpolation: nearest\nsize: [13, 5]")
    with pytest.raises(Unsupported, match="always has coordinates: asymmetric; the case has coordinates: half_pixel"):
        lowering.normalized(odd, entry_of(torch_resize, "interpolate (nearest)"))
    larger = case_of(tmp_path, "interpolation: linear\nsize: [13, 14]")
    assert lowering.normalized(larger, entry_of(jax_resize, "(linear)()"))
    with pytest.raises(Unsupported, match="always has"):
        lowering.normalized(case_of(tmp_path, CASES[1]), entry_of(jax_resize, "(linear)()"))


def test_a_table_of_weights_is_avoided_where_antialias_does_not_matter(tmp_path: Path) -> None:
    settings = "interpolation: cubic\nsize: [13, 14]\ncubic_coefficient: -0.5\noutside: renormalize"
    case, lowering = case_of(tmp_path, settings), resize.lowering()
    with pytest.raises(Unsupported, match="always has coordinate_precision: 1/1024"):
        lowering.normalized(case, entry_of(tensorflow_resize, "image.resize (bicubic)"))
    assert lowering.normalized(case, entry_of(tensorflow_resize, "image.resize (bicubic, antialias)"))


@pytest.mark.parametrize("module", [torch_resize, tensorflow_resize, jax_resize])
def test_declarations_travel(module: Any) -> None:
    for entry in module.RESIZES:
        assert from_json(entry.as_json()).takes == entry.takes


def liar(really: str) -> EntryPoint:
    """An entry point that declares half pixels and has other coordinates."""

    def call(arrays: Any, settings: Any) -> np.ndarray:
        about = {"interpolation": "linear", "coordinates": really, "size": tuple(settings["size"])}
        return direct(form_of(arrays["input"], **about)).astype(arrays["input"].dtype)

    about: dict[str, Any] = {"demands": {"interpolation": "linear", "antialias": False}, "free": ("size",)}
    keeps = {"coordinates": "half_pixel", "outside": "edge"}
    return settled("fake.resize", "resize", "tests", keeps=keeps, ranks=(2,), dtypes=("float32",), **about)(call)


@pytest.mark.parametrize(("really", "measured"), [("half_pixel", ""), ("align_corners", "coordinates align_corners")])
def test_a_card_says_what_is_followed(really: str, measured: str) -> None:
    card = answered(resize.probes().card("fake", "1", liar(really)), called)
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)

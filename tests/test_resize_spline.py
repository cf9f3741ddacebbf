"""The spline of SciPy's zoom: weights against SciPy's own, in each arithmetic, named by explain, and as code."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from harness.canonical.arithmetic import bounded, twofold
from harness.canonical.reference import direct
from harness.canonical.settled import Settled
from harness.explanation.diagnosis import diagnose
from harness.held import Call
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import resize
from harness.operations.transforms.told import Setting

MODES = {"constant": "mirror", "mirror": "mirror", "nearest": "edge"}
SIZES = ((7, 11), (7, 4), (2, 5), (1, 3), (9, 9))
RNG = np.random.default_rng(4)


def zoomed(x: np.ndarray, m: int, mode: str, grid: bool) -> np.ndarray:
    """SciPy's own, along the one axis of (N, C, W)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(ndimage.zoom(x, (1, 1, m / x.shape[2]), order=3, mode=mode, grid_mode=grid))


def form_of(x: np.ndarray, m: int, outside: str, grid: bool) -> Settled:
    coordinates = "half_pixel" if grid else "align_corners"
    settings = {"size": (m,), "interpolation": "spline", "coordinates": coordinates, "outside": outside}
    return Settled({"x": x}, settings, resize)


KINDS = [(mode, grid) for mode in MODES for grid in (False, True) if not (grid and mode == "constant")]
"""Beyond its samples the mode "constant" has a constant, and a grid of areas reaches there."""


@pytest.mark.parametrize(("mode", "grid"), KINDS)
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_it_is_what_scipy_computes_in_every_arithmetic(n: int, m: int, mode: str, grid: bool) -> None:
    x = RNG.normal(size=(2, 1, n))
    form = form_of(x, m, MODES[mode], grid)
    plain, expected = direct(form), zoomed(x, m, mode, grid)
    assert np.allclose(plain, expected, rtol=0, atol=1e-12)
    exact = np.asarray(twofold.lifted(form.computed(twofold, twofold.Twofold)).rounded)
    errors = bounded.lifted(form.computed(bounded, bounded.Bounded))
    assert np.all(np.abs(plain - exact) <= errors.reach) and np.all(errors.reach < 1e-11)


@pytest.mark.parametrize("mode", ["constant", "nearest"])
@pytest.mark.parametrize("meant", ["cubic", "linear"])
@pytest.mark.usefixtures("kept")
def test_a_zoom_of_order_3_is_named_and_its_code_holds(mode: str, meant: str) -> None:
    x = RNG.normal(size=(1, 2, 6)).astype(np.float32)
    settings = {"size": [9], "interpolation": meant, "coordinates": "align_corners"}
    case = Call.of("resize", [x], {}, "NCW,NCW", settings).named([]).case(zoomed(x, 9, mode, False))
    judge = Judge(case)
    answer = diagnose(judge, judge.observe(case.recorded[0]))
    (first,) = answer.explanations[0].changes
    assert isinstance(first, Setting) and (first.value, dict(first.others)["outside"]) == ("spline", MODES[mode])
    assert not answer.ambiguous and "set it to SciPy's cubic spline, placed" in first.words()
    assert [each.system for each in fix.proofs(case, [answer.explanations[0].changes], ["numpy"])] == ["numpy"]


def test_what_no_spline_gives_is_none() -> None:
    x = RNG.normal(size=(1, 2, 6)).astype(np.float32)
    settings = {"size": [9], "interpolation": "cubic", "coordinates": "align_corners"}
    y = np.stack([[ndimage.zoom(line, 1.5, order=2) for line in image] for image in x])
    case = Call.of("resize", [x], {}, "NCW,NCW", settings).named([]).case(y)
    judge = Judge(case)
    assert not diagnose(judge, judge.observe(case.recorded[0])).explanations

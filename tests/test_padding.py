"""Padding: places against loops and NumPy, planted conventions, what data do not tell, calls, cards."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import keras_moving, numpy_moving, onnx_moving, tensorflow_moving, torch_moving
from harness.canonical.arithmetic import bounded, twofold
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import padding
from harness.operations.by_settings.searching import setting
from harness.operations.call import Unsupported
from harness.operations.padding_formula import PLACES
from harness.operations.transforms.transform import applied
from harness.report import cards
from harness.worker.entry import EntryPoint, settled
from tests.small_layers import RUN
from tests.test_activation import explained, found
from tests.test_probe import answered, called

MODES = {"zero": "constant", **{each: each for each in ("edge", "reflect", "symmetric", "wrap")}}


def case_of(tmp_path: Path, settings: str, shape: str = "[2, 3, 4, 5]", dtype: str = "float32") -> Case:
    path = tmp_path / "case.yaml"
    drawn = f"integers: {{shape: {shape}, seed: 3, low: -90, high: 90}}"
    head = f"title: t\noperation: padding\n{settings}\n"
    path.write_text(f"{head}input:\n  layout: NCHW\n  dtype: {dtype}\n  {drawn}\n")
    return next(load(path))


def form_of(x: np.ndarray, *sides: tuple[str, int, int], boundary: str = "zero", **more: Any) -> Settled:
    return Settled({"x": x}, {"padding": sides, "boundary": boundary, **more}, padding)


# --- the formula -----------------------------------------------------------------------------------------------------


def walked(line: list[float], low: int, high: int, boundary: str) -> list[float]:
    """A line continued sample by sample: a walker turns round at the ends, jumps, or stays."""
    line = line[max(-low, 0) : len(line) - max(-high, 0)]
    m = len(line)

    def at(place: int) -> float:
        while not 0 <= place < m:
            if boundary == "edge":
                place += 1 if place < 0 else -1
            elif boundary == "wrap":
                place += m if place < 0 else -m
            elif boundary == "symmetric":
                place = -1 - place if place < 0 else 2 * m - 1 - place
            elif m == 1:
                place = 0
            else:
                place = -place if place < 0 else 2 * (m - 1) - place
        return line[place]

    return [at(place) for place in range(-max(low, 0), m + max(high, 0))]


@pytest.mark.parametrize("boundary", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize(("size", "pair"), list(product([1, 2, 3, 5], [(0, 1), (2, 0), (4, 7), (13, 2)])))
def test_each_axis_is_continued_as_a_walker_does(size: int, pair: tuple[int, int], boundary: str) -> None:
    x = np.random.default_rng(1).normal(0, 1, size)
    y = evaluate(form_of(x.reshape(1, 1, -1), ("W", *pair), boundary=boundary))
    assert y.ravel().tolist() == walked(x.tolist(), *pair, boundary)
    assert y.ravel().tolist() == np.pad(x, pair, mode=MODES[boundary]).tolist()  # type: ignore[call-overload]


@pytest.mark.parametrize("boundary", list(MODES))
def test_all_axes_are_padded_as_numpy_does(boundary: str) -> None:
    x = np.random.default_rng(2).normal(0, 1, (2, 3, 2, 3, 4))
    sides = (("N", 1, 0), ("C", 0, 2), ("D", 1, 1), ("H", 2, 0), ("W", 0, 3))
    y = evaluate(form_of(x, *sides, boundary=boundary))
    np.testing.assert_array_equal(y, np.pad(x, [side[1:] for side in sides], mode=MODES[boundary]))  # type: ignore[call-overload]


@pytest.mark.parametrize("boundary", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("pair", [(-1, 2), (2, -1), (-2, -1), (3, -2)])
def test_what_is_cropped_is_gone_before_the_other_side_is_filled(pair: tuple[int, int], boundary: str) -> None:
    x = np.arange(1.0, 6.0)
    y = evaluate(form_of(x.reshape(1, 1, -1), ("W", *pair), boundary=boundary))
    assert y.ravel().tolist() == walked(x.tolist(), *pair, boundary)


@pytest.mark.parametrize("arithmetic", [bounded, twofold])
@pytest.mark.parametrize("boundary", list(PLACES))
def test_nothing_is_rounded(boundary: str, arithmetic: Any) -> None:
    form = form_of(np.random.default_rng(1).normal(0, 1, (1, 2, 3, 3)), ("H", 1, 2), ("W", 0, 2), boundary=boundary)
    y = form.computed(arithmetic, arithmetic.lifted)
    assert np.array_equal(y.parts[0], evaluate(form))
    assert not np.any(y.parts[1])


def test_a_constant_of_many_digits_is_rounded_once_and_nothing_else_is(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {W: [0, 1]}\nboundary: constant\nconstant: 0.1")
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    for place in ((0, 0, 0, 5), (0, 0, 0, 0)):
        off = y.copy()
        off[place] += np.float32(4e-7 * max(abs(off[place]), 0.1))
        assert Judge(case).live(off, "direct").kind != "agrees"


# --- planted conventions ---------------------------------------------------------------------------------------------

SETTINGS = [
    "padding: {H: [1, 2], W: [0, 3]}\nboundary: reflect",
    "padding: {C: [1, 0], W: [2, 1]}",
    "padding: {H: [-1, 1], W: [1, 1]}\nboundary: edge",
]


def same_elsewhere(case: Case, one: Any, other: Any) -> bool:
    fresh = case.meant().map(lambda x: np.arange(float(x.size)).reshape(x.shape) + 1)
    made = [evaluate(applied(fresh, each)) for each in (one, other)]
    return made[0].shape == made[1].shape and bool(np.allclose(*made))


@pytest.mark.parametrize("settings", SETTINGS)
def test_planted_settings_are_named(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings)
    meant = case.meant()
    results = []
    for change in [*list(padding.alternatives(meant))[::2], {"boundary": "constant", "constant": 2.5}]:
        planted = [setting(meant, change)]
        y = evaluate(applied(meant, planted))
        if np.array_equal(y, evaluate(meant)):
            continue
        answer = explained(case, y)
        results.append(any(same_elsewhere(case, each.transforms, planted) for each in answer.explanations))
        if answer.explanations and not answer.ambiguous:
            assert same_elsewhere(case, answer.explanations[0].transforms, planted)
    assert len(results) > 5
    assert sum(results) >= 0.99 * len(results)


PAIRS: list[tuple[Any, dict[str, Any], str]] = [
    (lambda y: y[:, ::-1], {"boundary": "symmetric"}, "channel_order"),
    (lambda y: 3 * y, {"boundary": "edge"}, "scale"),
    (lambda y: y + 17, {"padding": (("H", 2, 1), ("W", 3, 0))}, "bias"),
    (lambda y: y.transpose(0, 2, 3, 1), {"padding": (("H", 2, 1), ("W", 3, 0))}, "output_axes"),
]


@pytest.mark.parametrize(("change", "planted", "named"), PAIRS, ids=[each[2] for each in PAIRS])
def test_pairs_with_conventions_of_arrays_are_named(
    tmp_path: Path, change: Any, planted: dict[str, Any], named: str
) -> None:
    case = case_of(tmp_path, SETTINGS[0])
    y = change(evaluate(applied(case.meant(), [setting(case.meant(), planted)])))
    assert tuple(sorted([*planted, named])) in found(explained(case, y))


def test_a_constant_and_another_division_are_named_together(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {H: [1, 2], W: [0, 3]}")
    y = evaluate(form_of(case.meant().x, ("H", 2, 1), ("W", 3, 0), boundary="constant", constant=0.25))
    assert found(explained(case, y))[0] == ("boundary", "padding")


def test_one_wrong_element_is_explained_by_nothing(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {W: [0, 3]}", "[1, 2, 2, 5]")
    off = evaluate(case.meant())
    off[0, 1, 0, 0] += 1
    assert explained(case, off).explanations == ()


def test_as_many_images_as_are_meant_are_not_the_first_of_more(tmp_path: Path) -> None:
    """What was left out along W was not added along N or C, unseen; where it was, that is said."""
    case = case_of(tmp_path, "padding: {W: [0, 1]}", "[2, 3, 4, 4]")
    x = case.meant().x
    of_axes = {letter: (change.value for each in explained(case, y).explanations for change in each.transforms
                        if change.id == "padding")
               for letter, y in (("", x), ("N", np.pad(x, [(0, 1), (0, 0), (0, 0), (0, 0)])))}  # fmt: skip
    assert set(of_axes[""]) == {()}
    assert (("N", 0, 1),) in of_axes["N"]


def test_data_of_one_number_tell_nothing_of_the_boundary(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {W: [1, 1]}\nboundary: edge")
    flat = case.given(input=np.full((2, 3, 4, 5), 7.0, np.float32)).meant()
    assert {"boundary reflect", "boundary wrap"} <= set(padding.power().power(flat).blind)
    assert "boundary reflect" in padding.power().power(case.meant()).sees


def test_an_unknown_boundary_is_found(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {W: [1, 2]}\nboundary: unknown")
    answer = explained(case, evaluate(form_of(case.meant().x, ("W", 1, 2), boundary="wrap")))
    assert not answer.explanations[0].transforms
    assert "left open, and found: boundary wrap" in answer.remarks


@pytest.mark.parametrize(
    ("settings", "systems"),
    [
        (SETTINGS[0], {"numpy", "torch", "tensorflow", "jax"}),
        (SETTINGS[1], {"numpy", "torch", "tensorflow", "jax"}),
        (SETTINGS[2], {"numpy", "torch", "jax"}),
        ("padding: {C: [1, 0]}\nboundary: reflect", {"numpy", "tensorflow", "jax"}),
        ("padding: {W: [9, 0]}\nboundary: wrap", {"numpy", "jax"}),
        ("padding: {W: [1, 1]}\nboundary: constant\nconstant: 0.5", {"numpy", "torch", "tensorflow", "jax"}),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, settings: str, systems: set[str]) -> None:
    case = case_of(tmp_path, settings)
    assert set(padding.program().programs(case, ())) == systems
    assert {each.system for each in fix.proofs(case, [()], sorted(RUN))} == systems & RUN


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("boundary: edge", "the key 'padding' is missing"),
        ("padding: {D: 1}", "the input has no axis D"),
        ("padding: {X: 1}", "no axis has this letter"),
        ("padding: {W: [1, 2, 3]}", "expected a pair"),
        ("padding: {W: [-3, -2]}", "nothing is left of an axis"),
        ("padding: {W: 1}\nconstant: 2", "give it beside `boundary: constant`"),
        ("padding: {W: 1}\nboundary: mirror", "unknown word 'mirror'"),
        ("padding: {W: [0, 200000000]}", "an array may have"),
        ("padding: 1", "expected a mapping|mapping"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings)


def test_whole_data_are_padded_with_whole_numbers(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="expected a whole number, for the input is int32"):
        case_of(tmp_path, "padding: {W: 1}\nboundary: constant\nconstant: 0.5", dtype="int32")


TORCH, TENSORFLOW = torch_moving.PADDINGS[0], tensorflow_moving.PADDINGS[0]


@pytest.mark.parametrize(
    ("entry", "settings", "reason"),
    [
        (TORCH, "padding: {C: 1}\nboundary: reflect", "pads the axes of space only"),
        (TORCH, "padding: {W: [5, 0]}\nboundary: reflect", "continues an axis once only by reflect"),
        (TORCH, "padding: {W: [6, 0]}\nboundary: wrap", "continues an axis once only by wrap"),
        (TORCH, "padding: {W: 1}\nboundary: symmetric", "does not take boundary: symmetric"),
        (TENSORFLOW, "padding: {W: -1}", "crops nothing"),
        (numpy_moving.PADDINGS[0], "padding: {W: -1}", "crops nothing"),
        (onnx_moving.PADDINGS[0], "padding: {W: 1}\nboundary: symmetric", "does not take boundary: symmetric"),
        (keras_moving.PADDINGS[2], "padding: {C: 1}", "pads the axes of space only"),
    ],
)
def test_what_a_function_does_not_take_is_told(tmp_path: Path, entry: EntryPoint, settings: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        padding.lowering().as_written(case_of(tmp_path, settings), entry)


@pytest.mark.parametrize(
    ("entry", "settings"),
    [
        (TORCH, "padding: {C: 1}\nboundary: constant\nconstant: 3"),
        (TORCH, "padding: {W: [4, 0]}\nboundary: reflect"),
        (TORCH, "padding: {W: [5, 0]}\nboundary: wrap"),
        (TENSORFLOW, "padding: {W: 5}\nboundary: symmetric"),
        (TENSORFLOW, "padding: {N: 1}\nboundary: reflect"),
    ],
)
def test_what_it_takes_goes_in_as_it_is(tmp_path: Path, entry: EntryPoint, settings: str) -> None:
    case, lowering = case_of(tmp_path, settings), padding.lowering()
    assert lowering.as_written(case, entry).settings == lowering.normalized(case, entry).settings


def test_a_boundary_of_nothing_is_none(tmp_path: Path) -> None:
    case = case_of(tmp_path, "padding: {W: 0}\nboundary: symmetric")
    assert padding.lowering().normalized(case, TORCH).settings["boundary"] == "constant"


@pytest.mark.parametrize(("mode", "measured"), [("reflect", ""), ("symmetric", "boundary symmetric")])
def test_a_card_says_which_boundary(mode: str, measured: str) -> None:
    def call(arrays: Any, settings: Any) -> np.ndarray:
        given = {letter: pair for letter, *pair in settings["padding"]}
        return np.pad(arrays["input"], [given.get(letter, (0, 0)) for letter in "NCHW"], mode=mode)  # type: ignore[call-overload, no-any-return]

    about: dict[str, Any] = {"keeps": {"boundary": "reflect"}, "free": ("padding",), "ranks": (2,), "limits": ("grow",)}
    entry = settled("fake.pad", "padding", "tests", dtypes=("float32",), **about)(call)
    card = answered(padding.probes().card("fake", "1", entry), called)
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)
    assert "fake.pad" in cards.text(card.as_json())

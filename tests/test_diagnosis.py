from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canonical import reference
from harness.canonical.reference import direct, evaluate
from harness.case.read import Case, load
from harness.explanation import confirmed, diagnosis
from harness.explanation.diagnosis import diagnose
from harness.judge import fix, reading
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.operations.transforms.arrays import OutputAxes, ReverseKernel
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.settings import PaddingSplit, Stride
from harness.operations.transforms.transform import applied, read
from harness.operations.transforms.values import Bias, Precision
from harness.operations.windowed import search

CASES = Path(__file__).parent.parent / "cases"
RECORDED = [
    (str(path.relative_to(CASES)), number)
    for folder in ("threads", "seeds")
    for path in sorted((CASES / folder).glob("*.yaml"))
    for number, recording in enumerate(next(load(path)).recorded)
    if recording.expect is not None
]
FEW = {("threads/same-stride-two.yaml", 1)}
"""Recordings of too few values to be certain."""


def case(tmp_path: Path, text: str) -> Case:
    path = tmp_path / "one.yaml"
    path.write_text("title: One\nmeans: cross-correlation\n" + text, encoding="utf-8")
    return next(load(path))


def ids(explanation) -> list[str]:
    return [each.id for each in explanation.transforms]


def seen(values) -> Observation:
    return Observation(np.asarray(values), "float64", "direct")


@dataclass
class Work:
    """What a diagnosis did: its searches, and the output elements that bounds were worked out for."""

    searches: list[search.Search] = field(default_factory=list)
    judged: int = 0

    @property
    def tested(self) -> int:
        return sum(search.tested for search in self.searches)


@pytest.fixture
def work(monkeypatch) -> Work:
    done, fit = Work(), Judge.fit

    class Counted(search.Search):
        def __post_init__(self) -> None:
            super().__post_init__()
            done.searches.append(self)

    def counted(judge: Judge, seen: Observation, reading: Any) -> Any:
        done.judged += seen.values.size
        return fit(judge, seen, reading)

    monkeypatch.setattr(search, "Search", Counted)
    monkeypatch.setattr(Judge, "fit", counted)
    return done


@pytest.mark.parametrize(("file", "number"), RECORDED)
def test_recordings_are_explained_as_the_case_expects_with_little_work(file, number, work):
    one = next(load(CASES / file))
    judge = Judge(one)
    answer = diagnose(judge, judge.observe(one.recorded[number]))
    best = answer.explanations[0]
    assert sorted(ids(best)) == sorted(one.recorded[number].expect or ())
    assert answer.ambiguous == ((file, number) in FEW)
    assert work.tested < 50_000
    assert work.judged <= 10 * one.recorded[number].values.size


DATA = """
input: {layout: HW, dtype: float64, integers: {shape: [6, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 3], seed: input, low: -9, high: 9}}
"""


def test_a_symmetric_kernel_leaves_it_open_and_data_that_tell_are_offered(tmp_path):
    """Reversed along both axes or along the second only: the same where both rows of the kernel are equal."""
    one = case(
        tmp_path,
        "input: {layout: HW, dtype: float64, integers: {shape: [5, 5], seed: 1, low: -9, high: 9}}\n"
        "kernel: {layout: HW, values: [[1, 2], [1, 2]]}\npadding: valid\n",
    )
    judge = Judge(one)
    conv = judge.intended.form
    answer = diagnose(judge, seen(direct(applied(conv, (ReverseKernel((0, 1)),)))))
    assert answer.ambiguous
    assert {each.transforms for each in answer.explanations if each.tied} >= {
        (ReverseKernel((0, 1)),),
        (ReverseKernel((1,)),),
    }
    separation = answer.separation
    assert separation is not None
    assert separation.shapes == {"input": (5, 5), "kernel": (2, 2)}
    fresh = case(
        tmp_path,
        "input: {layout: HW, dtype: float64, integers: "
        f"{{shape: [5, 5], seed: {separation.seed}, low: 1, high: 99}}}}\n"
        "kernel: {layout: HW, integers: {shape: [2, 2], seed: input, low: 1, high: 99}}\npadding: valid\n",
    ).meant()
    outputs = [direct(applied(fresh, each.transforms)) for each in answer.explanations if each.tied]
    assert all(not np.array_equal(outputs[0], other) for other in outputs[1:])


def test_no_difference_is_an_answer(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    answer = diagnose(judge, seen(judge.intended.y))
    assert [ids(each) for each in answer.explanations] == [[]]
    assert not answer.ambiguous


def test_a_stride_that_is_not_known_is_found_and_no_difference(tmp_path):
    one = case(tmp_path, DATA + "stride: unknown\npadding: 1\n")
    judge = Judge(one)
    strided = replace(judge.intended.form, window=replace(judge.intended.form.window, stride=(2, 2)))
    (best, *_) = diagnose(judge, seen(direct(strided))).explanations
    assert ids(best) == []
    assert [each.id for each in best.settings] == ["stride"]


def test_one_changed_tap_is_named(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    w = judge.intended.form.w.copy()
    w[0, 0, 1, 2] += 4
    (best, *_) = diagnose(judge, seen(direct(replace(judge.intended.form, w=w)))).explanations
    assert ids(best) == ["kernel_values"]
    assert best.transforms[0].taps == (((0, 0, 1, 2), pytest.approx(w[0, 0, 1, 2])),)


def test_several_changed_taps_are_solved_for(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    w = judge.intended.form.w.copy()
    w[0, 0, 0, 0] += 3
    w[0, 0, 2, 1] -= 5
    (best, *_) = diagnose(judge, seen(direct(replace(judge.intended.form, w=w)))).explanations
    assert [index for index, _ in best.transforms[0].taps] == [(0, 0, 0, 0), (0, 0, 2, 1)]


def test_what_is_no_convolution_is_said_to_be_none(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    answer = diagnose(judge, seen(np.sin(judge.intended.y)))
    assert not answer.explanations
    assert any("no kernel of this size, with any bias" in remark for remark in answer.remarks)
    assert any("0 of 16 known elements agree" in remark for remark in answer.remarks)


def test_only_the_left_column_agrees_where_a_channels_last_result_is_indexed_wrongly():
    one = next(load(CASES / "threads" / "left-column-pattern.yaml"))
    judge = Judge(one)
    transforms = (OutputAxes((0, -1, 2, 1)),)
    y = read(direct(judge.intended.form), transforms, ())
    assert np.allclose(y[0, 0, :, 0], judge.intended.y[0, 0, :, 0])
    (best, *_) = diagnose(judge, seen(y)).explanations
    assert best.transforms[0].source[1:] == transforms[0].source[1:]
    assert "y[0, :, 0, :]" in best.words


def test_a_corner_of_the_output_is_enough(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    y = direct(applied(judge.intended.form, (ReverseKernel((0, 1)),)))
    known = np.zeros(y.shape, bool)
    known[0, 0, :2, :2] = True
    observation = Observation(np.where(known, y, np.nan), "float64", "direct", known, np.zeros(y.shape))
    answer = diagnose(judge, observation)
    assert answer.known == 4
    assert ["reverse_kernel"] in [ids(each) for each in answer.explanations]


def test_reduced_precision_is_seen_where_the_search_alone_would_let_the_intended_call_pass(tmp_path):
    """The search allows for more than the printed digits; what the bounds then refuse must not end it."""
    data = DATA.replace("integers: {shape: [6, 6], seed: 1, low: -9, high: 9}", "random: {shape: [6, 6], seed: 1}")
    judge = Judge(
        case(
            tmp_path,
            data.replace(
                "integers: {shape: [3, 3], seed: input, low: -9, high: 9}", "random: {shape: [3, 3], seed: input}"
            ),
        )
    )
    y = np.round(direct(applied(judge.intended.form, (Precision("TF32"),))), 2)
    printed = Observation(y, "float64", "direct", np.ones(y.shape, bool), np.full(y.shape, 0.005))
    assert () in search.Search(judge.question(printed)).level(0)
    assert [ids(each) for each in diagnose(judge, printed).explanations[:1]] == [["precision"]]


def test_what_was_left_out_is_said(tmp_path, monkeypatch):
    judge = Judge(case(tmp_path, DATA))
    y = direct(applied(judge.intended.form, (ReverseKernel((0, 1)),)))
    known = np.zeros(y.shape, bool)
    known[0, 0, 0, 0] = True
    monkeypatch.setattr(search, "MOST", 3)
    answer = diagnose(judge, Observation(np.where(known, y, np.nan), "float64", "direct", known, np.zeros(y.shape)))
    assert any("were not tried on all" in remark for remark in answer.remarks)


def test_a_large_case_is_explained_by_a_part_of_it(work):
    one = next(load(CASES / "seeds" / "caffe-migration.yaml"))
    judge = Judge(one)
    y = direct(applied(judge.intended.form, (ReverseKernel((0, 1)),))).astype(np.float32)
    answer = diagnose(judge, Observation(y, "float32", "direct"))
    assert [ids(each) for each in answer.explanations] == [["reverse_kernel"]]
    assert work.tested < 100_000
    assert 0 < work.judged < y.size / 100


MANY = """
input: {layout: NCHW, dtype: float64, random: {shape: [2, 3, 7, 6], seed: 1}}
kernel: {layout: OIHW, random: {shape: [6, 3, 3, 3], seed: 2}}
padding: same
"""


def held(answer) -> list[str]:
    return [each for each in answer.remarks if "compared with exact values" in each]


@pytest.mark.parametrize(("products", "large"), [(10**9, 10**9), (1, 10**9), (10**9, 1), (1, 1)])
def test_what_is_not_held_against_exact_values_is_told_apart_from_what_is(tmp_path, monkeypatch, products, large):
    """Of sums that would take long, the first are exact; of a large output bounds are worked out for a part."""
    monkeypatch.setattr(reading, "PRODUCTS", products)
    monkeypatch.setattr(reference, "BLOCK", 1000)
    monkeypatch.setattr(confirmed, "LARGE", large)
    judge = Judge(case(tmp_path, MANY))
    for change in ((), (ReverseKernel((0, 1)),), (OutputAxes((0, 1, 3, 2)),)):
        y = read(evaluate(applied(judge.intended.form, change)), change, ())
        answer = diagnose(judge, seen(y))
        assert [each.id for each in change] in [ids(each) for each in answer.explanations]
        assert len(held(answer)) == (products == 1 or (large == 1 and change != ()))
        assert [int(remark.split()[0]) < y.size for remark in held(answer)] == [True] * len(held(answer))
    off = y + 1e-3 * (np.arange(y.size).reshape(y.shape) == y.size - 1)  # outside of what is looked at first
    assert [each.id for each in change] not in [ids(each) for each in diagnose(judge, seen(off)).explanations]


def test_bounds_are_worked_out_where_something_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(confirmed, "LARGE", 1)
    judge = Judge(case(tmp_path, MANY))
    y = evaluate(applied(judge.intended.form, (ReverseKernel((0, 1)),)))
    only = replace(seen(y), known=np.arange(6)[:, None, None] == np.full(y.shape, 5))
    assert [ids(each) for each in diagnose(judge, only).explanations][:1] == [["reverse_kernel"]]
    wrong = np.where(only.known, y + 1e-9, y)
    assert ["reverse_kernel"] not in [ids(each) for each in diagnose(judge, replace(only, values=wrong)).explanations]


PRINTED = """
input: {{layout: HW, dtype: float64, values: {x}{stated}}}
kernel: {{layout: HW, values: {w}{stated}}}
bias: {{values: [{b}]{stated}}}
padding: same
recorded: [{{system: S, origin: o, layout: HW, values: {y}{stated}}}]
"""


def printed_case(tmp_path: Path, stated: str, places: int = 3) -> Case:
    """A kernel was reversed, and everything printed with `places` decimals, which the case says or does not say."""
    numbers = np.random.default_rng(5)
    x, w, b = numbers.normal(size=(6, 6)), numbers.normal(size=(3, 3)), numbers.normal()
    y = np.array([[(np.pad(x, 1)[i : i + 3, j : j + 3] * w[::-1, ::-1]).sum() + b for j in range(6)] for i in range(6)])
    shown = {name: np.round(each, places).tolist() for name, each in (("x", x), ("w", w), ("b", b), ("y", y))}
    return case(tmp_path, PRINTED.format(**shown, stated=stated))


@pytest.mark.parametrize("stated", ["", ", decimals: 3"])
def test_printed_numbers_are_known_for_such_where_the_case_does_not_say_it(tmp_path, stated):
    one = printed_case(tmp_path, stated)
    judge = Judge(one)
    answer = diagnose(judge, judge.observe(one.recorded[0]))
    assert ids(answer.explanations[0]) == ["reverse_kernel"]
    *printed, hidden = answer.remarks
    assert [remark.partition(":")[0] for remark in printed] == [
        "exact numbers do not fit, printed ones do" for _ in range(not stated)
    ]
    assert hidden.startswith("these data would not show a kernel element that is off by")


def test_a_printed_bias_has_its_slack(tmp_path):
    one = printed_case(tmp_path, ", decimals: 3")
    arrays = {**one.arrays, "bias": replace(one.arrays["bias"], half_unit=None)}
    judge, exact = Judge(one), Judge(replace(one, arrays=arrays))
    apart = judge.intended.input_slack - exact.intended.input_slack
    np.testing.assert_allclose(apart, 0.0005)


@pytest.mark.parametrize(("changes", "before"), [((), []), ((ReverseKernel((0, 1)),), ["reverse_kernel"])])
def test_a_relu_is_found_whatever_is_before_it_and_is_part_of_the_code(tmp_path, changes, before):
    one = case(tmp_path, DATA)
    judge = Judge(one)
    y = np.maximum(direct(applied(judge.intended.form, changes)), 0)
    answer = diagnose(judge, seen(y))
    assert [ids(each) for each in answer.explanations] == [[*before, "activation"]]
    assert answer.explanations[0].transforms[-1] == Activation("relu")
    assert not answer.ambiguous
    assert answer.known == y.size
    (held,) = fix.proofs(one, [answer.explanations[0].transforms], ["numpy"], "NCHW")
    assert held.program.endswith("y = np.maximum(y, 0)\n")


def test_zeros_that_no_relu_leaves_are_not_taken_for_one(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    y = direct(judge.intended.form)
    holed = np.where(np.arange(y.size).reshape(y.shape) % 3, np.abs(y), 0)
    assert not any("activation" in ids(each) for each in diagnose(judge, seen(holed)).explanations)


@pytest.mark.parametrize(("size", "noted"), [((2, 3), True), ((6, 6), False)])
def test_a_corner_needs_no_crop(tmp_path, size, noted):
    one = case(tmp_path, DATA + "padding: same\n")
    judge = Judge(one)
    y = direct(ReverseKernel((0, 1)).differ(judge.intended.form))[:, :, : size[0], : size[1]]
    answer = diagnose(judge, replace(seen(y), known=np.ones(y.shape, bool)))
    assert ids(answer.explanations[0]) == ["reverse_kernel"]
    assert any("first elements" in remark for remark in answer.remarks) == noted


def test_a_smaller_output_that_a_padding_gives_is_no_corner(tmp_path):
    """With stride 2, `valid` gives the first elements of `same` where that pads on the high side only."""
    one = case(tmp_path, DATA + "padding: same\nstride: 2\n")
    judge = Judge(one)
    y = direct(judge.intended.form)[:, :, :2, :2]
    answer = diagnose(judge, replace(seen(y), known=np.ones(y.shape, bool)))
    assert [ids(each) for each in answer.explanations[:2]] == [["padding_split"], ["output_mode"]]


def test_settings_that_were_left_open_are_told_as_they_were_found(tmp_path):
    one = case(tmp_path, DATA + "padding: unknown\nstride: unknown\n")
    window = replace(one.meant().window, stride=(2, 2), padding=((0, 1), (0, 1)))
    y = direct(replace(one.meant(), window=window))
    answer = diagnose(Judge(one), seen(y))
    assert not ids(answer.explanations[0])
    assert "left open, and found: stride 2 x 2, padding 0:1 x 0:1 (low:high per axis)" in answer.remarks


def test_a_zero_where_the_output_is_positive_is_no_relu(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    y = np.maximum(direct(judge.intended.form), 0)
    y[np.unravel_index(y.argmax(), y.shape)] = 0
    assert not any("activation" in ids(each) for each in diagnose(judge, seen(y)).explanations)


def test_a_transposed_kernel_goes_by_both_of_its_names(tmp_path):
    judge = Judge(case(tmp_path, DATA))
    conv = judge.intended.form
    answer = diagnose(judge, seen(direct(replace(conv, w=conv.w.swapaxes(2, 3)))))
    first, second = answer.explanations[:2]
    assert (ids(first), ids(second)) == (["transpose_kernel_spatial"], ["kernel_axes"])
    assert first.group == second.group and not answer.ambiguous


def test_a_bias_left_out_is_not_told_again_as_one_that_nobody_knows(tmp_path):
    judge = Judge(case(tmp_path, DATA + "bias: [7]\n"))
    answer = diagnose(judge, seen(direct(replace(judge.intended.form, bias=None))))
    assert [each.transforms for each in answer.explanations] == [(Bias("missing"),)]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
@pytest.mark.parametrize("printed", [False, True])
@pytest.mark.parametrize(
    "change",
    [ReverseKernel((0, 1)), PaddingSplit(((1, 1), (1, 1)), ((2, 0), (2, 0))), Stride((2, 2), ((1, 1), (1, 1)))],
    ids=lambda change: change.id,
)
def test_the_finite_part_is_explained_of_data_that_are_not_finite(value, printed, change, tmp_path):
    x = np.random.default_rng(0).normal(size=(7, 7)).round(3).tolist()
    x[3][2] = value
    rows = ", ".join(f"[{', '.join(map(str, row))}]" for row in x)
    shown = ", decimals: 3" if printed else ""
    one = case(
        tmp_path,
        f"input: {{layout: HW, dtype: float64, nonfinite: true, values: [{rows}]{shown}}}\n"
        f"kernel: {{layout: HW, random: {{shape: [3, 3], seed: 2}}}}\npadding: 1\n",
    )
    judge = Judge(one)
    y = direct(change.differ(judge.intended.form))
    assert 0 < np.isfinite(y).sum() < y.size
    question = judge.question(seen(y))
    assert np.isfinite(question.slack) and question.slack < 1
    answer = diagnose(judge, seen(y))
    found = applied(judge.intended.form, answer.explanations[0].transforms)
    np.testing.assert_array_equal(direct(found), y)
    assert not any("not tried" in remark for remark in answer.remarks)


def test_a_search_that_ends_before_all_is_tried_says_so(tmp_path, monkeypatch):
    judge = Judge(case(tmp_path, DATA + "stride: unknown\npadding: unknown\n"))
    y = np.random.default_rng(0).normal(size=(1, 1, 4, 4))
    monkeypatch.setattr(diagnosis, "Budget", lambda: Budget(10**8))
    answer = diagnose(judge, seen(y))
    assert not answer.explanations
    assert any("no single change gives" in remark for remark in answer.remarks)
    assert any("before all combinations of 2 changes were tried" in remark for remark in answer.remarks)

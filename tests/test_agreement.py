from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import load
from harness.judge.verdict import Judge
from harness.operations.windowed.search.agreement import (
    agreement,
    besides,
    indices,
    placed,
    seeing,
    sees,
    with_the_intended,
)
from harness.operations.windowed.search.question import Question

CASES = Path(__file__).parent.parent / "cases"


@st.composite
def convolutions(draw) -> Linear:
    rank, groups = draw(st.integers(1, 2)), draw(st.sampled_from([1, 2]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    steps, dilation = (draw(st.integers(1, 2)),) * rank, (draw(st.integers(1, 2)),) * rank
    window = Window(
        steps,
        dilation,
        ((draw(st.integers(0, 2)), draw(st.integers(-1, 2))),) * rank,
        (draw(st.booleans()),) * rank,
        groups=groups,
        boundary=draw(st.sampled_from(["zero", "symmetric", "wrap", "constant"])),
    )
    x, w = rng.uniform(1, 2, (2, 2, *(6, 7)[:rank])), rng.uniform(1, 2, (4, 2 // groups, *(2, 3)[:rank]))
    return Linear(x, w, None, window)


@settings(max_examples=60)
@given(convolutions(), st.integers(0, 10**6))
def test_an_element_sees_what_changes_it(conv, seed):
    rng = np.random.default_rng(seed)
    y = direct(conv)
    place = tuple(int(rng.integers(size)) for size in y.shape)
    one = np.zeros(y.shape, bool)
    one[place] = True
    for role, seen in zip("xw", sees(conv, one)):
        array = getattr(conv, role)
        at = tuple(int(rng.integers(size)) for size in array.shape)
        moved = array.copy()
        moved[at] += 1
        changed = np.abs(direct(replace(conv, **{role: moved})) - y) > 1e-9
        assert seen[at] == changed[place]
        touched = np.zeros(array.shape, bool)
        touched[at] = True
        assert np.array_equal(seeing(conv, {"x": "input", "w": "kernel"}[role], touched), changed)


def same_padding() -> Linear:
    window = Window((1, 1), (1, 1), ((2, 2), (2, 2)), (False, False))
    return Linear(np.ones((1, 1, 8, 9)), np.ones((1, 1, 5, 5)), None, window)


def elements(conv: Linear, *places: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(conv.output_shape, bool)
    for place in places:
        mask[(0, 0, *place)] = True
    return mask


def test_what_only_the_second_element_sees_is_named_by_row_and_column():
    conv = same_padding()
    first, second = elements(conv, (0, 0)), elements(conv, (0, 1))
    only = besides(conv, first, second)
    assert np.argwhere(only["input"]).tolist() == [[0, 0, row, 3] for row in range(3)]
    assert np.argwhere(only["kernel"]).tolist() == [[0, 0, row, 1] for row in range(2, 5)]
    assert agreement(conv, first, second) == [
        "1 of 2 known elements agree: [0, 0]; not [0, 1]",
        "what differs depends on input column 3 and kernel column 1; what agrees does not",
    ]


def test_where_what_differs_sees_nothing_of_its_own_the_data_are_not_the_cause():
    conv = same_padding()
    remarks = agreement(conv, elements(conv, (2, 2), (3, 3)), elements(conv, (0, 0)))
    assert "what differs and what agrees depend on the same numbers of input and kernel" in remarks[-1]


def test_nothing_is_said_of_what_is_seen_where_nothing_agrees():
    conv = same_padding()
    assert agreement(conv, elements(conv), elements(conv, (0, 0), (0, 1))) == ["0 of 2 known elements agree"]


def test_the_left_most_column_agrees_and_the_others_see_more():
    (case,) = load(CASES / "threads" / "left-column-pattern.yaml")
    judge = Judge(case)
    seen = judge.observe(case.recorded[0])
    assert with_the_intended(judge.question(seen), judge.room(seen)) == [
        "5 of 25 known elements agree",
        "only column 0 (axis W) agrees throughout",
        "what differs depends on input columns 3 to 6 and kernel columns 0, 1; what agrees does not",
    ]


def test_differences_at_the_edges_only_point_to_the_padding():
    conv = same_padding()
    seen = direct(replace(conv, window=replace(conv.window, boundary="edge")))
    differ = np.abs(seen - direct(conv)) > 0
    assert differ.any()
    assert "all that differs sees padding" in with_the_intended(Question(conv, seen, 1e-9), 1e-9)[-1]
    inside = seen.copy()
    inside[0, 0, 3, 3] += 1
    assert not any("padding" in remark for remark in with_the_intended(Question(conv, inside, 1e-9), 1e-9))


@pytest.mark.parametrize(
    ("found", "words"),
    [([1], "row 1"), ([1, 2], "rows 1, 2"), ([1, 2, 3], "rows 1 to 3"), ([0, 2, 4], "rows 0, 2, 4")],
)
def test_indices_are_said_in_short(found, words):
    assert indices("row", found) == words


def test_a_corner_stands_at_the_first_elements():
    conv = same_padding()
    whole = placed(np.arange(6.0).reshape(1, 1, 2, 3), conv)
    assert whole.shape == conv.output_shape
    assert whole[0, 0, 1].tolist()[:3] == [3, 4, 5]
    assert np.count_nonzero(np.isfinite(whole)) == 6


def varied() -> Linear:
    rng = np.random.default_rng(0)
    return replace(same_padding(), x=rng.normal(size=same_padding().x.shape), w=rng.normal(size=same_padding().w.shape))


def remarks_of(conv, seen, room) -> list[str]:
    return with_the_intended(Question(conv, seen, 1e-9), room)


@pytest.mark.parametrize("sign", [1, -1])
def test_values_at_a_limit_are_not_told_by_what_they_see(sign):
    conv = varied()
    top = sign * np.sort(sign * direct(conv), axis=None)[-5]
    _, ends = remarks_of(conv, sign * np.minimum(sign * direct(conv), sign * top), 0.0)
    assert ends.startswith(f"all that differs is {top:.6g}, where {'more' if sign > 0 else 'less'} is meant")


def test_a_value_below_the_limit_that_differs_is_no_end():
    conv = varied()
    y = direct(conv)
    cut = np.minimum(y, np.sort(y, axis=None)[-5])
    cut.flat[cut.argmin()] -= 1
    assert not any("outputs end there" in remark for remark in remarks_of(conv, cut, 0.0))


def test_where_all_are_within_the_room_the_farthest_stands_out():
    conv = same_padding()
    y = direct(conv)
    off = y.copy()
    off[0, 0, 2, 2] += 1e-6
    assert remarks_of(conv, off, 1.0)[0] == f"{y.size - 1} of {y.size} known elements agree"
    assert remarks_of(conv, y, 1.0)[0] == f"{y.size} of {y.size} known elements agree"


def test_each_element_has_its_own_room():
    conv = same_padding()
    y = direct(conv)
    room = np.zeros(y.shape)
    room[0, 0, 0] = 0.5
    assert remarks_of(conv, y + 0.25, room)[0] == f"{y.shape[-1]} of {y.size} known elements agree"


def test_one_element_alone_is_said_to_be_one():
    conv = same_padding()
    off = direct(conv)
    off[0, 0, 2, 2] += 1
    assert any("one element differs alone" in remark for remark in remarks_of(conv, off, 1e-9))

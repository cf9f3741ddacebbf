"""Transposed convolution: against stamps that are added up by hand, and the search for what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.canonical.reference import evaluate
from harness.case.read import Case, CaseError, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge
from harness.worker.spans import cut_pair
from tests.plain import integers


def stamped(
    x: np.ndarray,
    w: np.ndarray,
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    cuts: tuple[tuple[int, int], ...],
    groups: int = 1,
) -> np.ndarray:
    """x (N, I, *spatial) times stamps w (O / groups, I, *k), added up and cut; negative cuts add zeros."""
    outputs, inputs = w.shape[0], x.shape[1] // groups
    sizes = [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in zip(x.shape[2:], w.shape[2:], stride, dilation)]
    y = np.zeros((len(x), outputs * groups, *sizes))
    for o, c, *tap in np.ndindex(*w.shape):
        for place in np.ndindex(*x.shape[2:]):
            at = tuple(i * s + t * d for i, t, s, d in zip(place, tap, stride, dilation))
            y[(slice(None), c // inputs * outputs + o, *at)] += w[(o, c, *tap)] * x[(slice(None), c, *place)]
    grow = [(0, 0), (0, 0), *((max(-low, 0), max(-high, 0)) for low, high in cuts)]
    y = np.pad(y, grow)
    keep = (slice(max(low, 0), size - max(high, 0)) for (low, high), size in zip(cuts, y.shape[2:]))
    return y[(slice(None), slice(None), *keep)]


def written(folder: Path, x: np.ndarray, w: np.ndarray, **keys: Any) -> Path:
    """A case file of x (N, C, *spatial) and w (I, O, *k)."""
    letters = "DHW"[-(x.ndim - 2) :]
    document = {
        "title": "a transposed convolution",
        "operation": "transposed_convolution",
        "input": {"layout": "NC" + letters, "dtype": "float64", "values": x.tolist()},
        "kernel": {"layout": "IO" + letters, "values": w.tolist()},
        "means": "cross-correlation",
        **keys,
    }
    path = folder / "case.yaml"
    path.write_text(json.dumps(document))
    return path


def case_of(folder: Path, x: np.ndarray, w: np.ndarray, **keys: Any) -> Case:
    (case,) = load(written(folder, x, w, **keys))
    return case


@st.composite
def calls(draw: Any) -> dict[str, Any]:
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))

    def per_axis(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank))

    inputs, outputs, seed = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(0, 99))
    return {
        "x": integers((draw(st.integers(1, 2)), groups * inputs, *per_axis(1, 4)), seed),
        "w": integers((groups * inputs, outputs, *per_axis(1, 3)), seed + 1),
        "stride": per_axis(1, 3),
        "dilation": per_axis(1, 2),
        "padding": list(zip(per_axis(-1, 2), per_axis(-2, 2))),
        "groups": groups,
    }


@settings(max_examples=80, derandomize=True)
@given(call=calls())
def test_the_canonical_form_adds_up_stamps(tmp_path_factory, call):
    meant = stamped(
        call["x"],
        call["w"].swapaxes(0, 1),
        tuple(call["stride"]),
        tuple(call["dilation"]),
        tuple(call["padding"]),
        call["groups"],
    )
    assume(min(meant.shape) > 0)
    x, w, rest = call["x"], call["w"], {key: value for key, value in call.items() if key not in "xw"}
    case = case_of(tmp_path_factory.mktemp("case"), x, w, **rest)
    np.testing.assert_array_equal(evaluate(case.meant()), meant)


@pytest.mark.parametrize("means", ["cross-correlation", "convolution"])
def test_a_single_value_stamps_the_kernel_as_it_stands_or_reversed(tmp_path, means):
    w = np.arange(1.0, 4).reshape(1, 1, 3)
    case = case_of(tmp_path, np.ones((1, 1, 1)), w, means=means)
    assert evaluate(case.meant()).ravel().tolist() == ([1, 2, 3] if means == "cross-correlation" else [3, 2, 1])


@pytest.mark.parametrize(
    ("k", "stride", "dilation", "recipe", "pair"),
    [
        (3, 2, 1, "same", (0, 1)),
        (4, 2, 1, "same", (1, 1)),
        (3, 2, 1, "same_lower", (1, 0)),
        (2, 3, 1, "same", (0, -1)),
        (3, 1, 2, "same", (2, 2)),
        (2, 3, 1, "valid", (0, 0)),
        (2, 3, 1, "valid_filled", (0, -1)),
        (3, 2, 1, "valid_filled", (0, 0)),
    ],
)
def test_named_paddings_cut(k, stride, dilation, recipe, pair):
    assert cut_pair(recipe, k, stride, dilation) == pair


@pytest.mark.parametrize(("more", "size"), [({}, 7), ({"output_padding": 1}, 8), ({"output_size": 8}, 8)])
def test_samples_behind_the_output(tmp_path, more, size):
    case = case_of(tmp_path, np.ones((1, 1, 4)), np.ones((1, 1, 3)), stride=2, padding=1, **more)
    assert case.meant().output_shape == (1, 1, size)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"boundary": "wrap"}, "boundary: unknown key"),
        ({"padding": "full"}, "unknown word 'full'"),
        ({"padding": 6}, r"the padding \[6, 6\] cuts off all of the output along W, which has 9 samples; cut less"),
        ({"output_size": 5}, "output_size 5 along W is less than the 9 samples that the padding leaves"),
        ({"output_size": 9, "output_padding": 0}, "output_padding and output_size both given; keep one"),
        ({"groups": 2}, "1 input channels do not divide into 2 groups"),
        ({"bias": [1, 2]}, "expected 1 numbers, one for each output channel, found 2"),
        ({"means": None}, "means"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, keys, message):
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, np.ones((1, 1, 4)), np.ones((1, 1, 3)), stride=2, **keys)


def test_the_kernels_input_channels_are_all_of_the_inputs(tmp_path):
    with pytest.raises(CaseError, match=r"the kernel has 2 input channels \(axis I\); expected 4"):
        case_of(tmp_path, np.ones((1, 4, 4)), np.ones((2, 1, 3)), groups=2)


# --- explain ---------------------------------------------------------------------------------------------------------

X, W = integers((1, 3, 5, 6), 1), integers((3, 3, 3, 3), 2)
"""(N, C, H, W) and (I, O, H, W)."""
STEPS = ((2, 2), (1, 1))


def cut(low: int, high: int) -> tuple[tuple[int, int], ...]:
    return ((low, high),) * 2


def turned(w: np.ndarray) -> np.ndarray:
    return w[:, :, ::-1, ::-1]


def forward(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """A cross-correlation of stride 2 that pads by 1."""
    seen = np.lib.stride_tricks.sliding_window_view(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)]), (3, 3), axis=(2, 3))
    return np.einsum("nchwij,coij->nohw", seen[:, :, ::2, ::2], w)


OUT = W.swapaxes(0, 1)
PLANTED = {
    "padding_split": (stamped(X, OUT, *STEPS, cut(1, 0)), {"padding": "same"}),
    "reverse_kernel": (stamped(X, turned(OUT), *STEPS, cut(1, 1)), {"padding": 1}),
    "kernel_axes": (stamped(X, W, *STEPS, cut(1, 1)), {"padding": 1}),
    "output_padding": (stamped(X, OUT, *STEPS, cut(1, 0)), {"padding": 1}),
    "dilation": (stamped(X, OUT, (2, 2), (2, 2), cut(1, 1)), {"padding": 1}),
    "stride": (stamped(X, OUT, (3, 3), (1, 1), cut(1, 1)), {"padding": 1}),
    "raw_padding": (stamped(X, OUT, *STEPS, cut(2, 2)), {"padding": 0}),
    "operation": (forward(X, W), {"padding": 1}),
    "bias": (stamped(X, OUT, *STEPS, cut(1, 1)) + np.array([1.5, -2, 3])[:, None, None], {"padding": 1}),
}


def answered(folder: Path, y: np.ndarray, keys: dict[str, Any], ties: bool = False) -> Answer:
    recorded = [{"system": "a", "origin": "made", "layout": "NCHW", "values": y.tolist()}]
    case = case_of(folder, X, W, stride=2, **keys, recorded=recorded)
    judge = Judge(case)
    answer = diagnose(judge, judge.observe(case.recorded[0]))
    assert answer.ambiguous is ties
    return answer


def explained(folder: Path, y: np.ndarray, keys: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each.id for each in answered(folder, y, keys).explanations[0].transforms)


@pytest.mark.parametrize("name", PLANTED)
def test_what_people_get_wrong_is_named(tmp_path, name):
    assert explained(tmp_path, *PLANTED[name]) == (name,)


@pytest.mark.parametrize("name", ["padding_split", "output_padding", "dilation", "stride", "operation"])
def test_also_with_a_kernel_that_is_reversed(tmp_path, name):
    planted = {
        "padding_split": stamped(X, turned(OUT), *STEPS, cut(1, 0)),
        "output_padding": stamped(X, turned(OUT), *STEPS, cut(1, 0)),
        "dilation": stamped(X, turned(OUT), (2, 2), (2, 2), cut(1, 1)),
        "stride": stamped(X, turned(OUT), (3, 3), (1, 1), cut(1, 1)),
        "operation": forward(X, turned(W)),
    }[name]
    assert set(explained(tmp_path, planted, PLANTED[name][1])) == {"reverse_kernel", name}


def test_unknown_settings_are_found(tmp_path):
    y = stamped(X, OUT, *STEPS, cut(1, 1))
    recorded = [{"system": "a", "origin": "made", "layout": "NCHW", "values": y.tolist()}]
    case = case_of(tmp_path, X, W, stride="unknown", padding="unknown", recorded=recorded)
    judge = Judge(case)
    answer = diagnose(judge, judge.observe(case.recorded[0]))
    assert answer.explanations[0].transforms == ()
    assert any("stride 2 x 2, padding 1:1 x 1:1" in remark for remark in answer.remarks)


SPREAD = {"dilation": 2}
BESIDE = {
    "nothing cut for samples behind": (
        cut(0, 0),
        {"padding": 0, "output_padding": 1},
        "output_padding",
        "cut 0:0 x 0:0",
    ),
    "samples behind forgotten": (cut(1, 1), {"padding": 1, "output_padding": 1}, "output_padding", "cut 1:1 x 1:1"),
    "all of it behind": (cut(0, 2), {"padding": 1}, "padding_split", "cut 0:2 x 0:2"),
    "exchanged": (cut(0, 1), {"padding": [[1, 0], [1, 0]]}, "padding_split", "cut 0:1 x 0:1"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_beside_a_dilation_that_was_ignored_a_cut_is_told_as_it_was(tmp_path, name):
    """What a padding cuts off depends on the reach of the kernel that was applied."""
    cuts, keys, expected, words = BESIDE[name]
    first = answered(tmp_path, stamped(X, OUT, *STEPS, cuts), {**keys, **SPREAD}).explanations[0]
    assert [each.id for each in first.transforms] == ["dilation", expected]
    assert f"the system {words}" in first.words


def test_samples_behind_the_output_that_were_forgotten_have_that_name_before_a_raw_padding(tmp_path):
    """Where both come to the same: the kernel reaches twice as far as the padding. It may be a part of it, too."""
    found = answered(tmp_path, stamped(X, OUT, *STEPS, cut(1, 1)), {"padding": 1, "output_padding": 1}, ties=True)
    first, second, part = found.explanations
    assert [each.transforms[0].id for each in (first, second)] == ["output_padding", "raw_padding"]
    assert first.group == second.group
    assert part.part and not part.transforms


def test_samples_that_are_put_before_the_output_are_a_cut_elsewhere_and_have_that_name_too(tmp_path):
    """TensorFlow's `same` against PyTorch's usual recipe for it."""
    found = answered(tmp_path, stamped(X, OUT, *STEPS, cut(0, 1)), {"padding": 1, "output_padding": 1})
    names = [[each.id for each in one.transforms] for one in found.explanations]
    assert names[:2] == [["padding_split"], ["output_padding"]]
    assert "the system cut 0:1 x 0:1" in found.explanations[0].words


@pytest.mark.parametrize("size", [(5, 6), (6, 6), (7, 5)])
def test_the_other_operation_pads_by_the_word_as_its_own_sizes_say(tmp_path, size):
    x = integers((1, 3, *size), 5)
    total = [(n % 2, 1) for n in size]
    padded = np.pad(x, [(0, 0), (0, 0), *total])
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    recorded = [{"system": "a", "origin": "made", "layout": "NCHW",
                 "values": np.einsum("nchwij,coij->nohw", seen, W).tolist()}]  # fmt: skip
    case = case_of(tmp_path, x, W, stride=2, padding="same", recorded=recorded)
    judge = Judge(case)
    answer = diagnose(judge, judge.observe(case.recorded[0]))
    assert [each.id for each in answer.explanations[0].transforms] == ["operation"]
    assert not answer.ambiguous

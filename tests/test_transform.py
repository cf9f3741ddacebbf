from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import transform as transforms
from harness.canonical.window import Linear, Window
from harness.transform import (
    TRANSFORM_IDS,
    AddBias,
    CropOutput,
    DenseGroups,
    DilateKernel,
    PaddingSplit,
    PadInput,
    ReverseKernel,
    SubsampleOutput,
    Transform,
)
from tests.plain import convolutions, evaluate, integers

PAIRS = ((0, 1), (2, 3))
EVERY = [
    ReverseKernel((0,)),
    ReverseKernel((0, 1)),
    ReverseKernel((0, 1, 2)),
    PaddingSplit(PAIRS, ((1, 0), (3, 2))),
    PadInput(PAIRS, "reflect"),
    DilateKernel((2, 1)),
    DenseGroups(2),
    SubsampleOutput((2, 1)),
    CropOutput(PAIRS),
    AddBias(np.ones(3)),
]


def rewrites(conv: Linear) -> dict[str, tuple[Transform, Linear]]:
    """Every transform that says a convolution differently, with a form of `conv` that it can be applied to."""
    win = conv.window
    unstrided = replace(conv, window=replace(win, stride=(1,) * conv.rank))
    biased = replace(conv, bias=integers((len(conv.w),), 5))
    return {
        "reverse_kernel": (ReverseKernel(tuple(range(conv.rank))), conv),
        "reverse_one_axis": (ReverseKernel((conv.rank - 1,)), conv),
        "pad_input": (PadInput(win.padding, win.boundary), conv),
        "dilate_kernel": (DilateKernel(win.dilation), conv),
        "dense_groups": (DenseGroups(win.groups), conv),
        "subsample_output": (SubsampleOutput(win.stride), conv),
        "crop_output": (
            CropOutput(((1, 2),) * conv.rank),
            replace(unstrided, window=replace(unstrided.window, boundary="zero")),
        ),
        "add_bias": (AddBias(biased.bias), biased),
    }


names = st.sampled_from(
    sorted(rewrites(Linear(np.ones((1, 1, 1)), np.ones((1, 1, 1)), None, Window((1,), (1,), ((0, 0),), (False,)))))
)


def assert_equal(found: Linear, expected: Linear) -> None:
    assert found.window == expected.window
    np.testing.assert_array_equal(found.x, expected.x)
    np.testing.assert_array_equal(found.w, expected.w)
    np.testing.assert_equal(found.bias, expected.bias)


@given(convolutions(), names)
def test_the_rewritten_call_finished_is_the_call(conv, name):
    transform, conv = rewrites(conv)[name]
    found = transform.finish(evaluate(transform.rewrite(conv)))
    np.testing.assert_array_equal(found, evaluate(conv))


@given(convolutions(lowest=0), names)
def test_undo_takes_a_rewrite_back(conv, name):
    transform, conv = rewrites(conv)[name]
    assert_equal(transform.undo(transform.rewrite(conv)), conv)


@given(convolutions())
def test_a_system_that_differs_is_served_by_the_rewritten_call(conv):
    """What `rewrite` makes of a call cancels what the system does differently."""
    transform = ReverseKernel(tuple(range(conv.rank)))
    np.testing.assert_array_equal(
        evaluate(transform.differ(transform.rewrite(conv))),
        evaluate(replace(conv, w=np.flip(conv.w, tuple(range(2, conv.w.ndim))))),
    )


@given(convolutions())
def test_reversing_twice_changes_nothing(conv):
    transform = ReverseKernel(tuple(range(conv.rank)))
    assert_equal(transform.differ(transform.differ(conv)), conv)


@given(convolutions())
def test_rewrites_leave_their_argument_alone(conv):
    before = evaluate(conv)
    for transform, form in rewrites(conv).values():
        transform.finish(evaluate(transform.rewrite(form)))
    np.testing.assert_array_equal(evaluate(conv), before)


def example(**window) -> Linear:
    settings = {"stride": (1, 1), "dilation": (1, 1), "padding": ((0, 0), (0, 0)), "reversal": (False, False), **window}
    return Linear(integers((1, 1, 5, 5), 1), integers((1, 1, 2, 3), 2), None, Window(**settings))


def test_a_reversed_kernel_is_a_convolution():
    signal = pytest.importorskip("scipy.signal")
    conv = ReverseKernel((0, 1)).differ(example())
    np.testing.assert_array_equal(evaluate(conv)[0, 0], signal.convolve2d(conv.x[0, 0], conv.w[0, 0], "valid"))


def test_a_padding_split_moves_the_output():
    conv = example(padding=((0, 1), (1, 1)))
    moved = PaddingSplit(conv.window.padding, ((1, 0), (1, 1))).differ(conv)
    np.testing.assert_array_equal(evaluate(moved)[0, 0, 1:], evaluate(conv)[0, 0, :-1])
    assert not np.array_equal(evaluate(moved), evaluate(conv))


def test_padding_by_hand_keeps_the_boundary():
    conv = example(padding=((1, 1), (2, 0)), boundary="reflect")
    rewritten = PadInput(conv.window.padding, "reflect").rewrite(conv)
    assert rewritten.window.padding == ((0, 0), (0, 0))
    np.testing.assert_array_equal(rewritten.x[0, 0], np.pad(conv.x[0, 0], ((1, 1), (2, 0)), mode="reflect"))


DIFFERING = [
    transforms.TransposeKernelSpatial((0, 1, 3, 2)),
    transforms.KernelAxes((1, 0, 2, 3)),
    transforms.InputAxes((0, 1, 3, 2)),
    transforms.OutputAxes((0, 1, 3, 2)),
    transforms.ReshapeNotTranspose("kernel", "OIHW", "HWIO"),
    transforms.ColumnMajor("input", "NCHW", "WHCN"),
    transforms.FlattenOrder("output", "NCHW", "NHWC"),
    transforms.ChannelOrder("output", "reversed"),
    transforms.ChannelOrder("input", "split", 2),
    transforms.SwapOperands(),
    transforms.Groups(2, "block"),
    transforms.OutputMode(PAIRS, ((0, 0), (0, 0)), "valid"),
    transforms.SameCentre(PAIRS, ((1, 0), (3, 2))),
    transforms.StridePhase(PAIRS, ((1, 0), (3, 2))),
    transforms.AxisSwap((2, 1), (1, 1), PAIRS[::-1]),
    transforms.Stride((2, 2), PAIRS),
    transforms.Dilation((2, 2), PAIRS),
    transforms.Boundary("wrap"),
    transforms.Bias("unknown", (1.0, 2.0)),
    transforms.Scale("2", (2.0, 2.0)),
    transforms.Conjugate(),
    transforms.KernelValues((((0, 0, 1, 1), 5.0),)),
    transforms.Precision("bfloat16"),
    transforms.NotRepeatable(),
]


@pytest.mark.parametrize("transform", DIFFERING, ids=lambda transform: transform.id)
def test_the_code_of_a_transform_does_what_it_does(transform):
    """`code` on arrays x, w, b and y is `differ` and `read`."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(2, 2, 3, 3))
    conv = Linear(x, w, np.ones(2), Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False)))
    changed = transform.differ(conv)
    y = rng.normal(size=(2, 2, 3, 3))
    names = {"np": np, "x": x, "w": w, "b": conv.bias, "y": y}
    exec("\n".join(transform.code(conv)), names)
    np.testing.assert_allclose(names["x"], changed.x)
    np.testing.assert_allclose(names["w"], changed.w)
    np.testing.assert_allclose(names["b"], 0 if changed.bias is None else changed.bias)
    np.testing.assert_allclose(names["y"], transform.read(y))


@pytest.mark.parametrize(
    ("groups", "transform"),
    [
        (1, transforms.Groups(4, "depthwise")),
        (2, transforms.Groups(1, "dense")),
        (4, transforms.Groups(1, "dense")),
        (1, transforms.Groups(2, "block")),
        (2, transforms.Groups(4, "block")),
    ],
)
def test_the_code_of_other_groups_does_what_they_do(groups, transform):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 4, 5)), rng.normal(size=(4, 4 // groups, 3))
    conv = Linear(x, w, rng.normal(size=4), Window((1,), (1,), ((1, 1),), (False,), groups=groups))
    changed = transform.differ(conv)
    names = {"np": np, "x": x, "w": w, "b": conv.bias}
    exec("\n".join(transform.code(conv)), names)
    np.testing.assert_array_equal(names["w"], changed.w)
    np.testing.assert_array_equal(names["b"], changed.bias)
    assert changed.output_shape[1] == evaluate(changed).shape[1] == len(changed.bias)


def test_groups_that_are_split_again_see_their_share_of_the_channels():
    x, w = np.arange(8.0).reshape(1, 4, 2), np.arange(8.0).reshape(4, 2, 1)
    conv = Linear(x, w, None, Window((1,), (1,), ((0, 0),), (False,), groups=2))
    split = transforms.Groups(4, "block").differ(conv)
    np.testing.assert_array_equal(split.w.ravel(), [w[0, 0, 0], w[1, 1, 0], w[2, 0, 0], w[3, 1, 0]])


@pytest.mark.parametrize("transform", [*EVERY, *DIFFERING], ids=lambda transform: transform.id)
def test_every_transform_has_words_and_an_id(transform):
    assert transform.id in TRANSFORM_IDS.values()
    assert transform.words().strip()
    assert not transform.words().endswith(".")


def test_ids_are_told_apart_and_all_are_tried_here():
    assert len(set(TRANSFORM_IDS.values())) == len(TRANSFORM_IDS)
    assert {type(transform) for transform in [*EVERY, *DIFFERING]} == set(TRANSFORM_IDS)


def test_words_name_the_numbers():
    assert "0:1 x 2:3" in PadInput(PAIRS, "reflect").words()
    assert "reflect" in PadInput(PAIRS, "reflect").words()
    assert "2 x 1" in DilateKernel((2, 1)).words()
    assert "180 degrees" in ReverseKernel((0, 1)).words()
    assert "axis 1" in ReverseKernel((1,)).words()

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.canonical.window import Linear, Window
from harness.operations.transforms import (
    BY_ID,
    CALLS,
    CONVENTION_IDS,
    CONVENTIONS,
    FINDINGS,
    QUESTIONS,
    kernels,
    preparing,
    settings,
    skipping,
    values,
    weight,
)
from harness.operations.transforms.arrays import (
    ColumnMajor,
    FlattenOrder,
    InputAxes,
    KernelAxes,
    OutputAxes,
    ReshapeNotTranspose,
    ReverseKernel,
    SwapOperands,
    TransposeKernelSpatial,
)
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.calls import (
    AddBias,
    CropOutput,
    DenseGroups,
    DilateKernel,
    PadInput,
    SubsampleOutput,
)
from harness.operations.transforms.endings import Activation, Ending, OutputBorder, OutputRounding, Overflow
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.grouping import ChannelOrder, Groups
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Scale
from harness.report.words import LEGEND
from tests.plain import convolutions, evaluate, integers

PAIRS = ((0, 1), (2, 3), (1, 0))
OTHERS = ((1, 0), (3, 2), (1, 0))
CUTS = (((2, 1), (2, 1), (1, 2)), ((1, 2), (1, 2), (1, 2)))
CYCLE = (0, 1, 3, 4, 2)
"""An order of axes that is not its own inverse."""

CALL = Linear(
    integers((3, 6, 4, 4, 4), 1) / 7,
    integers((6, 6, 3, 3, 3), 2) / 11,
    integers((6,), 3),
    Window((1, 1, 2), (1, 2, 1), PAIRS, (False, True, True)),
)
GROUPED = replace(CALL, w=CALL.w[:, :3], window=replace(CALL.window, groups=2))

EXAMPLES: list[Transform] = [
    values.Precision("bfloat16"),
    settings.OtherOperation("transposed_convolution", replace(CALL.window, stride=(1, 1, 1), base_dilation=(1, 1, 2))),
    settings.Stride((2, 2, 2), PAIRS, of_input=True),
    settings.PaddingSplit(PAIRS, OTHERS, cuts=CUTS),
    settings.OutputPadding(PAIRS, ((0, 2), (2, 3), (1, 0)), cuts=CUTS),
    settings.RawPadding(PAIRS, OTHERS, cuts=CUTS),
    SwapOperands(),
    InputAxes(CYCLE),
    InputAxes((1, 0, 2, 3, 4)),
    Groups(6, "depthwise"),
    Groups(3, "block"),
    ReverseKernel((0,)),
    ReverseKernel((0, 1, 2)),
    KernelAxes((1, 0, 3, 4, 2)),
    TransposeKernelSpatial(CYCLE),
    ReshapeNotTranspose("kernel", "OIDHW", "DHWIO"),
    ReshapeNotTranspose("kernel", "OIDHW", "DHWIO", as_applied=True),
    ColumnMajor("input", "NCDHW", "WHDCN"),
    FlattenOrder("output", "NCDHW", "NDHWC"),
    ChannelOrder("input", "split", 2),
    ChannelOrder("output", "split", 3),
    ChannelOrder("output", "reversed"),
    values.KernelValues((((0, 0, 1, 1, 1), 5.5),)),
    values.Scale("2", (2.0,) * 6),
    values.Scale("1 / the sum of the kernel's magnitudes", ()),
    settings.AxisSwap((2, 1, 1), (1, 1, 1), PAIRS[::-1]),
    settings.Dilation((2, 2, 2), PAIRS),
    settings.Stride((2, 2, 2), PAIRS),
    Boundary("wrap"),
    settings.PaddingSplit(PAIRS, OTHERS),
    settings.OutputMode(PAIRS, ((0, 0),) * 3, "valid"),
    settings.SameCentre(PAIRS, OTHERS),
    settings.StridePhase(PAIRS, OTHERS),
    Boundary("constant", 0.5),
    preparing.Offset((1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    preparing.Offset((0.5,) * 6, padded=True),
    preparing.Flip("input", "W"),
    preparing.Flip("output", "NH"),
    kernels.KernelChange("absolute"),
    kernels.KernelChange("order", "H", (1, 2, 0)),
    kernels.KernelChange("short", "DW"),
    kernels.KernelChange("short", "H", side="first"),
    OutputBorder(((0, 1), (1, 0), (1, 1))),
    values.Precision("int8 (127)", "kernel"),
    values.Precision("uint8 by channel", "kernel"),
    values.Scale("3", (3.0,) * 6, "input"),
    values.Scale("1 / the number of taps", (), "kernel"),
    ChannelOrder("input", "any", order=(1, 2, 0, 4, 5, 3)),
    ChannelOrder("output", "any", order=(2, 0, 1, 3, 4, 5)),
    values.Bias("for each channel", times=6),
    values.Bias("missing"),
    values.Bias("doubled"),
    values.Bias("unknown", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    values.Bias("negated"),
    values.Bias("permuted", order=(1, 2, 0, 3, 4, 5)),
    Activation("leaky_relu", (("slope", 0.25),)),
    Activation("clip", (("low", -2.0), ("high", 2.0))),
    OutputRounding("half_even", ("half_away",)),
    OutputRounding("floor"),
    Overflow("saturate", 0, 1),
    Overflow("wrap", -2, 1),
    OutputAxes(CYCLE),
    OutputAxes((0, -1, 3, 4, 2)),
    Activation("relu"),
    PadInput(PAIRS, "reflect"),
    DilateKernel(CALL.window.dilation),
    DenseGroups(2),
    SubsampleOutput(CALL.window.stride),
    CropOutput(PAIRS),
    AddBias(integers((6,), 3)),
    values.Arithmetic("TF32 inputs"),
    values.NotRepeatable(),
    skipping.Skipped(),
]
INVOLUTIONS = (ReverseKernel, SwapOperands, preparing.Flip)
"""What is read backwards twice is as it was, whatever the axes."""

every_example = pytest.mark.parametrize("transform", EXAMPLES, ids=repr)


def call_of(transform: Transform) -> Linear:
    """A call that the transform changes."""
    return GROUPED if isinstance(transform, DenseGroups) else CALL


def observed(y: np.ndarray, *transforms: Transform) -> np.ndarray:
    for transform in transforms:
        y = transform.read(transform.end(y))
    return y


def rewrites(conv: Linear) -> dict[str, tuple[Transform, Linear]]:
    """Every transform that says a convolution differently, with a form of `conv` that it can be applied to."""
    win = conv.window
    unstrided = replace(conv, window=replace(win, stride=(1,) * conv.rank))
    biased = replace(conv, bias=integers((len(conv.w),), 5))
    return {
        "reverse_kernel": (ReverseKernel(tuple(range(conv.rank))), conv),
        "reverse_one_axis": (ReverseKernel((conv.rank - 1,)), conv),
        "pad_input": (PadInput(win.padding, win.boundary, win.constant), conv),
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
    moved = settings.PaddingSplit(conv.window.padding, ((1, 0), (1, 1))).differ(conv)
    np.testing.assert_array_equal(evaluate(moved)[0, 0, 1:], evaluate(conv)[0, 0, :-1])
    assert not np.array_equal(evaluate(moved), evaluate(conv))


def test_padding_by_hand_keeps_the_boundary():
    conv = example(padding=((1, 1), (2, 0)), boundary="reflect")
    rewritten = PadInput(conv.window.padding, "reflect").rewrite(conv)
    assert rewritten.window.padding == ((0, 0), (0, 0))
    np.testing.assert_array_equal(rewritten.x[0, 0], np.pad(conv.x[0, 0], ((1, 1), (2, 0)), mode="reflect"))


@pytest.mark.parametrize("transform", [each for each in EXAMPLES if not isinstance(each, skipping.Skipped)], ids=repr)
def test_the_code_of_a_transform_does_what_it_does(transform):
    """`code` on arrays x, w, b and y is `differ`, `end` and `read`; the window is that of the call."""
    conv = call_of(transform)
    changed = transform.differ(conv)
    y = integers((3, 6, 4, 4, 4), 4)
    names = {"np": np, "x": conv.x, "w": conv.w, "b": conv.bias, "y": y}
    exec("\n".join(transform.code(conv)), names)
    np.testing.assert_allclose(names["x"], changed.x)
    np.testing.assert_allclose(names["w"], changed.w)
    np.testing.assert_allclose(names["b"], np.zeros(6) if changed.bias is None else changed.bias)
    np.testing.assert_allclose(names["y"], observed(y, transform))


@pytest.mark.parametrize(
    ("groups", "transform"),
    [
        (1, Groups(4, "depthwise")),
        (2, Groups(1, "dense")),
        (4, Groups(1, "dense")),
        (1, Groups(2, "block")),
        (2, Groups(4, "block")),
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
    split = Groups(4, "block").differ(conv)
    np.testing.assert_array_equal(split.w.ravel(), [w[0, 0, 0], w[1, 1, 0], w[2, 0, 0], w[3, 1, 0]])


def test_every_transform_of_the_table_has_an_example():
    kinds = {type(transform) for transform in EXAMPLES}
    assert kinds == {*CONVENTIONS, *CALLS, *FINDINGS}
    assert set(BY_ID.values()) == kinds - {values.Arithmetic}  # which goes by the name of what can be searched for
    assert len(BY_ID) == len(kinds) - 1
    assert set(CONVENTION_IDS) == {kind.id for kind in CONVENTIONS}


@every_example
def test_a_transform_has_words_and_a_sign(transform):
    assert transform.words().strip()
    assert not transform.words().endswith(".")
    assert transform.sign in LEGEND
    assert transform.short == transform.short.strip().rstrip(".")


def test_signs_tell_the_kernel_from_the_padding():
    signs = {kind.id: kind.sign for kind in CONVENTIONS if kind.sign != "C"}
    assert signs == {
        "reverse_kernel": "R",
        "padding_split": "P",
        "same_centre": "P",
        "stride_phase": "P",
        "output_padding": "P",
        "raw_padding": "P",
    }


@pytest.mark.parametrize("kind", CONVENTIONS)
def test_words_tell_forms_and_kinds_apart(kind):
    said = [each.words() for each in EXAMPLES if isinstance(each, kind)]
    others = [each.words() for each in EXAMPLES if not isinstance(each, kind)]
    as_applied = kind is ReshapeNotTranspose  # the same words where the kernel is reversed before it
    assert len(set(said)) == len(said) - as_applied
    assert not set(said) & set(others)


@every_example
def test_what_a_transform_touches_is_what_changes(transform):
    conv, y = call_of(transform), integers((3, 6, 4, 4, 4), 4) * 1.25
    call = type(transform) in CALLS
    form, read = (
        (transform.rewrite(conv), transform.finish(y)) if call else (transform.differ(conv), observed(y, transform))
    )
    found = {name for name in ("x", "w", "bias") if not np.array_equal(getattr(form, name), getattr(conv, name))}
    found |= {"window"} if form.window != conv.window else set()
    found |= {"y"} if not np.array_equal(read, y) else set()
    assert set(transform.touches) == found
    assert transform.reads == ("y" in found)


@every_example
def test_a_convention_has_code_unless_the_call_says_it(transform):
    """A program follows the window by itself; CALLS are the program, and of FINDINGS nothing is computed."""
    beyond = set(transform.touches) - {"window"}
    assert bool(transform.code(call_of(transform))) == bool(beyond and type(transform) in CONVENTIONS)


def test_what_is_searched_for_has_a_likelihood_and_nothing_else():
    assert all(kind.causes > 0 for kind in CONVENTIONS)
    assert not any(kind.causes for kind in (*CALLS, *FINDINGS))
    assert QUESTIONS >= 108


@pytest.mark.parametrize("kind", [kind for kind in CONVENTIONS if not issubclass(kind, Ending)])
def test_an_example_of_a_convention_is_not_its_own_inverse(kind):
    """Else nothing would tell it from its inverse, and the code of one from that of the other."""
    y = integers((3, 6, 4, 4, 4), 4)
    back = []
    for each in EXAMPLES:
        if isinstance(each, kind):
            twice = each.differ(each.differ(CALL))
            same = all(np.array_equal(getattr(twice, name), getattr(CALL, name)) for name in ("x", "w", "bias"))
            back.append(same and twice.window == CALL.window and np.array_equal(observed(y, each, each), y))
    assert all(back) == (kind in INVOLUTIONS)


@pytest.mark.parametrize("transform", [each for each in EXAMPLES if isinstance(each, Ending)], ids=repr)
def test_the_code_of_an_ending_does_what_it_does(transform):
    y = integers((3, 6, 4, 4, 4), 4) * 0.75
    names = {"np": np, "y": y}
    exec("\n".join(transform.code(CALL)), names)
    np.testing.assert_array_equal(names["y"], transform.end(y))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_text_of_a_function_does_what_it_does_and_its_inverse_undoes_it(name):
    function = FUNCTIONS[name]
    y = np.linspace(-3, 3, 25)
    numbers = {**dict.fromkeys(("low", "high", "slope", "alpha", "beta", "theta"), 0.5), **function.usual}
    numbers = {key: value for key, value in numbers.items() if f"{{{key}}}" in function.text}
    names = {"np": np, "y": y}
    exec("\n".join(function.code(**numbers)), names)
    np.testing.assert_allclose(names["y"], function.of(y, **numbers), rtol=1e-12, atol=1e-15)
    assert function.low <= names["y"].min() and names["y"].max() <= function.high
    if function.inverse:
        np.testing.assert_allclose(function.inverse(names["y"], **numbers), y, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("rule", "rounded"), [
    ("half_even", [-2, -2, 0, 0, 2]), ("half_away", [-3, -2, -1, 1, 3]), ("half_up", [-2, -2, 0, 1, 3]),
    ("floor", [-3, -2, -1, 0, 2]), ("truncate", [-2, -1, 0, 0, 2]), ("ceil", [-2, -1, 0, 1, 3]),
])  # fmt: skip
def test_rules_of_rounding(rule, rounded):
    np.testing.assert_array_equal(OutputRounding(rule).end(np.array([-2.5, -1.75, -0.5, 0.5, 2.5])), rounded)


@pytest.mark.parametrize(("kind", "found"), [("saturate", [0, 255, 255, 7]), ("wrap", [255, 0, 44, 7])])
def test_what_lies_beyond_a_range_is_held_or_goes_on_from_its_other_end(kind, found):
    np.testing.assert_array_equal(Overflow(kind, 0, 255).end(np.array([-1.0, 256.0, 300.0, 7.0])), found)
    assert "uint8" in Overflow(kind, 0, 255).words() and "int16" in Overflow(kind, -32768, 32767).words()


@pytest.mark.parametrize(("kind", "bias"), [
    (values.Bias("missing"), [0, 0, 0]), (values.Bias("doubled"), [2, 4, 6]), (values.Bias("negated"), [-1, -2, -3]),
    (values.Bias("permuted", order=(1, 2, 0)), [2, 3, 1]), (values.Bias("unknown", (1.0, 0.0, 0.5)), [2, 2, 3.5]),
])  # fmt: skip
def test_what_is_added_in_place_of_a_bias(kind, bias):
    np.testing.assert_array_equal(kind.added(np.array([1.0, 2.0, 3.0])), bias)


def test_channels_are_split_into_parts_that_stand_side_by_side():
    interleaved = np.array([0, 3, 1, 4, 2, 5])
    split = ChannelOrder("input", "split", 2).differ(CALL)
    np.testing.assert_array_equal(split.x, CALL.x[:, interleaved])
    split = ChannelOrder("output", "split", 2).differ(CALL)
    np.testing.assert_array_equal(split.w, CALL.w[interleaved])
    np.testing.assert_array_equal(split.bias, CALL.bias[interleaved])


@every_example
def test_only_what_says_a_call_differently_can_be_undone(transform):
    kind = type(transform)
    assert (kind.rewrite is not Transform.rewrite) == (kind.undo is not Transform.undo)
    tried = {type(each) for each, _ in rewrites(CALL).values()}
    assert (kind.rewrite is not Transform.rewrite) == (kind in tried)
    assert kind in tried or kind.finish is Transform.finish


@pytest.mark.parametrize(
    ("transform", "stated"),
    [
        (ReverseKernel((0, 1)), {"means"}),
        (ReverseKernel((1,)), set()),
        (settings.Stride((2, 2), PAIRS[:2]), {"stride"}),
        (settings.Dilation((2, 2), PAIRS[:2]), {"dilation"}),
        (Boundary("edge"), {"boundary"}),
        (settings.PaddingSplit(PAIRS[:2], OTHERS[:2]), {"padding"}),
        (settings.OutputMode(PAIRS[:2], OTHERS[:2]), {"padding"}),
        (settings.SameCentre(PAIRS[:2], OTHERS[:2]), {"padding"}),
        (settings.StridePhase(PAIRS[:2], OTHERS[:2]), {"padding"}),
        (settings.AxisSwap((2, 1), (1, 1), PAIRS[:2]), {"stride", "dilation", "padding"}),
        (values.Bias("missing"), set()),
    ],
)
def test_what_only_says_an_unknown_setting(transform, stated):
    assert transform.frees(2) == stated


@pytest.mark.parametrize(
    ("transform", "bits"),
    [
        (ReverseKernel((0, 1)), 0),
        (ReverseKernel((0,)), 4),
        (KernelAxes((1, 0, 2, 3)), 0),
        (KernelAxes((1, 0, 3, 2)), 4),
        (KernelAxes((2, 1, 0, 3)), 4),
        (settings.PaddingSplit(((0, 0), (0, 0)), ((1, 1), (2, 2))), 0.6),
        (settings.PaddingSplit(((0, 0), (0, 0)), ((0, 1), (0, 0))), 0.6),
        (settings.PaddingSplit(((0, 0), (0, 0)), ((20, 20), (0, 0)), also=2), 11),
        (settings.OutputMode(((0, 0), (0, 0)), ((0, 1), (0, 0)), "same"), 0.1),
        (settings.OutputMode(((0, 0), (0, 0)), ((0, 1), (0, 0))), 0.6),
        (settings.Stride((2, 2), PAIRS[:2]), 0),
        (settings.Stride((2, 1), PAIRS[:2]), 2),
        (settings.Dilation((3, 3), PAIRS[:2]), 0),
        (settings.Dilation((3, 1), PAIRS[:2]), 2),
        (values.Bias("missing"), 0),
        (values.Bias("unknown", (1.0,)), 3),
        (values.Scale("2", (2.0,)), 0),
        (values.Scale("a factor of 2.5", (2.5,)), 3),
        (SwapOperands(), 0),
    ],
)
def test_rarer_forms_are_less_likely(transform, bits):
    assert transform.unusual(2) == pytest.approx(bits)
    assert weight((transform,), 2) == pytest.approx(bits + np.log2(QUESTIONS / transform.causes))
    assert weight((transform, transform), 2) == pytest.approx(2 * weight((transform,), 2))


def test_words_name_the_numbers():
    assert "0:1 x 2:3" in PadInput(PAIRS, "reflect").words()
    assert "reflect" in PadInput(PAIRS, "reflect").words()
    assert "2 x 1" in DilateKernel((2, 1)).words()
    assert "180 degrees" in ReverseKernel((0, 1)).words()
    assert "axis 1" in ReverseKernel((1,)).words()


@pytest.mark.parametrize(
    ("scale", "other"),
    [
        (Scale("the number of taps", (2.0, 2.0)), (Scale("2", (2.0, 2.0)),)),
        (Scale("1 / the number of taps", (0.5,)), (Scale("0.5", (0.5,)),)),
        (Scale("the number of taps", (9.0,)), ()),
        (Scale("the kernel's sum", (2.0, 3.0)), ()),
        (Scale("2", (2.0,)), ()),
    ],
)
def test_a_rule_that_comes_to_a_plain_factor_may_be_that(scale, other):
    assert scale.other_names == other


def test_no_convention_is_listed_that_no_data_can_show():
    assert "conjugate" not in CONVENTION_IDS


def test_a_plain_factor_is_said_before_what_kernels_are_not_multiplied_by_and_after_what_they_are_divided_by():
    product, share = Scale("the kernel's sum", (2.0,)), Scale("1 / the kernel's sum", (0.5,))
    assert product.names == (Scale("2", (2.0,)), product)
    assert share.names == (share, Scale("0.5", (0.5,)))
    assert Scale("3", (3.0,)).names == (Scale("3", (3.0,)),)

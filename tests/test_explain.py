from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harness.canonical.reference import direct
from harness.canonical.window import OF_SAMPLES, Linear, Window
from harness.operations.transforms import CONVENTIONS
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
from harness.operations.transforms.grouping import ChannelOrder, Groups
from harness.operations.transforms.settings import (
    AxisSwap,
    Dilation,
    OutputMode,
    PaddingSplit,
    SameCentre,
    Stride,
    StridePhase,
)
from harness.operations.transforms.transform import applied, read
from harness.operations.transforms.values import Bias, Precision, Scale
from harness.operations.windowed import search
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.samples import samples

SIZES = {1: (7,), 2: (6, 5), 3: (4, 5, 3)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
LAYOUTS = {1: ("OIW", "WIO"), 2: ("OIHW", "HWIO"), 3: ("OIDHW", "DHWIO")}
OUTPUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def convolution(rank, seed=0, channels=2, outputs=4, stride=1, kernel=None, groups=1, bias=False, **window) -> Linear:
    rng = np.random.default_rng(seed)
    draw = lambda shape: rng.integers(-40, 41, shape).astype(np.float64)  # noqa: E731
    win = Window((stride,) * rank, (1,) * rank, ((1, 1),) * rank, (False,) * rank, groups=groups)
    return Linear(
        draw((2, channels, *SIZES[rank])),
        draw((outputs, channels // groups, *(kernel or KERNELS[rank]))),
        draw((outputs,)) if bias else None,
        replace(win, **window),
    )


def planted(conv: Linear, transforms) -> np.ndarray:
    return read(direct(applied(conv, transforms)), transforms, ())


def fresh(conv: Linear) -> Linear:
    rng = np.random.default_rng(99)
    return replace(
        conv, x=rng.integers(1, 99, conv.x.shape), w=rng.integers(1, 99, conv.w.shape),
        bias=None if conv.bias is None else rng.integers(1, 99, conv.bias.shape),
    )  # fmt: skip


def same_always(conv, a, b) -> bool:
    """Whether two explanations come to the same on other data."""
    one, other = planted(fresh(conv), a), planted(fresh(conv), b)
    return one.shape == other.shape and np.allclose(one, other)


def ask(conv: Linear, observed: np.ndarray, deepest: int = 3, slack: float = 0.25, **more) -> list:
    question = Question(conv, observed.astype(np.float64), slack, **more)
    return list(search.explanations(search.Search(question, deepest)))


def assert_found(conv: Linear, transforms, **more) -> None:
    observed = planted(conv, transforms)
    assume(observed.size and min(applied(conv, transforms).output_shape) > 0)
    found = ask(conv, observed, **more)
    simpler = [each for each in found if len(each) < len(transforms)]
    assert simpler or any(same_always(conv, each, transforms) for each in found), (transforms, found)
    for each in found:  # whatever is said gives what was observed
        seen = read(direct(applied(conv, each)), each, observed.shape)
        assert np.abs(seen - observed).max() <= 0.25


def singles(rank: int) -> dict[str, tuple[Linear, tuple]]:
    """Every single transform, with a convolution on which it shows."""
    one = (0,) * rank
    conv = convolution(rank)
    pad = conv.window.padding
    strided = convolution(rank, stride=2)
    square = convolution(rank, kernel=(3,) * rank, channels=3, outputs=3)
    even = convolution(rank, kernel=(2,) * rank, padding=((0, 1),) * rank)
    lone = convolution(rank, channels=1, outputs=1)
    biased = convolution(rank, bias=True)
    grouped = convolution(rank, channels=4, outputs=4, groups=2)
    odd = replace(conv, x=conv.x + 0.123, w=conv.w * 1.01)
    found = {
        "reverse_kernel": (conv, ReverseKernel(tuple(range(rank)))),
        "reverse_one_axis": (conv, ReverseKernel((rank - 1,))),
        "kernel_axes": (square, KernelAxes((1, 0, *range(2, rank + 2)))),
        "reshape_kernel": (conv, ReshapeNotTranspose("kernel", *LAYOUTS[rank])),
        "reshape_input": (conv, ReshapeNotTranspose("input", *OUTPUTS[rank])),
        "column_major_kernel": (conv, ColumnMajor("kernel", LAYOUTS[rank][0], LAYOUTS[rank][0][::-1])),
        "column_major_input": (conv, ColumnMajor("input", OUTPUTS[rank][0][::-1], OUTPUTS[rank][0])),
        "channels_reversed": (conv, ChannelOrder("input", "reversed")),
        "outputs_reversed": (conv, ChannelOrder("output", "reversed")),
        "outputs_split": (grouped, ChannelOrder("output", "split", 2)),
        "inputs_split": (grouped, ChannelOrder("input", "split", 2)),
        "swap_operands": (lone, SwapOperands()),
        "padding_split": (strided, PaddingSplit(pad, ((2, 0),) * rank)),
        "stride_phase": (strided, StridePhase(pad, ((0, 2),) * rank)),
        "full": (conv, OutputMode(pad, tuple((k - 1, k - 1) for k in KERNELS[rank]), "full")),
        "valid": (conv, OutputMode(pad, (one[:2] or (0, 0),) * rank if rank > 1 else ((0, 0),), "valid")),
        "same_centre": (even, SameCentre(even.window.padding, ((1, 0),) * rank)),
        **{name: (conv, Boundary(name)) for name in OF_SAMPLES},
        "stride": (strided, Stride((1,) * rank, pad)),
        "dilation": (conv, Dilation((2,) * rank, pad)),
        "groups_block": (convolution(rank, channels=2), Groups(2, "block")),
        "groups_depthwise": (convolution(rank, channels=2, outputs=2), Groups(2, "depthwise")),
        "groups_dense": (convolution(rank, channels=2, groups=2), Groups(1, "dense")),
        "groups_summed": (grouped, Groups(1, "dense")),
        "groups_split_again": (grouped, Groups(4, "block")),
        "bias_missing": (biased, Bias("missing")),
        "bias_doubled": (biased, Bias("doubled")),
        "bias_unknown": (conv, Bias("unknown", (5.0, -3.0, 11.0, 2.0))),
        "scale_doubled": (conv, Scale("2", (2.0,) * 4)),
        "scale_taps": (conv, Scale("the number of taps", ())),
        "flatten_output": (conv, FlattenOrder("output", *OUTPUTS[rank])),
        "tf32": (odd, Precision("TF32")),
        "bfloat16": (odd, Precision("bfloat16")),
    }
    if rank > 1:
        swap = [0, 1, *range(2, rank + 2)]
        swap[2], swap[3] = swap[3], swap[2]
        uneven = convolution(rank, padding=((2, 0), *((1, 1),) * (rank - 1)))
        found |= {
            "transpose_kernel_spatial": (conv, TransposeKernelSpatial(tuple(swap))),
            "input_axes": (conv, InputAxes(tuple(swap))),
            "output_axes": (conv, OutputAxes(tuple(swap))),
            "output_slice": (conv, OutputAxes((0, -1, *range(2, rank + 1), 1))),
            "axis_swap": (
                uneven, AxisSwap((1,) * rank, (1,) * rank, uneven.window.padding[1::-1] + uneven.window.padding[2:])
            ),
        }  # fmt: skip
    return {name: (where, (transform,)) for name, (where, transform) in found.items()}


@pytest.mark.parametrize(("rank", "name"), [(rank, name) for rank in SIZES for name in singles(rank)])
def test_every_single_change_is_found(rank, name):
    conv, transforms = singles(rank)[name]
    observed = planted(conv, transforms)
    slack = 1e-6 * np.abs(observed).max() if "tf32" in name or "bfloat" in name else 0.25
    found = list(search.explanations(search.Search(Question(conv, observed, slack), 2)))
    assert found
    assert any(same_always(conv, each, transforms) for each in found), (transforms, found)
    assert len(found[0]) == 1
    assert {each[0].id for each in found if len(each) == 1} >= {transforms[0].id}, found


@pytest.mark.parametrize(("rank", "step"), [(1, 3), (2, 2), (3, 2)])
def test_single_changes_are_found_where_zeros_stand_between_the_samples(rank, step):
    for name, (conv, transforms) in singles(rank).items():
        conv = replace(conv, window=replace(conv.window, base_dilation=(step,) * rank))
        observed = planted(conv, transforms)
        slack = 1e-6 * np.abs(observed).max() if "tf32" in name or "bfloat" in name else 0.25
        found = ask(conv, observed, 1, slack)
        assert any(same_always(conv, each, transforms) for each in found), (name, found)


SIDES = (
    ("reverse_kernel", "reverse_one_axis"),
    ("reshape_kernel", "column_major_kernel", "outputs_reversed", "transpose_kernel_spatial"),
    ("reshape_input", "column_major_input", "channels_reversed", "input_axes"),
    ("full", "valid", "padding"),
    ("reflect", "wrap", "edge", "symmetric"),
    ("stride",),
    ("dilation",),
    ("output_axes", "flatten_output"),
    ("bias_unknown", "scale_doubled"),
)  # fmt: skip


@st.composite
def combinations(draw, most: int):
    """A convolution and 2 to `most` changes of different kinds, in the order in which they apply."""
    rank = draw(st.sampled_from([1, 2, 2, 3]))
    known = singles(rank)
    wanted = {}
    for side in draw(st.lists(st.sampled_from(SIDES), min_size=2, max_size=most, unique=True)):
        names = [name for name in side if name in known or name == "padding"]
        assume(names)
        wanted[side] = draw(st.sampled_from(names))
    conv = convolution(rank, seed=draw(st.integers(0, 10**6)))
    shifted = PaddingSplit(conv.window.padding, ((2, 0),) * rank)
    transforms = [shifted if name == "padding" else known[name][1][0] for name in wanted.values()]
    if "stride" in wanted.values():
        transforms = [Stride((2,) * rank, conv.window.padding) if each.id == "stride" else each for each in transforms]
    order = {kind: number for number, kind in enumerate(CONVENTIONS)}
    return conv, tuple(sorted(transforms, key=lambda each: order[type(each)]))


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(combinations(2))
def test_every_sensible_pair_is_found(case):
    assert_found(*case, deepest=2)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(combinations(3))
def test_triples_are_found(case):
    assert_found(*case)


@pytest.mark.parametrize("name", ["2", "1 / the number of taps"])
def test_a_scale_with_a_name_is_found_in_too_few_values_to_infer_one(name):
    conv = convolution(2, channels=1, outputs=1)
    scale = Scale(name, (2.0,) if name == "2" else ())
    observed = planted(conv, (scale,))
    observed[:1], observed[1, :, 1:], observed[1, :, 0, 2:] = np.nan, np.nan, np.nan
    assert np.isfinite(observed).sum() == 2
    assert any(each[0].id == "scale" and same_always(conv, each, (scale,)) for each in ask(conv, observed))


def test_a_bias_is_the_shortest_number_that_the_printed_digits_allow():
    conv = convolution(1)
    observed = planted(conv, (Bias("unknown", (4.01, -1.57, 0.25, 0.0)),))
    rounded = np.round(observed, 1)
    question = Question(conv, rounded, 0.1, room=np.full(observed.shape, 0.0501))
    found = next(search.explanations(search.Search(question, 1)))
    assert np.abs(np.subtract(found[0].values, (4.01, -1.57, 0.25, 0.0))).max() <= 0.05
    seen = planted(conv, found)
    assert np.abs(seen - rounded).max() <= 0.0501


def test_exchanged_paddings_are_found_with_another_boundary():
    conv = convolution(2, kernel=(1, 4), padding=((0, 0), (3, 3)))
    transforms = AxisSwap((1, 1), (1, 1), ((3, 3), (0, 0))), Boundary("wrap")
    found = ask(conv, planted(conv, transforms), deepest=2)
    assert {each.id for each in transforms} in [{each.id for each in some} for some in found]


def test_an_element_in_the_padding_decides_nothing():
    """Where the corner of the output shows the bias only, every window in the padding would give it."""
    conv = convolution(2, bias=True, padding=((0, 0), (0, 0)))
    question = Question(conv, planted(conv, (PaddingSplit(((0, 0), (0, 0)), ((3, 3), (3, 3))),)), 0.25)
    (image, channel, *at), *_ = samples(question).tolist()
    assert question.observed[image, channel, 0, 0] == conv.bias[channel]
    assert question.observed[(image, channel, *at)] not in (0, conv.bias[channel])


def test_a_set_that_does_not_hold_does_not_hide_larger_ones():
    conv = convolution(1)
    reverse = (ReverseKernel((0,)),)
    searched = search.Search(Question(conv, planted(conv, reverse), 0.25), 2)
    assert reverse in list(search.explanations(searched))
    found = list(search.explanations(searched, lambda transforms: transforms != reverse))
    assert reverse not in found
    assert searched.left_out == 0


def test_candidates_that_are_not_looked_at_are_counted(monkeypatch):
    conv = convolution(2)
    observed = np.full(conv.output_shape, np.nan)
    observed[0, 0, 0, 0] = planted(conv, ())[0, 0, 1, 1]
    monkeypatch.setattr(search, "MOST", 3)
    searched = search.Search(Question(conv, observed, 0.25), 2)
    found = list(search.explanations(searched))
    assert len(found) <= 9
    assert searched.left_out > 0

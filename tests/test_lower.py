"""Lowering against every declared entry point, simulated: a system computes what its declaration says, nothing else."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harness.backends import TABLE
from harness.canonical import layout
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.operations.call import MODES, Call, Unsupported
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint, Word, from_json, windowed
from tests.declared import case_of, simulated
from tests.fakes import honest
from tests.plain import convolutions, evaluate, integers

UNUSUAL = [
    windowed("unusual.numbers_only", (1, 2, 3), "", explicit="even", stride=True),
    windowed("unusual.uneven_only", (1, 2, 3), "", explicit="uneven", input="C*N", kernel="I*O", output="*NC"),
    windowed("unusual.full_only", (1, 2, 3), "", words={"full": Word(None, "full")}, reversal=True, groups="any"),
    windowed("unusual.same_only", (1, 2, 3), "", words={"same": Word("s", "same_lower")}, stride=True, dilation=True),
]


def declared() -> dict[str, EntryPoint]:
    """Every entry point that the parent may be told of, as it arrives there."""
    modules = [importlib.import_module(backend.module) for backend in TABLE.values()]
    entries = [entry for module in [*modules, honest] for entry in module.ENTRY_POINTS]
    told = [from_json(entry.as_json()) for entry in [*entries, *UNUSUAL]]
    return {entry.name: entry for entry in told if entry.operation == "convolution"}


ENTRIES = declared()


@st.composite
def cases(draw: Any) -> Case:
    conv = draw(convolutions())
    word = draw(st.sampled_from([None, "same", "same_upper", "same_lower", "valid", "full"]))
    case = case_of(conv, word)
    assume(min(case.meant().output_shape) > 0)
    return case


def taken(case: Case, entry: EntryPoint) -> Case:
    """`case` in float32 where the entry point takes nothing wider."""
    if case.dtype in entry.dtypes:
        return case
    arrays = {role: replace(given, values=given.values.astype("float32")) for role, given in case.arrays.items()}
    return replace(case, arrays=arrays)


@pytest.mark.parametrize("name", ENTRIES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(case=cases())
def test_the_normalized_call_computes_what_the_case_means(name, case):
    """Refused is only what no transform can mend: another rank, and groups of several channels to a depthwise one."""
    entry = ENTRIES[name]
    if case.rank not in entry.ranks or (
        entry.takes.groups == "depthwise" and case.settings["groups"] != case.values("input").shape[1]
    ):
        with pytest.raises(Unsupported, match="is [123]-D|takes one group for each channel"):
            lower(case, entry, "normalized")
        return
    call = lower(taken(case, entry), entry, "normalized")
    np.testing.assert_array_equal(call.canonical(simulated(call)), evaluate(case.meant()))


def call_or_refusal(case: Case, entry: EntryPoint) -> Call | str:
    """The call as written, or the reason why there is none."""
    try:
        return lower(case, entry, "as_written")
    except Unsupported as refusal:
        return str(refusal)


@pytest.mark.parametrize("name", ENTRIES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(case=cases())
def test_the_call_as_written_hands_over_the_data_as_they_are(name, case):
    entry = ENTRIES[name]
    call = call_or_refusal(case, entry)
    if isinstance(call, str):
        assert call.startswith(name)
        return
    x, w = call.arrays["input"], call.arrays["kernel"]
    np.testing.assert_array_equal(
        layout.to_canonical(x, layout.expand(entry.layouts["input"], case.rank), "input"), case.values("input")
    )
    np.testing.assert_array_equal(
        layout.to_canonical(w, layout.expand(entry.layouts["kernel"], case.rank), "kernel"), case.values("kernel")
    )
    assert [transform.id for transform in call.transforms] in ([], ["add_bias"])
    simulated(call)


def example(x=(1, 2, 6, 5), w=(2, 2, 3, 2), dtype="float32", bias=None, padding="valid", **window) -> Case:
    rank = len(x) - 2
    ones, none = (1,) * rank, ((0, 0),) * rank
    window = {"stride": ones, "dilation": ones, "padding": none, "reversal": (False,) * rank, **window}
    conv = Linear(integers(x, 1, dtype), integers(w, 2, dtype), bias, Window(**window))
    return case_of(conv, padding)


TF, TORCH, JAX = "tensorflow.nn.conv2d", "torch.nn.functional.conv2d", "jax.lax.conv_general_dilated"
SIGNAL, NDIMAGE = "scipy.signal.convolve2d", "scipy.ndimage.correlate"
DEPTHWISE = "tensorflow.nn.depthwise_conv2d"

REFUSALS = [
    ("numpy.convolve", example(), "numpy.convolve is 1-D; the case is 2-D"),
    ("scipy.signal.convolve2d", example((1, 1, 5), (1, 1, 2)), "scipy.signal.convolve2d is 2-D; the case is 1-D"),
    (TF, example(dtype="int64"), "tensorflow.nn.conv2d does not take int64"),
    (
        DEPTHWISE,
        example(),
        "tensorflow.nn.depthwise_conv2d takes one group for each channel; the case has groups: 1, channels: 2",
    ),
    (SIGNAL, example(stride=(2, 1)), "scipy.signal.convolve2d has no stride; the case has 2 x 1"),
    (SIGNAL, example(dilation=(2, 1)), "scipy.signal.convolve2d has no dilation; the case has 2 x 1"),
    (
        "tensorflow.nn.convolution",
        example(stride=(2, 2), dilation=(2, 2)),
        "tensorflow.nn.convolution does not take a stride together with a dilation",
    ),
    (
        "tensorflow.nn.convolution",
        example(w=(2, 1, 3, 2), groups=2),
        "tensorflow.nn.convolution has no groups; the case has 2",
    ),
    (TF, example(boundary="reflect"), "tensorflow.nn.conv2d has no boundary 'reflect'"),
    (TF, example(boundary="constant", constant=0.5), "tensorflow.nn.conv2d has no boundary 'constant'"),
    (SIGNAL, example(boundary="edge"), "scipy.signal.convolve2d has no boundary 'edge'"),
    (
        TORCH,
        example(padding="same", stride=(2, 2)),
        "torch.nn.functional.conv2d takes padding 'same' with stride 1 only",
    ),
    (
        TORCH,
        example(padding=((0, 1), (0, 1))),
        "torch.nn.functional.conv2d does not take the padding 0:1 x 0:1 (low:high per axis)",
    ),
    (JAX, example(padding=((-1, 0), (0, 0))), "does not take the padding -1:0 x 0:0 (low:high per axis)"),
    (NDIMAGE, example(), "scipy.ndimage.correlate has no padding 'valid'"),
    (NDIMAGE, example(padding="full"), "scipy.ndimage.correlate has no padding 'full'"),
    (SIGNAL, example(padding=((1, 1), (1, 1))), "does not take the padding 1:1 x 1:1"),
]


@pytest.mark.parametrize(
    ("name", "case", "reason"), REFUSALS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_the_entry_point_cannot_say_as_written_is_refused_with_the_reason(name, case, reason):
    with pytest.raises(Unsupported) as refusal:
        lower(case, ENTRIES[name], "as_written")
    assert reason in str(refusal.value)


PADDINGS = [
    (TF, "same", "SAME"),
    (TF, "same_upper", "SAME"),
    (TF, "full", ((2, 2), (1, 1))),
    (TF, ((1, 1), (0, 1)), ((1, 1), (0, 1))),
    (TORCH, "same", "same"),
    (TORCH, ((1, 1), (0, 0)), ((1, 1), (0, 0))),
    (JAX, "same_lower", "SAME_LOWER"),
    (JAX, "same", "SAME"),
    (SIGNAL, "same", "same"),
    (SIGNAL, "full", "full"),
    (SIGNAL, ((0, 0), (0, 0)), "valid"),
    (NDIMAGE, "same", None),
]


@pytest.mark.parametrize(("name", "padding", "native"), PADDINGS)
def test_the_padding_as_written_is_the_systems_own_word(name, padding, native):
    assert lower(example(padding=padding), ENTRIES[name], "as_written").settings["padding"] == native


@pytest.mark.parametrize(
    ("name", "case", "ids"),
    [
        (TF, example(padding="same"), []),
        (TF, example(padding="same", reversal=(True, True)), ["reverse_kernel"]),
        (SIGNAL, example(), ["reverse_kernel"]),
        (SIGNAL, example(stride=(2, 2)), ["reverse_kernel", "subsample_output"]),
        (SIGNAL, example(dilation=(2, 1)), ["reverse_kernel", "dilate_kernel"]),
        (TORCH, example(padding="same"), []),
        (TORCH, example(padding="same_lower"), ["pad_input"]),
        (TORCH, example(padding="same", stride=(2, 1)), ["pad_input"]),
        (JAX, example(padding="same_lower"), []),
        (NDIMAGE, example(boundary="wrap"), ["crop_output"]),
        (NDIMAGE, example(w=(2, 2, 3, 3), padding="same", boundary="constant", constant=0.5), []),
        (TF, example(padding="same", boundary="constant", constant=0.5), ["pad_input"]),
        (TF, example(padding="same", boundary="constant", constant=0.0), []),
        (TF, example(boundary="wrap"), []),
        (TF, example(padding="same", boundary="wrap"), ["pad_input"]),
        (TF, example(bias=np.ones(2, np.float32)), ["add_bias"]),
        (TORCH, example(bias=np.ones(2, np.float32)), []),
        (NDIMAGE, example(), ["crop_output"]),
        (NDIMAGE, example(padding="full"), ["pad_input", "crop_output"]),
        ("tensorflow.nn.convolution", example(w=(2, 1, 3, 2), groups=2), ["dense_groups"]),
        ("tensorflow.nn.convolution", example(stride=(2, 2), dilation=(2, 2)), ["subsample_output"]),
    ],
)
def test_the_normalized_call_uses_the_transforms_that_are_needed_and_no_other(name, case, ids):
    assert [transform.id for transform in lower(case, ENTRIES[name], "normalized").transforms] == ids


def test_a_system_without_any_padding_is_refused():
    nothing = windowed("f", (2,), "", words={}, boundaries={"zero": "zero"})
    for mode in MODES:
        with pytest.raises(Unsupported, match="f (takes neither a padding word|has no padding)"):
            lower(example(), nothing, mode)


def test_settings_can_travel_as_json():
    call = lower(example(padding="full"), ENTRIES[JAX], "normalized")
    assert json.loads(json.dumps(call.settings))["padding"] == [[2, 2], [1, 1]]


def test_an_output_of_another_rank_is_refused():
    call = lower(example(), ENTRIES[TF], "as_written")
    with pytest.raises(layout.LayoutError, match="names 4 axes"):
        call.canonical(np.zeros((3, 3)))


def test_a_case_that_is_not_known_in_full_is_sent_nowhere():
    case = example()
    kernel = replace(case.arrays["kernel"], known=np.zeros(case.values("kernel").shape, bool))
    case = replace(case, arrays={**case.arrays, "kernel": kernel})
    with pytest.raises(Unsupported, match="the case's kernel is not known in full: only recordings are compared"):
        lower(case, ENTRIES[TF], "as_written")


def test_nothing_is_normalized_where_the_kernel_does_not_fit():
    window = Window((1, 1), (1, 1), ((0, 0), (0, 0)), (False, False))
    case = case_of(Linear(np.ones((1, 1, 2, 2)), np.ones((1, 1, 5, 5)), None, window), "valid")
    assert lower(case, ENTRIES[TF], "as_written").arrays["input"].size == 4
    with pytest.raises(Unsupported, match="so there is no output"):
        lower(case, ENTRIES[TF], "normalized")


@pytest.mark.parametrize(("taps", "by_word"), [(2, True), (3, True), (4, False), (5, False)])
def test_a_word_is_said_up_to_a_kernel_as_large_as_the_input(taps, by_word):
    call = lower(example((1, 2, 3, 3), (2, 2, taps, taps), padding="same"), ENTRIES[TF], "normalized")
    assert (call.settings["padding"] == "SAME") == by_word

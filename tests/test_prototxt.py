"""Caffe definitions: what a layer says, whatever way it is written, and every fault with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.caffe_definition import network
from harness.case.read import Case, CaseError, load
from harness.grammar.prototxt import DEEPEST, LARGEST, DefinitionError
from harness.operations.windowed.definition import Layer, convolution
from harness.worker.entry import Settings

PASTED = (
    "input_param { shape: { dim: 10 dim: 1 dim: 128 dim: 128 } } transform_param { crop_size: 128 mirror: false } } "
    'layer{ name: "conv1" type: "Convolution" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } '
    "convolution_param { num_output: 96 kernel_size: 5 stride: 1 pad: 2 "
    'weight_filler { type: "xavier" } bias_filler { type: "constant" value: 0.1 } } bottom: "data" top: "conv1" }'
)
PLAIN = Layer("c", 4, (3, 3), (1, 1), (0, 0), (1, 1), 1, True)
NET = """
layer { name: "data" type: "Input" }
layer { name: "a" type: "Convolution" convolution_param { num_output: 1 kernel_size: 1 } }
layer { name: "b" type: "Convolution" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "up" type: "Deconvolution" convolution_param { num_output: 3 kernel_size: 1 } }
"""


def layer(settings: str) -> str:
    """A layer of 4 kernels of 3x3 with more settings."""
    return f'layer {{ name: "c" type: "Convolution" convolution_param {{ num_output: 4 {settings} }} }}'


def test_the_definition_of_the_question_is_read_as_it_was_pasted():
    assert convolution(PASTED, 2) == Layer("conv1", 96, (5, 5), (1, 1), (2, 2), (1, 1), 1, True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("kernel_size: 3", {}),
        ("kernel_size: 3 kernel_size: 5", {"kernel_size": (3, 5)}),
        ("kernel_size: [3, 5],", {"kernel_size": (3, 5)}),
        ("kernel_h: 3; kernel_w: 5;", {"kernel_size": (3, 5)}),
        ("kernel_size: 3 stride: 2", {"stride": (2, 2)}),
        ("kernel_size: 3 stride_w: 3 stride_h: 2", {"stride": (2, 3)}),
        ("kernel_size: 3 pad: 1 pad: 2", {"padding": (1, 2)}),
        ("kernel_size: 3 pad: [] unknown: []", {}),
        ("kernel_size: 3 pad_w: 2", {"padding": (0, 2)}),
        ("kernel_size: 3 dilation: 2 dilation: 1", {"dilation": (2, 1)}),
        ("kernel_size: 3 group: 2 bias_term: false axis: 1", {"groups": 2, "bias": False}),
        ("kernel_size: 3 # pad: 1 }\n stride\n:\n2", {"stride": (2, 2)}),
        ("kernel_size: 3 engine: CUDNN weight_filler < type: 'gaussian' std: -1e-2f >", {}),
    ],
)
def test_what_a_layer_says(settings, said):
    assert convolution(layer(settings), 2) == Layer(**{**vars(PLAIN), **said})


def test_the_old_form_and_strings_in_pieces():
    text = r"""layers: { name: 'c' 'on' "v\"" type: CONVOLUTION blobs_lr: 1 """
    text += "convolution_param: { num_output: 4 kernel_size: 3 } }"
    assert convolution(text, 2) == Layer(**{**vars(PLAIN), "name": 'conv"'})


def test_a_layer_is_chosen_by_its_name():
    assert convolution(NET, 3, "b") == Layer("b", 2, (1,) * 3, (1,) * 3, (0,) * 3, (1,) * 3, 1, True)


numbers = st.integers(1, 2**32 - 1)


@given(st.data(), st.integers(1, 3), st.booleans(), numbers)
def test_what_the_harness_writes_is_read_again(data, rank, bias, groups):
    per_axis = st.tuples(*[numbers] * rank)
    pad, stride, dilation = (data.draw(per_axis) for _ in range(3))
    x, w = (
        np.zeros((1, 1, *[9] * rank)),
        np.zeros((data.draw(st.integers(1, 5)), 1, *data.draw(st.permutations([1, 2, 3]))[:rank])),
    )
    settings = Settings(
        stride, dilation, tuple(zip(pad, pad, strict=True)), groups, "zero", np.zeros(1) if bias else None
    )
    found = convolution(network(x, w, settings), rank)
    assert found == Layer("Convolution", len(w), w.shape[2:], stride, pad, dilation, groups, bias)


FAULTS = [
    ("pad: 1", "line 1, column 57 of the definition: kernel_size is missing; Caffe has no default for it"),
    (
        "kernel_size: 0",
        "line 1, column 86 of the definition: expected a whole number of at least 1 as kernel_size, found '0'",
    ),
    ("kernel_size: -3", "expected a whole number of at least 1 as kernel_size, found '-3'"),
    ("kernel_size: 3.0", "expected a whole number of at least 1 as kernel_size, found '3.0'"),
    ("kernel_size: 4294967296", "expected a whole number of at least 1 as kernel_size, found '4294967296'"),
    ("kernel_size: { }", "expected a whole number of at least 1 as kernel_size, found '{'"),
    ("kernel_size: 3 pad: 010", "expected a whole number of at least 0 as pad, found '010'"),
    (
        "kernel_size: 3 kernel_h: 3",
        "kernel_h beside kernel_size; Caffe takes either kernel_size, or in 2-D kernel_h and",
    ),
    ("kernel_h: 3", "kernel_w is missing"),
    ("kernel_size: 3 stride_h: 2", "stride_w is missing"),
    ("kernel_size: [1, 2, 3]", "3 values of kernel_size; expected one, or 2, one per spatial axis"),
    ("kernel_size: 3 dilation_h: 2", "unknown field 'dilation_h' of convolution_param; the nearest known one is"),
    ("kernel_size: 3 strides: 2", "unknown field 'strides' of convolution_param; the nearest known one is 'stride'"),
    ("kernel_size: 3 group: 1 group: 2", "group stands twice; keep one"),
    ("kernel_size: 3 bias_term: no", "expected true or false as bias_term, found 'no'"),
    ("kernel_size: 3 axis: 2", "expected axis 1, the channels, found '2'"),
    ("kernel_size 3", "expected a colon or a brace after 'kernel_size', found '3'"),
    ("kernel_size: }", "expected a value, found '}'"),
    ("kernel_size: [3 5]", "expected a comma or ] in a list, found '5'"),
    ("kernel_size: 3 %", "expected a field of a Caffe definition, found '%'"),
    ("kernel_size: 3 'pad'", "expected a field, or } for the { of line 1, found \"'pad'\""),
]


@pytest.mark.parametrize(("settings", "message"), FAULTS)
def test_faults_of_a_layer_say_where(settings, message):
    with pytest.raises(DefinitionError) as caught:
        convolution(layer(settings), 2)
    assert str(caught.value).startswith("line 1, column ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", None, "expected a layer of type Convolution; found no layer"),
        (NET, None, "2 Convolution layers (a, b); say with `layer` which one is meant"),
        (NET, "d", "expected a layer of type Convolution called 'd'; found data (Input), a (Convolution)"),
        (NET, "up", "expected a layer of type Convolution called 'up'; found data (Input)"),
        (NET + NET, "b", "2 Convolution layers (b, b)"),
        (NET + "}", "a", "line 6, column 1 of the definition: expected the name of a field, found '}'"),
        (
            NET.rstrip()[:-1],
            "a",
            "line 5, column 93 of the definition: expected a field, or } for the { of line 5, found the end",
        ),
        ("a {" * (DEEPEST + 1), None, f"nested more than {DEEPEST} deep"),
        ("#" * (LARGEST + 1), None, f"{LARGEST + 1} characters; a definition may have {LARGEST}"),
    ],
    ids=["empty", "several", "absent", "other type", "same name", "brace", "cut short", "deep", "long"],
)
def test_faults_of_a_definition_are_told(text, name, message):
    with pytest.raises(DefinitionError) as caught:
        convolution(text, 2, name)
    assert message in str(caught.value)


def test_sides_are_for_two_axes():
    with pytest.raises(DefinitionError, match="kernel_h for 3 spatial axes"):
        convolution(layer("kernel_h: 3 kernel_w: 3"), 3)


@given(st.text(st.sampled_from("{}<>[]:;,#\"'\\ \nab1-%"), max_size=40), st.integers(0, len(PASTED)))
def test_garbage_is_a_layer_or_an_error_and_nothing_else(garbage, at):
    try:
        found = convolution(PASTED[:at] + garbage + PASTED[at:], 2)
    except DefinitionError:
        return
    assert isinstance(found, Layer)


# --- in a case -------------------------------------------------------------------------------------------------------

CASE = """\
title: A layer
input: {layout: HW, integers: {shape: [7, 8], seed: 0, low: -9, high: 9}}
kernel: {layout: OHW, integers: {shape: [4, 3, 3], seed: input, low: -9, high: 9}}
bias: [1, 2, 3, 4]
means: cross-correlation
"""
SETTINGS = "kernel_size: 3 pad: 1 stride_h: 2 stride_w: 1"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function from more lines of a case file to its first member; net.prototxt lies beside it."""
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET + layer(SETTINGS))

    def load_text(*lines: str, base: str = CASE) -> Case:
        Path("x.yaml").write_text("\n".join([base, *lines]))
        return next(load("x.yaml"))

    return load_text


@pytest.mark.parametrize(
    "lines",
    [
        ("prototxt: |", f"  {layer(SETTINGS)}"),
        ("prototxt: |", f"  }} # of another layer\n  {layer(SETTINGS)}"),
        ("prototxt: {file: net.prototxt, layer: c}",),
        ("prototxt:", "  layer: c", "  text: |", *(f"    {line}" for line in (NET + layer(SETTINGS)).splitlines())),
    ],
    ids=["text", "cut off", "file", "text and layer"],
)
def test_a_case_takes_its_settings_from_a_definition(case, lines):
    found, wanted = case(*lines), case("padding: 1", "stride: [2, 1]")
    assert found.meant().window == wanted.meant().window
    assert (found.settings["padding"], found.settings["groups"]) == (((1, 1), (1, 1)), 1)


def test_the_rest_may_be_a_matrix(case):
    text = CASE.replace("means: cross-correlation\n", "matrix: {means: [cross-correlation, convolution]}\n")
    assert case("prototxt: {file: net.prototxt, layer: c}", base=text).settings["stride"] == (2, 1)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["padding: 1"], "x.yaml:6:1: padding: given by the prototxt too; keep one"),
        (["matrix: {stride: [1, 2]}"], "x.yaml:6:10: matrix.stride: given by the prototxt too; keep one"),
        (["means: convolution"], "x.yaml:6:1: means: this key stands twice"),
    ],
)
def test_a_setting_is_given_once(case, lines, message):
    with pytest.raises(CaseError) as caught:
        case(*lines, "prototxt: {file: net.prototxt, layer: c}", base=CASE.rstrip())
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("kernel_size: 5", "kernel_size is [5, 5], but the kernel has [3, 3] (HW)"),
        ("kernel_size: 3 bias_term: false", "bias_term is false, but the case has a bias; leave `bias` out"),
        ("kernel_size: 3 group: 2", "the kernel has 1 input channels, and 2 group(s); expected 1 in all"),
        ("kernel_size: 3 dilation: 9", "the kernel does not fit: along H it spans 19 samples"),
        ("kernel_size: 3 pad: 4294967295", "the padded input would have shape"),
        (
            "kernel_size: 3 pad: -1",
            "line 1, column 93 of the definition: expected a whole number of at least 0 as pad, found '-1'",
        ),
    ],
)
def test_a_layer_that_does_not_fit_the_case_is_told(case, settings, message):
    with pytest.raises(CaseError) as caught:
        case("prototxt: |", f"  {layer(settings)}")
    assert str(caught.value).startswith("x.yaml:")
    assert message in str(caught.value)


def test_kernel_and_bias_are_those_of_the_layer(case):
    lines = ("prototxt: |", f"  {layer(SETTINGS)}")
    with pytest.raises(
        CaseError, match=r"x.yaml:7:11: prototxt: num_output is 4, but the kernel has 3 output channels"
    ):
        case(*lines, base=CASE.replace("[4, 3, 3]", "[3, 3, 3]"))
    with pytest.raises(CaseError, match=r"bias_term is true, as it is where it is left out, but the case has no bias"):
        case(*lines, base=CASE.replace("[1, 2, 3, 4]", "null"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{file: other.prototxt}", "6:18: prototxt.file: no file other.prototxt"),
        ("{file: ../net.prototxt}", "6:18: prototxt.file: ../net.prototxt leads out of the case file's folder"),
        ("{file: net.prototxt}", "6:11: prototxt: 3 Convolution layers (a, b, c); say with `layer` which one"),
        ("{file: latin.prototxt}", "6:18: prototxt.file: latin.prototxt cannot be read"),
        ("{layer: c}", "6:11: prototxt: expected exactly one of text, file; found none of them"),
        ("{file: net.prototxt, name: c}", "6:32: prototxt.name: unknown key"),
        ("[1]", "6:11: prototxt: expected the text of a Caffe definition, or a mapping"),
        ("3", "6:11: prototxt: expected text"),
    ],
)
def test_faults_of_the_key_say_where(case, value, message):
    Path("latin.prototxt").write_bytes(b"name: '\xe9'")
    with pytest.raises(CaseError) as caught:
        case(f"prototxt: {value}", base=CASE.rstrip())
    assert str(caught.value).startswith("x.yaml:" + message)

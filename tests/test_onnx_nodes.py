"""The node tests of the ONNX standard, taken in place from the installed `onnx`, on the canonical forms of cases.

Each is made a case by what the tracing says of its node, so that both are held to the standard. WRONG lists those whose
expected value is not what the text of their own operator says, UNSAID those that no case says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends.tracing import onnx_operators
from harness.backends.tracing.axis_words import first
from harness.backends.tracing.onnx_node import Given
from harness.canonical.layout import from_canonical
from harness.canonical.reference import evaluate
from harness.case.read import Case, CaseError, load
from tests import onnx_standard

onnx = pytest.importorskip("onnx")

OPERATORS = (
    *("Abs", "Celu", "Clip", "Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu", "Selu"),
    *("Sigmoid", "Softplus", "Softsign", "Tanh", "ThresholdedRelu", "Softmax", "LogSoftmax"),
    *("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "MaxPool"),
    *("BatchNormalization", "GroupNormalization", "InstanceNormalization", "LayerNormalization", "LpNormalization"),
    *("RMSNormalization", "Conv", "ConvTranspose", "Gemm", "Resize", "LRN", "DepthToSpace", "SpaceToDepth", "Pad"),
)
"""Those whose operations are operations of cases."""
UNSAID = {
    "celu_bfloat16": "NumPy has no bfloat16",
    "clip_min_greater_than_max": "a clip whose low is above its high, which a case file must not say",
    "prelu_example": "one slope for each element",
    "prelu_broadcast": "one slope for each place along the width",
    **dict.fromkeys(("gemm_default_zero_bias", "gemm_default_single_elem_vector_bias"), "a bias for all outputs"),
    **dict.fromkeys(("gemm_default_scalar_bias", "gemm_default_matrix_bias"), "a bias for all, or for each image"),
    "gemm_default_vector_bias": "a bias with an axis of length 1 before it",
    **dict.fromkeys(("gemm_alpha", "gemm_beta", "gemm_all_attributes"), "factors of the product and the bias"),
    **dict.fromkeys(("gemm_transposeA", "gemm_transposeB"), "a bias with two axes, or images last"),
    **{f"resize_tf_crop_and_resize{each}": "a part of the input" for each in ("", "_extrapolation_value")},
    **{f"resize_tf_crop_and_resize_axes_{each}": "a part of the input" for each in ("2_3", "3_2")},
}
"""Nodes that no case says, and what they have."""
WRONG = {
    "resize_downsample_scales_linear_align_corners": "4 by 0.6 are 2, of which the last is the last of the input",
    "resize_downsample_scales_cubic_align_corners": "length_resized is the length of a tensor, here 2 and not 2.4",
}
"""Nodes whose expected value is not what the text of their operator says, and why."""
PRINTED = {"averagepool_2d_ceil_last_window_starts_on_pad": 5e-4}
"""Expected values that were typed, with few digits."""
ROUNDING = {"float16": 2.0**-9}
USUAL = 2e-6
"""Errors of an expected value, as a share of the largest."""


def nodes() -> dict[str, Any]:
    """The tests of one node whose operator the tracing knows."""
    known = onnx_standard.nodes().items()
    return {name: each for name, each in known if each.model.graph.node[0].op_type in OPERATORS}


def given_of(test: Any) -> Given:
    """The node of a test, of which all inputs but the first are held by the file."""
    graph, (inputs, outputs) = test.model.graph, test.data_sets[0]
    (node,) = graph.node
    names = [each.name for each in graph.input]
    arrays = dict(zip(names, inputs, strict=True))
    shapes = {name: each.shape for name, each in arrays.items()} | {node.output[0]: outputs[0].shape}
    constants = {name: arrays[name] for name in names[1:]}
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    told = {key: each.decode() if isinstance(each, bytes) else each for key, each in attributes.items()}
    return Given(node, test.model.opset_import[0].version, shapes, constants, told)


def case_of(test: Any, folder: Path) -> tuple[Case, str] | None:
    """(a case that means what the node computes, the letters of its output); None where no case says it."""
    given, inputs = given_of(test), test.data_sets[0][0]
    meaning, roles = onnx_operators.meaning(given)
    if meaning.operation is None or not first(inputs[0].ndim) or inputs[0].dtype.kind not in "iuf":
        return None
    letters = meaning.input or first(inputs[0].ndim)
    arrays = {"input": (letters, inputs[0])}
    arrays |= {
        role: (meaning.roles[role], given.constant(index)) for index, role in roles.items() if not given.absent(index)
    }
    document: dict[str, Any] = {"title": "t", "operation": meaning.operation, **meaning.settings}
    for role, (layout, values) in arrays.items():
        np.save(folder / f"{role}.npy", values)
        document[role] = {"layout": layout, "file": f"{role}.npy"}
    if meaning.operation.endswith("convolution"):
        document["means"] = "cross-correlation"
    path = folder / "case.yaml"
    path.write_text(json.dumps(document))
    return next(load(path)), meaning.output or letters


def error_of(test: Any, folder: Path) -> float | None:
    """How far the expected value is from what is meant, as a share of the largest; infinite where the shapes differ."""
    try:
        made = case_of(test, folder)
    except CaseError:  # as a clip whose low is above its high
        return None
    if made is None:
        return None
    case, letters = made
    wanted, found = test.data_sets[0][1][0], from_canonical(evaluate(case.meant()), letters, "output")
    if wanted.shape != found.shape:
        return np.inf
    known = np.isfinite(wanted)
    return float(np.abs(found - wanted)[known].max(initial=0) / max(np.abs(wanted[known]).max(initial=0), 1e-30))


@pytest.fixture(scope="module")
def errors(tmp_path_factory) -> dict[str, float | None]:
    folder = tmp_path_factory.mktemp("nodes")
    return {name: error_of(test, folder) for name, test in nodes().items()}


def allowed(name: str) -> float:
    return PRINTED.get(name, ROUNDING.get(str(nodes()[name].data_sets[0][0][0].dtype), USUAL))


def test_the_standard_s_nodes_are_what_the_canonical_forms_give(errors):
    wrong = {name for name, error in errors.items() if error is not None and error > allowed(name)}
    assert wrong == set(WRONG)
    assert len(errors) - len(wrong) - len(UNSAID) > 180


def test_nodes_that_no_case_says_are_listed(errors):
    assert {name for name, error in errors.items() if error is None} == set(UNSAID)


def test_the_text_of_resize_gives_other_values_than_its_nodes_expect(errors):
    """x_original = x_resized * (length_original - 1) / (length_resized - 1): the second of two samples is the last of
    four, while the expected value is made of a length of 0.6 * 4 = 2.4 samples."""
    test = nodes()["resize_downsample_scales_linear_align_corners"]
    (x, *_), (y,) = test.data_sets[0]
    assert x.shape == (1, 1, 2, 4) and y.shape == (1, 1, 1, 2)
    assert y[0, 0, 0].tolist() == pytest.approx([1, 1 + 3 / (2.4 - 1)])


def test_typed_values_have_few_digits(errors):
    assert all(USUAL < errors[name] <= PRINTED[name] for name in PRINTED)

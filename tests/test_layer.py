"""A node of an ONNX model as a case: its kernel, its bias and its attributes as settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.case import layer
from harness.case.read import load
from harness.cli import main
from harness.grammar.files import FileError
from harness.operations import TABLE


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("onnx")


def model(
    folder: Path, library: Any, *inputs: str, op: str = "Conv", name: str = "/conv/Conv", **attributes: Any
) -> str:
    """A model of one node, whose kernel `w` (2 x 2 x 3 x 2) and bias `b` are initializers."""
    helper, array = library.helper, library.numpy_helper.from_array
    node = helper.make_node(op, ["x", *inputs], ["y"], name=name, **attributes)
    arrays = [array(np.arange(24, dtype="f4").reshape(2, 2, 3, 2), "w"), array(np.array([1, -1], "f4"), "b")]
    library.save(helper.make_model(helper.make_graph([node], "g", [], [], arrays)), folder / "a.onnx")
    return str(folder / "a.onnx")


@pytest.mark.parametrize(
    ("attributes", "settings"),
    [
        ({}, ("1", "1", "valid", "1")),
        ({"strides": [2, 1], "dilations": [1, 3]}, ("[2, 1]", "[1, 3]", "valid", "1")),
        ({"pads": [0, 1, 2, 3], "group": 2}, ("1", "1", "[[0, 2], [1, 3]]", "2")),
        ({"auto_pad": "NOTSET", "pads": [1, 1, 1, 1]}, ("1", "1", "[[1, 1], [1, 1]]", "1")),
        ({"auto_pad": "SAME_UPPER"}, ("1", "1", "same_upper", "1")),
        ({"auto_pad": "SAME_LOWER"}, ("1", "1", "same_lower", "1")),
        ({"auto_pad": "VALID", "kernel_shape": [3, 2]}, ("1", "1", "valid", "1")),
    ],
)
def test_attributes_are_settings(
    tmp_path: Path, library: Any, attributes: dict[str, Any], settings: tuple[str, ...]
) -> None:
    path = model(tmp_path, library, "w", "b", **attributes)
    found = layer.of_node(f"{path}#/conv/Conv")
    arrays = {"kernel": f"{path}#w", "bias": f"{path}#b"}
    keys = ("stride", "dilation", "padding", "groups")
    assert found == layer.Layer(TABLE["convolution"], arrays, dict(zip(keys, settings)))


def test_a_node_without_a_name_is_named_by_its_output_and_may_have_no_bias(tmp_path: Path, library: Any) -> None:
    path = model(tmp_path, library, "w", name="")
    found = layer.of_node(f"{path}#y")
    assert found is not None
    assert found.arrays == {"kernel": f"{path}#w"}


@pytest.mark.parametrize("key", ["w", "nowhere", ""])
def test_other_names_name_no_node(tmp_path: Path, library: Any, key: str) -> None:
    assert layer.of_node(f"{model(tmp_path, library, 'w')}#{key}") is None
    assert layer.of_node("x.npy") is None


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (
            ("w",),
            {"op": "MatMul"},
            "node '/conv/Conv' is a MatMul; expected a Conv or ConvTranspose or ",
        ),
        (("made",), {}, "a.onnx: node '/conv/Conv' takes 'made', which the model computes; expected its numbers"),
        (("w", "made"), {}, "takes 'made', which the model computes"),
    ],
)
def test_a_node_that_is_no_convolution_of_numbers_is_told(
    tmp_path: Path, library: Any, inputs: tuple[str, ...], options: dict[str, str], message: str
) -> None:
    with pytest.raises(FileError, match=message):
        layer.of_node(f"{model(tmp_path, library, *inputs, **options)}#/conv/Conv")


def test_new_writes_a_case_of_a_node(
    tmp_path: Path, library: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    model(tmp_path, library, "w", "b", strides=[2, 1], pads=[1, 0, 0, 1], group=2)
    np.save("x.npy", np.ones((1, 4, 6, 5), "f4"))
    assert main(["new", "mine", "--from", "x.npy", "a.onnx#/conv/Conv"]) == 0
    (case,) = load("cases/mine.yaml")
    stated = case.settings
    assert (stated["stride"], stated["padding"], stated["groups"]) == ((2, 1), ((1, 0), (0, 1)), 2)
    np.testing.assert_array_equal(case.values("kernel"), np.arange(24).reshape(2, 2, 3, 2))
    np.testing.assert_array_equal(case.values("bias"), [1, -1])


@pytest.mark.parametrize(
    ("attributes", "settings"),
    [
        ({}, ((1, 1), "valid", (0, 0))),
        ({"strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 0]}, ((2, 3), ((1, 0), (0, 1)), (1, 0))),
        ({"strides": [2, 2], "auto_pad": "SAME_UPPER"}, ((2, 2), "same", (0, 0))),
    ],
)
def test_new_writes_a_case_of_a_node_that_transposes(
    tmp_path: Path,
    library: Any,
    monkeypatch: pytest.MonkeyPatch,
    attributes: dict[str, Any],
    settings: tuple[Any, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    model(tmp_path, library, "w", "b", op="ConvTranspose", **attributes)
    np.save("x.npy", np.ones((1, 2, 6, 5), "f4"))
    assert main(["new", "mine", "--from", "x.npy", "a.onnx#/conv/Conv"]) == 0
    (case,) = load("cases/mine.yaml")
    assert case.operation.NAME == "transposed_convolution"
    assert case.arrays["kernel"].layout == "IOHW"
    assert tuple(case.settings[key] for key in ("stride", "padding", "output_padding")) == settings


@pytest.mark.parametrize("attributes", [{"output_shape": [6, 5]}, {"auto_pad": "SAME_LOWER"}])
def test_what_no_setting_of_a_transposed_convolution_says_is_told(
    tmp_path: Path, library: Any, attributes: dict[str, Any]
) -> None:
    path = model(tmp_path, library, "w", op="ConvTranspose", **attributes)
    with pytest.raises(FileError, match="node '/conv/Conv' gives .*; expected pads, auto_pad SAME_UPPER or VALID"):
        layer.of_node(f"{path}#/conv/Conv")

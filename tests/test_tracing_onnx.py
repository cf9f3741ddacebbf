"""`harness trace` on ONNX: every operator of the graph, unfused, with its settings."""

from __future__ import annotations

import numpy as np
import pytest

from harness.cli import main
from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
RNG = np.random.default_rng(3)
IMAGE = RNG.normal(size=(1, 3, 32, 32)).astype(np.float32)


def drawn(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def saved(path, nodes, constants, shape, opset=13, outputs=("y",)):
    """A model of these nodes, (operator, inputs, output, attributes), from x to y."""
    helper = onnx.helper
    made = [helper.make_node(op, ins, [out], **attributes) for op, ins, out, attributes in nodes]
    ends = (
        [helper.make_tensor_value_info("x", 1, shape)],
        [helper.make_tensor_value_info(each, 1, None) for each in outputs],
    )
    initializers = [onnx.numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()]
    graph = helper.make_graph(made, "net", *ends, initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


CONSTANTS = {
    "w": drawn(4, 3, 3, 3),
    "b": drawn(4),
    "g": drawn(4),
    "o": drawn(4),
    "m": drawn(4),
    "v": np.abs(drawn(4)),
    "fw": drawn(5, 4),
    "fb": drawn(5),
    "six": np.float32(6),
    "zero": np.float32(0),
    "tw": drawn(4, 4, 2, 2),
    "slope": drawn(4, 1, 1),
    "roi": np.array([], np.float32),
    "scales": np.array([1, 1, 2, 2], np.float32),
    "ends": np.array([0, 0, 1, 1, 0, 0, 1, 2]),
    "flat": np.array([1, -1]),
}
NODES = [
    ("Conv", ["x", "w", "b"], "conv", {"strides": [2, 2], "pads": [1, 0, 0, 1]}),
    ("BatchNormalization", ["conv", "g", "o", "m", "v"], "norm", {"epsilon": 1e-3}),
    ("LeakyRelu", ["norm"], "leaky", {"alpha": 0.2}),
    ("Clip", ["leaky", "zero", "six"], "clip", {}),
    ("MaxPool", ["clip"], "max", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    ("AveragePool", ["max"], "average", {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"}),
    ("ConvTranspose", ["average", "tw"], "up", {"strides": [2, 2], "output_padding": [1, 1]}),
    ("PRelu", ["up", "slope"], "prelu", {}),
    (
        "Resize",
        ["prelu", "roi", "scales"],
        "resize",
        {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
    ),
    ("Pad", ["resize", "ends", "six"], "pad", {}),
    ("LRN", ["pad"], "lrn", {"size": 3, "alpha": 1e-3}),
    ("GlobalAveragePool", ["lrn"], "global", {}),
    ("Reshape", ["global", "flat"], "flatten", {}),
    ("Gemm", ["flatten", "fw", "fb"], "dense", {"transB": 1}),
    ("Softmax", ["dense"], "y", {}),
]


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    with opened(trace(folder, saved(folder / "net.onnx", NODES, CONSTANTS, [1, 3, 32, 32]), x=IMAGE)) as found:
        yield found


def test_every_node_is_a_layer(net):
    assert [each.native for each in net.layers] == [f"onnx.{op}" for op, *_ in NODES]
    assert net.system.startswith("onnxruntime ")
    assert [each.array for each in (*net.inputs, *net.outputs)] == ["in/x", "out/y"]


SETTINGS = [
    ("conv", "convolution", {"stride": 2, "padding": [[1, 0], [0, 1]]}),
    ("norm", "normalization", {"epsilon": 1e-3}),
    ("leaky", "activation", {"function": "leaky_relu", "slope": 0.2}),
    ("clip", "activation", {"function": "clip", "low": 0, "high": 6}),
    ("max", "pooling", {"reduce": "max", "window": 3, "stride": 2, "padding": [[0, 0], [0, 0]], "rounding": "ceil"}),
    (
        "average",
        "pooling",
        {"reduce": "average", "window": 2, "stride": 1, "padding": "same_upper", "divisor": "valid"},
    ),
    ("up", "transposed_convolution", {"stride": 2, "padding": [[0, 0], [0, 0]], "output_padding": 1}),
    ("prelu", "activation", {"function": "prelu"}),
    ("resize", "resize", {"size": 34, "scale": [2, 2], "interpolation": "linear", "coordinates": "asymmetric"}),
    ("pad", "padding", {"padding": {"H": [1, 1], "W": [1, 2]}, "boundary": "constant", "constant": 6}),
    (
        "lrn",
        "local_response_normalization",
        {"size": 3, "alpha": 1e-3, "beta": 0.75, "k": 1, "divided": "size", "across": "C"},
    ),
    ("global", "pooling", {"reduce": "average", "window": [36, 37], "stride": [36, 37], "padding": "valid"}),
    ("flatten", None, {}),
    ("dense", "dense", {}),
    ("y", "softmax", {"over": "C"}),
]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    assert of(net, name) == (operation, settings)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_parameters_have_their_roles_and_letters(net):
    assert layer(net, "norm").parameters == {
        "scale": "par/g",
        "offset": "par/o",
        "mean": "par/m",
        "variance": "par/v",
    }
    assert layer(net, "dense").layouts["kernel"] == "OI"
    assert layer(net, "flatten").parameters == {"input_1": "par/flat"}


@pytest.mark.parametrize(("opset", "over"), [(11, "CHW"), (13, "W")])
def test_softmax_goes_over_all_axes_from_the_second_before_opset_13(tmp_path, opset, over):
    model = saved(tmp_path / "m.onnx", [("Softmax", ["x"], "y", {})], {}, [1, 3, 32, 32], opset)
    with opened(trace(tmp_path, model, x=IMAGE)) as found:
        assert of(found, "y") == ("softmax", {"over": over})
        axes = {"CHW": (1, 2, 3), "W": (3,)}[over]
        np.testing.assert_allclose(found.array("out/y").sum(axis=axes), 1, rtol=1e-5)


def test_only_the_layers_that_are_asked_for_are_recorded(tmp_path):
    model = saved(tmp_path / "m.onnx", NODES, CONSTANTS, [1, 3, 32, 32])
    with opened(trace(tmp_path, model, x=IMAGE, layers=["*pool*", "clip"])) as found:
        assert [each.name for each in found.layers] == ["clip"]
        assert {*found.arrays} == {"in/x", "out/leaky", "par/zero", "par/six", "out/clip", "out/y"}


def test_what_is_computed_of_shapes_and_constants_is_no_layer(tmp_path):
    """As exporters write it: the ends of a padding are gathered, a bias goes through an identity."""
    constants = {"half": np.array([0, 0, 1]), "rest": np.array([1, 0, 0, 0, 2]), "w": drawn(5, 12), "b": drawn(5)}
    constants["shape_of"] = np.array([1, -1])
    nodes = [
        ("Concat", ["half", "rest"], "ends", {"axis": 0}),
        ("Pad", ["x", "ends"], "padded", {}),
        ("Reshape", ["x", "shape_of"], "flat", {}),
        ("Identity", ["b"], "bias", {}),
        ("Gemm", ["flat", "w", "bias"], "y", {"transB": 1}),
    ]
    image = IMAGE[:, :, :2, :2]
    with opened(trace(tmp_path, saved(tmp_path / "m.onnx", nodes, constants, [1, 3, 2, 2]), x=image)) as found:
        assert [each.native for each in found.layers] == ["onnx.Pad", "onnx.Reshape", "onnx.Gemm"]
        assert of(found, "padded") == ("padding", {"padding": {"H": [1, 0], "W": [1, 2]}})
        assert layer(found, "y").parameters == {"kernel": "par/w", "bias": "par/bias"}


WRONG = [
    ({"x": IMAGE[:, :2]}, "input 'x' has shape (1, 2, 32, 32); the model takes [1, 3, 32, 32]"),
    ({"z": IMAGE}, "no input 'z'; input 'x' is missing; the model's inputs are x"),
]


@pytest.mark.parametrize(("inputs", "message"), WRONG, ids=["shape", "name"])
def test_inputs_that_do_not_fit_are_one_message(tmp_path, capsys, inputs, message):
    model = saved(tmp_path / "m.onnx", NODES[:1], CONSTANTS, [1, 3, 32, 32], outputs=("conv",))
    ((name, values),) = inputs.items()
    np.save(tmp_path / "x.npy", values)
    given = f"{name}={tmp_path / 'x.npy'}"
    assert main(["trace", str(model), "--input", given, "-o", str(tmp_path / "a.npz")]) == 2
    assert message in capsys.readouterr().err


def test_what_is_no_model_is_one_message(tmp_path, capsys):
    (tmp_path / "m.onnx").write_bytes(b"no model")
    np.save(tmp_path / "x.npy", IMAGE)
    assert (
        main(["trace", str(tmp_path / "m.onnx"), "--input", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.npz")])
        == 2
    )
    said = capsys.readouterr().err
    assert "m.onnx: the framework raised" in said and "Traceback" not in said

"""`harness trace` on networks of Caffe: by Caffe itself where it is there, and by OpenCV."""

from __future__ import annotations

import numpy as np
import pytest

from harness.backends import TABLE, Backend, caffemodel
from harness.cli import main
from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

RNG = np.random.default_rng(4)
IMAGE = RNG.normal(size=(2, 2, 14, 13)).astype(np.float32)
DEFINITION = """
name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 2 dim: 14 dim: 13 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" relu_param { negative_slope: 0.1 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
        convolution_param { num_output: 6 kernel_h: 3 kernel_w: 1 group: 2 stride: 1 bias_term: false } }
layer { name: "norm" type: "BatchNorm" bottom: "conv2" top: "conv2" }
layer { name: "scale" type: "Scale" bottom: "conv2" top: "conv2" scale_param { bias_term: true } }
layer { name: "lrn" type: "LRN" bottom: "conv2" top: "lrn" lrn_param { local_size: 3 alpha: 0.5 } }
layer { name: "drop" type: "Dropout" bottom: "lrn" top: "lrn" }
layer { name: "fc" type: "InnerProduct" bottom: "lrn" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def drawn(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def weights():
    positive = np.abs(drawn(6)) + np.float32(0.5)
    return {
        "conv1": [drawn(4, 2, 3, 3), drawn(4)],
        "conv2": [drawn(6, 2, 3, 1)],
        "norm": [drawn(6) * 4, positive * 4, np.array([4], np.float32)],
        "scale": [drawn(6), drawn(6)],
        "fc": [drawn(5, 6 * 6 * 7), drawn(5)],
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("caffe")
    (folder / "net.prototxt").write_text(DEFINITION, "utf-8")
    (folder / "net.caffemodel").write_bytes(caffemodel.write(weights()))
    return folder / "net.prototxt", folder / "net.caffemodel"


@pytest.fixture(scope="module", params=["caffe", "opencv"])
def net(files, tmp_path_factory, request):
    if why := TABLE[request.param].missing():
        pytest.skip(why)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "opencv":
            patch.setattr(Backend, "missing", lambda self: "not there" if self.name == "caffe" else None)
        path = trace(tmp_path_factory.mktemp(request.param), *files, x=IMAGE)
    with opened(path) as found:
        assert found.system.startswith(request.param)
        yield found


def test_layers_stand_in_their_order_those_in_place_too(net):
    assert [each.name for each in net.layers] == [
        *("conv1", "relu1", "pool1", "conv2", "norm", "scale", "lrn", "fc", "prob"),
    ]
    assert [(each.array, each.layout) for each in net.inputs] == [("in/data", "NCHW")]
    assert [each.array for each in net.outputs] == ["out/prob"]


SETTINGS = [
    ("conv1", "convolution", {"stride": 1, "padding": [[1, 1], [1, 1]]}),
    ("relu1", "activation", {"function": "leaky_relu", "slope": 0.1}),
    (
        "pool1",
        "pooling",
        {
            "reduce": "average",
            "window": 3,
            "stride": 2,
            "padding": [[1, 1], [1, 1]],
            "rounding": "ceil",
            "divisor": "padded",
        },
    ),
    ("conv2", "convolution", {"stride": 1, "padding": [[0, 0], [0, 0]], "groups": 2}),
    ("norm", "normalization", {"epsilon": 1e-5}),
    ("scale", None, {}),
    (
        "lrn",
        "local_response_normalization",
        {"size": 3, "alpha": 0.5, "beta": 0.75, "k": 1, "divided": "size", "across": "C"},
    ),
    ("fc", "dense", {}),
    ("prob", "softmax", {"over": "C"}),
]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    assert of(net, name) == (operation, settings)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_what_is_overwritten_in_place_is_kept(net):
    before, after = net.array("out/conv1"), net.array("out/relu1")
    assert before.min() < 0
    np.testing.assert_allclose(after, np.where(before < 0, before * np.float32(0.1), before), rtol=1e-6)


def test_mean_and_variance_are_what_is_used(net):
    x, y = net.array("out/conv2"), net.array("out/norm")
    mean, variance = (
        net.array(layer(net, "norm").parameters[role])[None, :, None, None] for role in ("mean", "variance")
    )
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-5)


def test_the_kernel_of_a_dense_layer_has_the_axes_that_it_flattens(net):
    fc = layer(net, "fc")
    assert (fc.layouts["input"], fc.layouts["kernel"]) == ("NCHW", "OCHW")
    made = np.einsum("nchw,ochw->no", net.array("out/lrn"), net.array(fc.parameters["kernel"]), dtype=np.float64)
    np.testing.assert_allclose(net.array("out/fc"), made + net.array(fc.parameters["bias"]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer {", "net.prototxt: line 1"),
        (DEFINITION.replace("num_output: 5", "num_output: 7"), "net."),
        (
            DEFINITION.replace('type: "Input" top: "data"', 'type: "Input" top: "image"'),
            "nothing makes the blob 'data'; add `input: \"data\" input_shape { dim: 2 dim: 2 dim: 14 dim: 13 }`",
        ),
    ],
    ids=["no definition", "weights of another network", "no input"],
)
def test_what_is_no_network_is_one_message(files, tmp_path, capsys, text, message):
    if TABLE["caffe"].missing() and TABLE["opencv"].missing():
        pytest.skip("neither Caffe nor OpenCV is there")
    (tmp_path / "net.prototxt").write_text(text, "utf-8")
    np.save(tmp_path / "x.npy", IMAGE)
    given = ["--input", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.npz")]
    assert main(["trace", str(tmp_path / "net.prototxt"), str(files[1]), *given]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said

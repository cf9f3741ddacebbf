"""`harness trace` on a SavedModel of TensorFlow: the operations of its graph, as they stand there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("TensorFlow is not there", allow_module_level=True)
NETS = Path(__file__).parent / "networks" / "tensorflow_net.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 17, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def net(one_tracer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    subprocess.run([sys.executable, NETS, folder / "net"], check=True, capture_output=True)
    with opened(trace(folder, folder / "net", image=IMAGE)) as found:
        yield found


SETTINGS = [
    ("Conv2D", "convolution", {"stride": 2, "padding": "same_upper"}),
    ("BiasAdd", None, {}),
    ("Relu", "activation", {"function": "relu"}),
    ("Pad", "padding", {"padding": {"H": [1, 0], "W": [0, 2]}}),
    ("depthwise", "convolution", {"stride": 1, "padding": "valid", "groups": 8}),
    ("FusedBatchNormV3", "normalization", {"epsilon": 1e-4}),
    (
        "AvgPool2D",
        "pooling",
        {"reduce": "average", "window": 3, "stride": 2, "padding": "same_upper", "divisor": "valid"},
    ),
    ("LeakyRelu", "activation", {"function": "leaky_relu", "slope": 0.1}),
    ("resize.ResizeBilinear", "resize", {"size": 9, "interpolation": "linear", "coordinates": "half_pixel"}),
    (
        "LRN",
        "local_response_normalization",
        {"size": 5, "alpha": 1, "beta": 0.5, "k": 1, "divided": "none", "across": "C"},
    ),
    ("Mean", "pooling", {"reduce": "average", "window": 9, "stride": 9, "padding": "valid"}),
    ("MatMul", "dense", {}),
    ("Softmax", "softmax", {"over": "C"}),
]


def test_operations_stand_in_their_order(net):
    assert [each.name for each in net.layers] == [name for name, *_ in SETTINGS]
    assert [(each.array, each.layout) for each in net.inputs] == [("in/image", "NHWC")]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    assert of(net, name) == (operation, settings)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_parameters_have_their_roles_and_letters(net):
    assert {*layer(net, "FusedBatchNormV3").parameters} == {"scale", "offset", "mean", "variance"}
    assert {*layer(net, "BiasAdd").parameters} == {"input_1"}
    assert net.shape(layer(net, "depthwise").parameters["kernel"]) == (3, 3, 1, 16)
    assert layer(net, "MatMul").layouts["kernel"] == "IO"

"""`harness trace` on Keras 3: layers within layers, activations by themselves, recurrent layers as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

pytest.importorskip("keras")
pytest.importorskip("h5py")
NETS = Path(__file__).parent / "networks" / "keras_net.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 17, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def saved(one_tracer, tmp_path_factory):
    """The folder of the networks of NETS, saved by a process of its own, on the backend that starts the fastest."""
    folder = tmp_path_factory.mktemp("keras")
    quickest = "torch" if pytest.importorskip("torch") else ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", quickest))
        subprocess.run([sys.executable, NETS, folder], check=True, capture_output=True)
        yield folder


@pytest.fixture(scope="module")
def net(saved, tmp_path_factory):
    with opened(trace(tmp_path_factory.mktemp("net"), saved / "net.keras", x=IMAGE)) as found:
        yield found


def test_layers_stand_in_their_order_those_within_others_too(net):
    assert [each.name for each in net.layers] == [
        *("stem", "stem.relu", "norm", "block.depth", "block.point", "block.leaky", "add"),
        *("separable.depthwise", "separable", "separable.gelu", "up", "pool", "pad", "layer_norm", "mean"),
        *("fc", "fc.softmax"),
    ]
    assert net.system.startswith("keras 3") and net.mode == "inference" and not net.remarks
    assert [(each.array, each.layout) for each in net.inputs] == [("in/image", "NHWC")]


SETTINGS = [
    ("stem", "convolution", {"stride": 2, "padding": "same_upper"}),
    ("stem.relu", "activation", {"function": "relu"}),
    ("norm", "normalization", {"epsilon": 1e-3}),
    ("block.depth", "convolution", {"stride": 1, "padding": "same_upper", "groups": 8}),
    ("block.leaky", "activation", {"function": "leaky_relu", "slope": pytest.approx(0.3)}),
    ("add", None, {}),
    ("separable.depthwise", "convolution", {"stride": 1, "padding": "same_upper", "groups": 8}),
    ("separable", "convolution", {"stride": 1, "padding": "valid"}),
    ("separable.gelu", "activation", {"function": "gelu", "approximate": "none"}),
    ("up", "transposed_convolution", {"stride": 2, "padding": "same"}),
    ("pool", "pooling", {"reduce": "average", "window": 3, "stride": 2, "padding": "same_upper", "divisor": "valid"}),
    ("pad", "padding", {"padding": {"H": [1, 0], "W": [0, 2]}}),
    ("layer_norm", "normalization", {"over": "C", "epsilon": 1e-3}),
    ("mean", "pooling", {"reduce": "average", "window": 10, "stride": 10, "padding": "valid"}),
    ("fc", "dense", {}),
    ("fc.softmax", "softmax", {"over": "C"}),
]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    if name == "pool" and "(torch)" in net.system:
        operation, settings = None, {}  # there it repeats the border, which no setting of a case says
    assert of(net, name) == (operation, settings)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_parameters_have_their_roles_and_letters(net):
    assert layer(net, "norm").parameters == {
        "scale": "par/norm.gamma",
        "offset": "par/norm.beta",
        "mean": "par/norm.moving_mean",
        "variance": "par/norm.moving_variance",
    }
    assert layer(net, "up").layouts["kernel"] == "HWOI"
    assert net.shape(layer(net, "block.depth").parameters["kernel"]) == (3, 3, 1, 16)
    assert layer(net, "separable.depthwise").layouts["kernel"] == "HWOI"
    assert layer(net, "mean").layouts["output"] == "NC"


def test_the_older_format_gives_the_same(saved, net, tmp_path):
    with opened(trace(tmp_path, saved / "net.h5", image=IMAGE)) as found:
        assert [(each.name, each.settings) for each in found.layers] == [
            (each.name, each.settings) for each in net.layers
        ]
        np.testing.assert_array_equal(found.array("out/fc"), net.array("out/fc"))


def test_the_steps_of_a_recurrent_layer_are_one_layer(saved, tmp_path):
    words = np.arange(12).reshape(2, 6) % 11
    with opened(trace(tmp_path, saved / "tagger.keras", x=words)) as found:
        assert [(each.name, each.operation) for each in found.layers] == [
            *(("embedding", None), ("both", None), ("gru", None), ("tags", "dense"))
        ]
        assert {*layer(found, "gru").parameters} == {
            *("gru_cell.kernel", "gru_cell.recurrent_kernel", "gru_cell.bias"),
        }
        assert layer(found, "tags").layouts["kernel"] == "CO"


def test_only_the_layers_that_are_asked_for_are_recorded(saved, tmp_path):
    with opened(trace(tmp_path, saved / "net.keras", x=IMAGE, layers=["block.*"])) as found:
        assert [each.name for each in found.layers] == ["block.depth", "block.point", "block.leaky"]
        assert {each for each in found.arrays if not each.startswith("par/block.")} == {
            *("in/image", "out/norm", "out/block.depth", "out/block.point", "out/block.leaky", "out/fc.softmax"),
        }


def test_an_input_that_does_not_fit_is_one_message(saved, tmp_path, capsys):
    np.save(tmp_path / "x.npy", IMAGE.transpose(0, 3, 1, 2))
    arguments = ["--input", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.npz")]
    assert main(["trace", str(saved / "net.keras"), *arguments]) == 2
    assert "input 'image' has shape (2, 3, 17, 16); the model takes (None, 17, 16, 3)" in capsys.readouterr().err

"""`harness trace` on PyTorch: modules, functions, in-place calls, exported programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

pytest.importorskip("torch")
NETS = Path(__file__).parent / "networks" / "torch_net.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 3, 17, 17)).astype(np.float32)
TOKENS = np.random.default_rng(2).normal(size=(1, 5, 8)).astype(np.float32)


def made(function):
    return f"torch:{NETS}:{function}"


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    with opened(trace(tmp_path_factory.mktemp("net"), made("make"), x=IMAGE)) as found:
        yield found


def test_layers_stand_in_their_order_under_the_names_of_their_modules(net):
    assert [(each.name, each.native) for each in net.layers] == [
        ("stem", "torch.conv2d"),
        ("norm", "torch.nn.functional.batch_norm"),
        ("act", "torch.nn.functional.relu"),
        ("block.0", "torch.conv2d"),
        ("block.1", "torch.conv2d"),
        ("block.2", "torch.nn.functional.gelu"),
        ("add", "torch.Tensor.add"),
        ("up", "torch.conv_transpose2d"),
        ("leaky_relu", "torch.nn.functional.leaky_relu"),
        ("pool", "torch.nn.functional.avg_pool2d"),
        ("flatten", "torch.flatten"),
        ("fc", "torch.nn.functional.linear"),
        ("softmax", "torch.nn.functional.softmax"),
    ]
    assert net.system.startswith("torch ") and net.mode == "inference" and not net.remarks


SETTINGS = [
    ("stem", "convolution", {"stride": 2, "padding": [[1, 1], [1, 1]]}),
    ("norm", "normalization", {"epsilon": 1e-5}),
    ("act", "activation", {"function": "relu"}),
    ("block.0", "convolution", {"stride": 1, "padding": [[1, 1], [1, 1]], "groups": 8}),
    ("block.2", "activation", {"function": "gelu", "approximate": "none"}),
    ("add", None, {}),
    ("up", "transposed_convolution", {"stride": 2, "padding": [[1, 1], [1, 1]], "output_padding": 1}),
    ("leaky_relu", "activation", {"function": "leaky_relu", "slope": 0.2}),
    (
        "pool",
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
    ("fc", "dense", {}),
    ("softmax", "softmax", {"over": "C"}),
]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    assert of(net, name) == (operation, settings)


def test_parameters_have_their_roles_and_letters(net):
    norm, up = layer(net, "norm"), layer(net, "up")
    assert norm.parameters == {
        "scale": "par/norm.weight",
        "offset": "par/norm.bias",
        "mean": "par/norm.running_mean",
        "variance": "par/norm.running_var",
    }
    assert up.layouts == {"input": "NCHW", "kernel": "IOHW", "bias": "O", "output": "NCHW"}
    assert layer(net, "fc").layouts["kernel"] == "OI"


def test_what_a_layer_overwrites_is_kept(net):
    before, after = net.array("out/norm"), net.array("out/act")
    assert before.min() < 0
    np.testing.assert_array_equal(after, np.maximum(before, 0))


def test_dropout_in_inference_mode_is_no_layer(net):
    assert layer(net, "fc").inputs == ("out/flatten",)


def test_the_ends_are_the_inputs_and_outputs_of_the_model(net):
    assert [(each.array, each.layout) for each in net.inputs] == [("in/input", "NCHW")]
    np.testing.assert_array_equal(net.array("in/input"), IMAGE)
    np.testing.assert_allclose(net.array(net.outputs[0].array).sum(axis=1), 1, rtol=1e-5)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_training_mode_is_kept_and_remarked(tmp_path):
    with opened(trace(tmp_path, made("training"), x=IMAGE)) as found:
        assert found.mode == "training"
        assert found.remarks == ("in training mode: norm, drop; call module.eval() unless it is meant so",)
        norm = layer(found, "norm")
        assert norm.settings == {"epsilon": 1e-5, "over": "NHW"}
        assert {*norm.parameters} == {"scale", "offset"}
        assert len(norm.inputs) == 1
        assert any(each.native.endswith("dropout") for each in found.layers)


def test_a_block_of_a_transformer_is_taken_down_call_by_call(tmp_path):
    with opened(trace(tmp_path, made("tokens"), x=TOKENS)) as found:
        assert of(found, "norm") == ("normalization", {"over": "C", "epsilon": 1e-5})
        assert layer(found, "norm").layouts["input"] == "NWC"
        up = layer(found, "up")
        assert (up.operation, up.layouts["input"], up.layouts["kernel"]) == ("dense", "NWC", "OC")
        assert of(found, "gelu") == ("activation", {"function": "gelu", "approximate": "tanh"})
        assert sum(each.name.startswith("attention.") for each in found.layers) > 3


def test_calls_that_change_a_tensor_leave_both(tmp_path):
    with opened(trace(tmp_path, made("changing"), x=TOKENS)) as found:
        values = [found.array(each.outputs[0]) for each in found.layers]
        np.testing.assert_array_equal(values[0], TOKENS * 2)
        np.testing.assert_array_equal(values[1], TOKENS * 2 + 1)
        assert (values[2][:, 0] == 0).all()
        assert found.layers[2].inputs == found.layers[1].outputs


def test_only_the_layers_that_are_asked_for_are_recorded(tmp_path):
    with opened(trace(tmp_path, made("make"), x=IMAGE, layers=["block.*", "pool"])) as found:
        assert [each.name for each in found.layers] == ["block.0", "block.1", "block.2", "pool"]
        assert {*found.arrays} == {
            *("in/input", "out/act", "out/block.0", "out/block.1", "out/block.2", "out/leaky_relu", "out/pool"),
            *("par/block.0.weight", "par/block.0.bias", "par/block.1.weight", "par/block.1.bias", "out/softmax"),
        }


def test_an_exported_program_is_traced_as_its_module(tmp_path, net):
    import torch

    from tests.networks.torch_net import make

    torch.export.save(torch.export.export(make(), (torch.from_numpy(IMAGE),)), tmp_path / "net.pt2")
    with opened(trace(tmp_path, tmp_path / "net.pt2", x=IMAGE)) as found:
        kinds = [(each.operation, each.settings) for each in found.layers if each.operation]
        assert kinds == [(each.operation, each.settings) for each in net.layers if each.operation]
        np.testing.assert_allclose(found.array(found.outputs[0].array), net.array("out/softmax"), rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("no_module", "the function gave back int; expected the torch.nn.Module"),
        ("raising", "the framework raised KeyError: 'no weights'"),
        ("missing", "has no function 'missing'"),
        ("leaving", "torch exited with code 7"),
    ],
)
def test_what_goes_wrong_in_a_users_module_is_one_message(tmp_path, capsys, function, message):
    np.save(tmp_path / "x.npy", IMAGE)
    arguments = ["trace", made(function), "--input", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.npz")]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]

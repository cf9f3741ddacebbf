"""`harness trace` on JAX: the equations of a function, those of `jax.nn` as one each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.models.traces import opened
from tests.tracing import layer, of, trace, unlike

pytest.importorskip("jax")
NETS = Path(__file__).parent / "networks" / "jax_net.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 9, 8, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    with opened(trace(tmp_path_factory.mktemp("jax"), f"jax:{NETS}:make", x=IMAGE)) as found:
        yield found


SETTINGS = [
    ("stem.conv_general_dilated", "convolution", {"stride": 2, "padding": [[1, 1], [0, 1]]}),
    ("stem.leaky_relu", "activation", {"function": "leaky_relu", "slope": 0.2}),
    ("reduce_window_max", "pooling", {"reduce": "max", "window": 2, "stride": 2, "padding": [[0, 0], [0, 0]]}),
    (
        "conv_general_dilated",
        "transposed_convolution",
        {"means": "convolution", "stride": 2, "padding": [[0, 1], [0, 1]]},
    ),
    ("gelu", "activation", {"function": "gelu", "approximate": "tanh"}),
    ("reduce_max", None, {}),
    ("dot_general", "dense", {}),
    ("softmax", "softmax", {"over": "C"}),
]


def test_equations_stand_in_their_order_under_their_scopes(net):
    assert [each.name for each in net.layers] == [name for name, *_ in SETTINGS]
    assert [(each.array, each.layout) for each in net.inputs] == [("in/input", "NHWC")]


@pytest.mark.parametrize(("name", "operation", "settings"), SETTINGS, ids=[each[0] for each in SETTINGS])
def test_settings_are_keys_of_cases(net, name, operation, settings):
    assert of(net, name) == (operation, settings)


def test_settings_and_arrays_give_the_output(net):
    assert not unlike(net)


def test_parameters_have_their_paths(net):
    assert layer(net, "stem.conv_general_dilated").parameters == {"kernel": "par/stem.kernel"}
    assert layer(net, "dot_general").parameters == {"kernel": "par/fc.kernel"}
    assert layer(net, "dot_general").layouts["kernel"] == "IO"
    np.testing.assert_allclose(net.array(net.outputs[0].array).sum(axis=1), 1, rtol=1e-5)


def test_what_is_no_function_is_one_message(tmp_path, capsys):
    np.save(tmp_path / "x.npy", IMAGE)
    given = ["--input", str(tmp_path / "x.npy"), "-o", str(tmp_path / "a.npz")]
    assert main(["trace", f"jax:{NETS}:no_function", *given]) == 2
    assert "the function gave back int; expected a function of the inputs" in capsys.readouterr().err

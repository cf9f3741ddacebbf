"""`harness trace` on JAX: the equations of a function, those of `jax.nn` as one each."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.backends.tracing import jax_trace
from harness.cli import main
from harness.models.traced import Tensor
from harness.models.traces import opened
from harness.models.walk import walk
from harness.worker.archive import Archive
from harness.worker.recording import Recording
from tests.test_walk import demand_clean
from tests.traced import Net
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


def test_what_is_made_of_parameters_alone_is_no_layer(tmp_path):
    x = np.random.default_rng(2).normal(size=(4, 6)).astype(np.float32)
    with opened(trace(tmp_path, f"jax:{NETS}:of_torch", x=x)) as found:
        dense, add = found.layers[:2]
        assert (dense.operation, dense.layouts["kernel"]) == ("dense", "IO")
        assert found.shape(dense.parameters["kernel"]) == (6, 6)
        assert found.shape(add.parameters["input_1"]) == (1, 6)  # and not (4, 6)
        assert all(each.inputs for each in found.layers)
        demand_clean(walk(written_whole(x), found))


def written_whole(x):
    """The same network in three layers, with the same parameters."""
    from tests.networks.jax_net import of_torch

    w, b, scale, offset = (np.asarray(of_torch()[1][name]) for name in ("w", "b", "scale", "offset"))
    net = Net("torch 2.0", weights="OI")
    at = net.layer("fc", "dense", net.input(x), {"kernel": w, "bias": b})
    at = net.layer("norm", "normalization", at, {"scale": scale, "offset": offset}, {"over": "C", "epsilon": 1e-5})
    made = net.trace(net.layer("silu", "activation", at, {}, {"function": "silu"}))
    return replace(made, inputs=(Tensor("in/x", "NC"),))


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


DEPTH = 20


def test_what_no_later_equation_takes_is_let_go_of(tmp_path: Path):
    import jax

    jax_trace.start()

    def function(x: object) -> object:
        first = jax.numpy.sin(x)
        y = first
        for _ in range(DEPTH):
            y = jax.jit(jax.numpy.cos)(y) * 2.0
        return y + first

    x = np.ones((2, 3), np.float32)
    closed = jax.make_jaxpr(function)(x)
    with Archive(io.BytesIO()) as archive:
        run = jax_trace._Run(Recording(archive, "", "jax"))
        run.met(closed.jaxpr.invars[0], "in/x", x)
        most, take = 0, run._take

        def counted(equation: object, scope: str) -> None:
            nonlocal most
            take(equation, scope)
            most = max(most, len({id(each) for each in run._values.values()}))

        run._take = counted  # type: ignore[method-assign]
        run.evaluate(closed.jaxpr, "")
    assert most < 8 < DEPTH
    (out,) = closed.jaxpr.outvars
    assert np.allclose(run.value(out), function(x))

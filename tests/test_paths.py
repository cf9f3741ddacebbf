"""The ways of four people from what they had to what they change: each runs what docs/my-numbers-differ.md says."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness.backends import caffemodel
from harness.cli import main
from harness.worker import script
from harness.worker.entry import Settings
from tests.fakes.honest import correlate
from tests.plain import integers

SEED = Path(__file__).parent / "printed" / "seed"
"""The arrays of the first question, as they stand in it."""


def said(capsys, *arguments: str) -> str:
    """What a command that ends well prints."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def program(text: str, system: str) -> str:
    """The program of a system as a reader copies it."""
    _, _, rest = text.partition(f"\n  {system}, tested")
    lines = rest.split("\n\n", 1)[1].split("\n\n")[0].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    ")) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_who_has_nothing_but_what_two_systems_printed(monkeypatch, capsys):
    """Two commands, three labels: no layout, no digits, no setting."""
    printed = {name: (SEED / f"numpy-{name}.txt").read_text(encoding="utf-8") for name in ("input", "kernel")}
    printed["output"] = (SEED / "julia-output.txt").read_text(encoding="utf-8")
    pasted = "\n".join(f"{name}:\n{text}" for name, text in printed.items())
    monkeypatch.setattr("sys.stdin", io.StringIO(pasted))
    said(capsys, "new", "apple", "--paste")
    answer = said(capsys, "explain", "cases/apple.yaml", "--system", "numpy")
    assert "1. reverse_kernel (printed digits)" in answer
    assert "w = np.flip(w, (2, 3))" in program(answer, "numpy")


LOOP = """
import numpy as np
def convolution(img_arr, kernel):
    h, w = img_arr.shape
    k = len(kernel)
    k_flat = kernel.flatten()
    neww = w - len(kernel) + 1
    newh = h - len(kernel) + 1
    after = np.zeros((newh, neww))
    for i in range(neww):
        for j in range(newh):
            after[j,i] = (img_arr[j:j+k,i:i+k].flatten()*k_flat).sum()
    return after
"""
"""As it stands in the question, but for the indentation, which was lost there, and the import."""


def test_who_has_a_loop_of_their_own(capsys):
    """One command, no edit."""
    Path("loop.py").write_text(LOOP, encoding="utf-8")
    card = said(capsys, "probe", "--python", "loop.py:convolution")
    assert "equals `torch.nn.functional.conv2d`; to match `theano.tensor.nnet.conv2d` reverse the kernel" in card
    assert re.search("takes +kernels with equal sides only; else it raises ValueError", card)


NET = """
name: "net"
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 4 kernel_size: 5 pad: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
        convolution_param { num_output: 3 kernel_size: 3 stride: 2 pad: 1 } }
"""


def test_who_has_a_network_of_caffe_and_the_activations_of_a_port(capsys):
    """Two commands a layer, no edit. The port pads as TensorFlow does: after the image where Caffe pads around it."""
    x, w1, w2 = integers((1, 1, 16, 16), 1), integers((4, 1, 5, 5), 2), integers((3, 4, 3, 3), 3)
    b1, b2 = np.array([1.0, -2, 3, 0]), np.array([5.0, 0, -1])
    Path("net.caffemodel").write_bytes(caffemodel.write({"conv1": [w1, b1], "conv2": [w2, b2]}))
    Path("net.prototxt").write_text(NET, encoding="utf-8")
    first = correlate(x, w1, Settings((1, 1), (1, 1), [(2, 2), (2, 2)])) + b1.reshape(-1, 1, 1)
    relu = np.maximum(first, 0)
    second = correlate(relu, w2, Settings((2, 2), (1, 1), [(0, 1), (0, 1)])) + b2.reshape(-1, 1, 1)
    for name, array in (("image", x), ("conv1", first), ("relu1", relu), ("conv2", second)):
        np.save(f"{name}.npy", array.transpose(0, 2, 3, 1).astype("float32"))
    answers = {}
    for layer, given in (("conv1", "image"), ("conv2", "relu1")):
        arrays = ["--from", f"{given}.npy", f"net.caffemodel#{layer}", "--prototxt", "net.prototxt"]
        said(capsys, "new", layer, *arrays, "--observed", f"{layer}.npy", "--layout", "NHWC,OIHW,NHWC")
        answers[layer] = said(capsys, "explain", f"cases/{layer}.yaml", "--system", "numpy")
    assert "1. no difference (exact)" in answers["conv1"]
    assert "1. padding_split (exact)" in answers["conv2"]
    assert "pad by 1:1 x 1:1 (low:high per axis); the system padded by 0:1 x 0:1" in answers["conv2"]


KERAS = """
import keras, numpy as np
layer = keras.layers.Conv2D(5, 3, strides=2, padding="same")
x = np.random.default_rng(0).normal(size=(2, 9, 8, 3)).astype("float32")
layer.build(x.shape)
layer.bias.assign(np.random.default_rng(1).normal(size=5))
y = layer(x)
for name, array in (("x", x), ("w", layer.kernel), ("b", layer.bias), ("y", y)):
    np.save(f"{name}.npy", keras.ops.convert_to_numpy(array))
"""
"""The layer of which there is a port, and what somebody saves of it."""


@pytest.mark.skipif(not all(map(find_spec, ("keras", "tensorflow", "torch"))), reason="no Keras and PyTorch")
def test_who_has_a_layer_of_keras_and_ports_it_to_pytorch(capsys):
    """One command, no edit: the code is pasted, and the assertion of the port passes on its own NHWC output."""
    torch = pytest.importorskip("torch")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    subprocess.run([sys.executable, "-c", KERAS], env=environment, check=True, capture_output=True)
    files = ["--input", "x.npy", "--kernel", "w.npy", "--bias", "b.npy", "--observed", "y.npy"]
    told = ["--layout", "NHWC,HWIO,NHWC", "--stride", "2", "--padding", "1", "--system", "torch"]
    answer = said(capsys, "explain", *files, *told)
    assert "\n  1. padding_split (statistical)" in answer
    arrays = {name: np.load(f"{name}.npy") for name in "xwby"}
    meant = torch.as_tensor(arrays.pop("y"))
    assert meant.shape == (2, 5, 4, 5)
    torch.testing.assert_close(torch.as_tensor(script.run(program(answer, "torch"), arrays)), meant)
    (line,) = (line for line in answer.splitlines() if "to get these numbers" in line)
    edit = line.split(": ", 1)[1]
    assert edit.endswith("[0, 1, 1, 1]), w.permute(3, 2, 0, 1), b, stride=2).permute(0, 2, 3, 1)")
    named = {name: torch.as_tensor(array) for name, array in arrays.items()}
    torch.testing.assert_close(torch.as_tensor(script.run(f"import torch\ny = {edit}\n", named)), meant)

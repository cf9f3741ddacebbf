"""A ResNet50 of PyTorch against that of `keras.applications` with the same weights: `python -m benchmarks.walk.large`.

For size. Prints as JSON the layers, seconds of the processor and megabytes that the walk takes at 224 x 224.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.planted import HERE
from benchmarks.walk.porting import Mistakes
from harness.models import tracing_runs
from harness.models.traces import opened
from harness.models.walk import walk

SHAPE = (1, 3, 224, 224)
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Channels, blocks and first stride (He, Zhang, Ren & Sun 2016); the stride stands in the first layer of a block."""


class Block(nn.Module):
    """A bottleneck."""

    def __init__(self, into: int, channels: int, stride: int, widened: bool) -> None:
        super().__init__()
        out = 4 * channels
        self.short = nn.Sequential(nn.Conv2d(into, out, 1, stride), nn.BatchNorm2d(out, 1.001e-5)) if widened else None
        self.conv1, self.bn1 = nn.Conv2d(into, channels, 1, stride), nn.BatchNorm2d(channels, 1.001e-5)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, 1, 1), nn.BatchNorm2d(channels, 1.001e-5)
        self.conv3, self.bn3 = nn.Conv2d(channels, out, 1), nn.BatchNorm2d(out, 1.001e-5)

    def forward(self, x: Any) -> Any:
        short = x if self.short is None else self.short(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + short)


class Net(nn.Module):
    """The whole of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64, 1.001e-5)
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, into = [], 64
        for channels, count, stride in STAGES:
            for number in range(count):
                blocks.append(Block(into, channels, stride if number == 0 else 1, number == 0))
                into = 4 * channels
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(into, 1000)

    def forward(self, x: Any) -> Any:
        y = self.blocks(self.pool(torch.relu(self.norm(self.stem(x)))))
        return torch.softmax(self.fc(y.mean((2, 3))), 1)


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 7)


def port(path: str, mistakes: Mistakes) -> None:
    """Saves Keras's own network with the weights of the other, layer by layer in their order."""
    import keras

    model = keras.applications.ResNet50(weights=None)
    own = [each for each in make().modules() if isinstance(each, nn.Conv2d | nn.BatchNorm2d | nn.Linear)]
    layers = [each for each in model.layers if each.weights]
    for layer in layers:
        module = next(each for each in own if _fits(layer, each))
        own.remove(module)
        _fill(layer, module, mistakes)
    model.save(path)


def _fits(layer: Any, module: Any) -> bool:
    """Whether a module of PyTorch is of the same kind and size."""
    kinds = {"Conv2D": nn.Conv2d, "BatchNormalization": nn.BatchNorm2d, "Dense": nn.Linear}
    same = isinstance(module, kinds[type(layer).__name__])
    return same and layer.weights[0].shape[-1] == module.weight.shape[0] and _size(layer) == module.weight.numel()


def _size(layer: Any) -> int:
    return int(np.prod(layer.weights[0].shape))


def _fill(layer: Any, module: Any, mistakes: Mistakes) -> None:
    if isinstance(module, nn.Conv2d):
        porting.convolution(layer, module)
    elif isinstance(module, nn.BatchNorm2d):
        porting.norm(layer, module)
    else:
        layer.set_weights([porting.array(module.weight).T, porting.array(module.bias)])


def measured(folder: Path) -> dict[str, Any]:
    """What the walk takes."""
    x = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    paths = [folder / "a.npz", folder / "b.npz"]
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    command = [sys.executable, "-m", "benchmarks.walk.porting", "large", json.dumps({str(folder / "b.keras"): []})]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    sources = [f"torch:{HERE / 'large.py'}:make"], [str(folder / "b.keras")]
    for source, given, out in zip(sources, (x, x.transpose(0, 2, 3, 1)), paths):
        tracing_runs.traced(tracing_runs.source(source), {"": np.ascontiguousarray(given)}, out, ())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with opened(paths[0]) as a, opened(paths[1]) as b:
        start = time.process_time()
        walked = walk(a, b)
    seconds = time.process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "layers": len(walked.pairs),
        "not agreeing": [each.b for each in walked.pairs if each.verdict != "agrees"],
        "repaired": walked.repaired.share if walked.repaired else None,
        "seconds": round(seconds, 1),
        "megabytes": most // 1024,
        "megabytes before": before // 1024,
    }


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "torch"
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measured(Path(folder)), indent=1))

"""ResNet50 in PyTorch, the twin of that of `keras.applications` (He, Zhang, Ren & Sun 2016), for `large`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes

SHAPE = (1, 3, 224, 224)
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Channels, blocks and first stride; the stride stands in the first layer of a block."""


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
    """Saves Keras's own network with the weights of this one."""
    import keras

    porting.filled(keras.applications.ResNet50(weights=None), make()).save(path)

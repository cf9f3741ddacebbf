"""MobileNetV2 in PyTorch, the twin of that of `keras.applications` (Sandler et al. 2018), for `large`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes

SHAPE = (1, 3, 224, 224)
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and first stride."""


def _norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, 1e-3)


def _before(x: Any, stride: int) -> Any:
    """Padding as Keras has it: nothing in front of a layer of stride 2."""
    return nn.functional.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, into: int, expansion: int, out: int, stride: int) -> None:
        super().__init__()
        wide, self.stride, self.added = expansion * into, stride, stride == 1 and into == out
        self.expand = nn.Conv2d(into, wide, 1, bias=False) if expansion > 1 else None
        self.norm1 = _norm(wide) if expansion > 1 else None
        self.depth, self.norm2 = nn.Conv2d(wide, wide, 3, stride, groups=wide, bias=False), _norm(wide)
        self.project, self.norm3 = nn.Conv2d(wide, out, 1, bias=False), _norm(out)

    def forward(self, x: Any) -> Any:
        y = x if self.expand is None else nn.functional.relu6(self.norm1(self.expand(x)))
        y = nn.functional.relu6(self.norm2(self.depth(_before(y, self.stride))))
        y = self.norm3(self.project(y))
        return x + y if self.added else y


class Net(nn.Module):
    """The whole of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm1 = nn.Conv2d(3, 32, 3, 2, bias=False), _norm(32)
        blocks, into = [], 32
        for expansion, channels, count, stride in STAGES:
            for number in range(count):
                blocks.append(Block(into, expansion, channels, stride if number == 0 else 1))
                into = channels
        self.blocks = nn.Sequential(*blocks)
        self.last, self.norm2 = nn.Conv2d(into, 1280, 1, bias=False), _norm(1280)
        self.fc = nn.Linear(1280, 1000)

    def forward(self, x: Any) -> Any:
        y = self.blocks(nn.functional.relu6(self.norm1(self.stem(_before(x, 2)))))
        y = nn.functional.relu6(self.norm2(self.last(y)))
        return torch.softmax(self.fc(y.mean((2, 3))), 1)


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 8)


def port(path: str, mistakes: Mistakes) -> None:
    """Saves Keras's own network with the weights of this one."""
    import keras

    porting.filled(keras.applications.MobileNetV2(weights=None), make()).save(path)

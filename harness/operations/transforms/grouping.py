"""Conventions about channels: their order, and the groups that they form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.arrays import Role
from harness.operations.transforms.transform import Part, Transform, changed


@dataclass(frozen=True)
class ChannelOrder(Transform):
    """The channels of the input or the output are taken in another order.

    kind: "reversed" (RGB for BGR), "split": channel `g * m + j` is taken for `j * parts + g`, parts times m channels
    (grouped-major for depthwise-major), in as many `parts`; or "any": channel c is that which `order` says. Those of an
    output are then read in this order, whatever groups they are of; else the kernels are.
    """

    id = "channel_order"
    causes = 1.5

    role: Role
    kind: Literal["reversed", "split", "any"]
    parts: int = 1
    order: tuple[int, ...] = ()

    def unusual(self, rank: int) -> float:
        return 2.0 if self.kind == "any" else 0.0

    @property
    def choices(self) -> float:
        if self.kind == "any":
            return math.lgamma(len(self.order) + 1) / math.log(2)
        return 1.0 if self.kind == "reversed" else 3.0

    @property
    def touches(self) -> tuple[Part, ...]:
        if self.role == "input":
            return ("x",)
        return ("y",) if self.kind == "any" else ("w", "bias")

    def words(self) -> str:
        which = "input" if self.role == "input" else "kernel's output"  # which of groups meet the input of another
        if self.kind == "reversed":
            return f"reverse the order of the {which} channels (RGB and BGR)"
        if self.kind == "any":
            shown = ", ".join(map(str, self.order[:16])) + (", ..." if len(self.order) > 16 else "")
            return f"reorder the {self.role} channels: where they count up, the system has channels {shown}"
        return f"reorder the {which} channels: {self.parts} parts stand side by side where they are interleaved"

    def differ(self, conv: Linear) -> Linear:
        if self.role == "input":
            return conv.map(lambda x: x[:, self._order(x.shape[1])], "x")
        return conv if self.reads else conv.channels(self._order(len(conv.w)))

    def read(self, y: np.ndarray) -> np.ndarray:
        return y[:, list(self.order)] if self.reads else y

    def code(self, conv: Linear) -> tuple[str, ...]:
        if self.role == "input":
            return (f"x = x[:, {self._index('x.shape[1]')}]",)
        if self.reads:
            return (f"y = y[:, {list(self.order)}]",)
        return (f"order = {self._index('w.shape[0]')}", "w, b = w[order], b[order]")

    def _order(self, count: int) -> np.ndarray:
        order = np.arange(count)
        if self.kind == "any":
            return np.array(self.order)
        return order[::-1] if self.kind == "reversed" else order.reshape(self.parts, -1).T.ravel()

    def _index(self, count: str) -> str:
        order = f"np.arange({count})"
        if self.kind == "any":
            return str(list(self.order))
        return order + ("[::-1]" if self.kind == "reversed" else f".reshape({self.parts}, -1).T.ravel()")


@dataclass(frozen=True)
class Groups(Transform):
    """The channels are grouped otherwise: `groups` of them, the kernel's values kept.

    A kernel of one group taken for a depthwise one (each output channel once for each input channel), the kernels of
    several groups taken for those of one, or of more groups, so that each output uses a share of its channels only.
    """

    id = "groups"
    picture = "groups"
    causes = 1.0

    groups: int
    kind: Literal["depthwise", "dense", "block"]

    @property
    def choices(self) -> float:
        return 2.0

    @property
    def touches(self) -> tuple[Part, ...]:
        return ("w", "window") if self.kind == "block" else ("w", "bias", "window")

    def words(self) -> str:
        return {
            "depthwise": f"take the kernel for one group; the system took it for depthwise ({self.groups} groups)",
            "dense": "take the kernel for one of several groups (depthwise); the system summed all in one group",
            "block": f"use fewer groups; the system split the channels into {self.groups}",
        }[self.kind]

    def differ(self, conv: Linear) -> Linear:
        w, groups, space = conv.w, conv.window.groups, conv.w.shape[2:]
        if self.kind == "depthwise":
            w = w.swapaxes(0, 1).reshape(-1, 1, *space)
            conv = conv.map(lambda bias: np.tile(bias, self.groups), "bias")
        elif self.kind == "dense":
            w = w.reshape(groups, -1, *w.shape[1:]).swapaxes(0, 1).reshape(-1, groups * w.shape[1], *space)
            conv = conv.map(lambda bias: bias[: len(w)], "bias")
        else:
            parts = self.groups // groups
            apart = w.reshape(groups, parts, -1, parts, w.shape[1] // parts, *space)
            w = np.stack([apart[:, part, :, part] for part in range(parts)], axis=1).reshape(len(w), -1, *space)
        return changed(conv, w=w, groups=self.groups)

    def code(self, conv: Linear) -> tuple[str, ...]:
        groups = conv.window.groups
        if self.kind == "depthwise":
            return ("w = w.swapaxes(0, 1).reshape(-1, 1, *w.shape[2:])", f"b = np.tile(b, {self.groups})")
        if self.kind == "dense":
            return (
                f"w = w.reshape({groups}, -1, *w.shape[1:]).swapaxes(0, 1).reshape(-1, x.shape[1], *w.shape[2:])",
                "b = b[:len(w)]",
            )
        parts = self.groups // groups
        return (
            f"parts = w.reshape({groups}, {parts}, -1, {parts}, w.shape[1] // {parts}, *w.shape[2:])",
            f"parts = [parts[:, part, :, part] for part in range({parts})]",
            "w = np.stack(parts, axis=1).reshape(len(w), -1, *w.shape[2:])",
        )

"""Mistakes planted into ports, 1 to 4 at a time, and what a walk made of each.

A mistake is *named* where a fault at its layer has its cause; a layer is *innocent* where it is accused and nothing was
planted there.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.models import tracing_runs
from harness.models.traces import opened
from harness.models.walk import Judged, Walked, walk

HERE = Path(__file__).parent
SUFFIXES = {"gray": "", "exported": ".onnx"}
"""What a family's port is saved as, where that is not `.keras`."""
PLANTED: Mapping[str, Sequence[Sequence[str]]] = {
    "gray": (
        ("pool1: valid", "norm1: alpha", "conv3: same", "fc4: flattened"),
        ("conv1: rotated",),
        ("conv1: no bias", "relu2: slope", "pool2: maximum"),
        ("conv2: same", "relu3: no relu"),
        ("conv1: turned", "fc4: flattened"),
    ),
    "residual": (
        ("stem: same", "norm: epsilon"),
        ("stem: rotated", "blocks.1.bn2: exchanged", "block 2: leaky"),
        ("pool: same", "blocks.0.conv1: turned", "blocks.2.short.1: epsilon", "mean: maximum"),
        ("stem: no bias", "block 0: maximum"),
        ("blocks.1.conv2: reshaped", "block 1: no relu"),
        ("fc: no bias", "blocks.1.conv1: same", "blocks.0.bn1: epsilon"),
        ("input: channels", "stem: same"),
    ),
    "mobile": (
        ("stem: same", "stem: swish"),
        ("blocks.0: unlimited", "blocks.0.depth: rotated", "blocks.1.norm2: epsilon", "softmax: logits"),
        ("blocks.1.depth: same", "blocks.1: sigmoid"),
        ("blocks.2.squeeze: no bias", "blocks.2: not added", "pool: maximum"),
        ("input: range", "blocks.2.depth: turned"),
    ),
    "unet": (
        ("first: turned", "leaky: slope", "norm1: epsilon", "up1: same"),
        ("first: no bias", "elu: alpha", "cat: exchanged"),
        ("down2: dilation", "norm2: epsilon"),
        ("down2: reshaped", "norm2: layer", "up2: nearest"),
        ("up1: rotated", "up3: bilinear", "softplus: relu", "last: same"),
        ("sigmoid: hard",),
    ),
    "transformer": (
        ("patches: rotated", "norm1: epsilon"),
        ("patches: no bias", "norm2: epsilon", "gelu: tanh"),
        ("attention: no scale", "gelu: silu"),
        ("attention: axis", "last: not added"),
    ),
    "exported": (
        ("first: same", "norm2: epsilon", "elu: alpha", "pool: divisor"),
        ("norm1: epsilon", "leaky: slope"),
        ("second: rotated", "third: no bias", "gate: alpha"),
        ("third: rotated", "most: floor", "up: pads", "softmax: axis"),
    ),
}
"""Family -> the mistakes of each port; the faithful one comes besides."""
PREPARED: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "input: channels": lambda x: x[:, ::-1],
    "input: range": lambda x: (x - np.float32(0.5)) * np.float32(2),
}
"""Mistake -> what B's input is made of A's by."""
OF_THE_INPUT = {"input: channels": {"channel_order"}, "input: range": {"scale", "offset"}}


@dataclass(frozen=True)
class Found:
    """What a walk made of a port. named, missed: mistakes; innocent: layers that were accused; seconds: of the walk."""

    family: str
    mistakes: tuple[str, ...]
    named: tuple[str, ...]
    missed: tuple[str, ...]
    innocent: tuple[str, ...]
    repaired: str
    share: float | None
    seconds: float


def family(name: str) -> Any:
    """The module of a family."""
    return importlib.import_module(f"benchmarks.walk.{name}")


def found(name: str, folder: Path, mistakes: Sequence[Sequence[str]]) -> Iterator[Found]:
    """Builds, traces and walks the ports of a family with these mistakes."""
    original = _traced(_source(name, folder), _input(name), folder / "a.npz")
    paths = [folder / f"b{number}{SUFFIXES.get(name, '.keras')}" for number in range(len(mistakes))]
    _build(name, dict(zip(map(str, paths), mistakes)))
    for path, planted in zip(paths, mistakes):
        port = _traced([str(path)], _prepared(name, planted), folder / f"{path.stem}.npz")
        with opened(original) as a, opened(port) as b:
            start = time.process_time()
            walked = walk(a, b)
        yield _judged(name, planted, walked, time.process_time() - start)


def _source(name: str, folder: Path) -> list[str]:
    if name == "gray":
        return list(map(str, family(name).make(folder)))
    return [f"torch:{HERE / name}.py:make"]


def _input(name: str) -> np.ndarray:
    return np.random.default_rng(0).normal(size=family(name).SHAPE).astype(np.float32)


def _prepared(name: str, mistakes: Sequence[str]) -> np.ndarray:
    """B's input, channels last but for an export."""
    x = _input(name)
    for mistake in mistakes:
        x = PREPARED.get(mistake, lambda x: x)(x)
    return x if name == "exported" else np.ascontiguousarray(np.moveaxis(x, 1, -1))


def _build(name: str, ports: Mapping[str, Sequence[str]]) -> None:
    command = [sys.executable, "-m", "benchmarks.walk.porting", name, json.dumps(ports)]
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent.parent, env=environment)


def _traced(source: Sequence[str], x: np.ndarray, out: Path) -> Path:
    tracing_runs.traced(tracing_runs.source(source), {"": x}, out, ())
    return out


def _judged(name: str, mistakes: Sequence[str], walked: Walked, seconds: float) -> Found:
    own = [each for each in mistakes if each not in PREPARED]
    causes = {each: family(name).CAUSES[each] for each in own}
    named = [each for each in own if any(_is_named(fault, *causes[each]) for fault in walked.faults)]
    named += [each for each in mistakes if each in PREPARED and OF_THE_INPUT[each] == _of_the_input(walked)]
    planted = {layer for layer, _ in causes.values()}
    innocent = [_layers(fault) for fault in walked.faults if not planted & {*fault.a, *fault.b}]
    missed = [each for each in mistakes if each not in named]
    repaired = walked.repaired.verdict if walked.repaired else "not evaluated"
    share = walked.repaired.share if walked.repaired else None
    return Found(name, tuple(mistakes), tuple(named), tuple(missed), tuple(innocent), repaired, share, seconds)


def _is_named(fault: Judged, layer: str, cause: str) -> bool:
    ids = [change["id"] for change in fault.why.transforms]
    return layer in (*fault.a, *fault.b) and cause in ids


def _of_the_input(walked: Walked) -> set[str]:
    return {change["id"] for change in walked.preparation.transforms}


def _layers(fault: Judged) -> str:
    return ", ".join(fault.b or fault.a)

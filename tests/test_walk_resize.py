"""Walks over networks that resize: grids, nearest samples, antialiasing, factors; as PyTorch traces them, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.traces import opened
from harness.models.walk import walk
from tests.test_walk import BIASES, KERNELS, MEANS, A, B, X, demand_clean, ids, told
from tests.traced import Net
from tests.tracing import trace

RESIZES: list[dict[str, Any]] = [
    {"size": [13, 11], "interpolation": "linear", "coordinates": "half_pixel"},
    {
        "size": 22,
        "scale": [1.7, 2.0],
        "interpolation": "nearest",
        "coordinates": "asymmetric",
        "nearest_rounding": "floor",
    },
    {"size": [9, 14], "scale": [0.41, 0.65], "interpolation": "cubic", "cubic_coefficient": -0.75},
    {"size": [4, 7], "interpolation": "area"},
]


def traced(side: Any, faults: dict[int, dict[str, Any]] | None = None, untraced: tuple[int, ...] = ()) -> Trace:
    """Layers with kernels, each resized behind; faults: settings that resizes really have, by number."""
    net, prefix = Net(*side), "a" if side is A else "b"
    at = net.input(X)
    for number, settings in enumerate(RESIZES):
        parameters = {"kernel": KERNELS[number], "bias": BIASES[number]}
        at = net.layer(f"{prefix}{number}", "convolution", at, parameters, {**MEANS, "padding": 1})
        really, stated = (faults or {}).get(number), number not in untraced
        at = net.layer(f"{prefix}{number}.resize", "resize", at, {}, settings, really=really, stated=stated)
    return net.trace(at)


def test_resizes_are_judged() -> None:
    walked = walk(traced(A), traced(B))
    demand_clean(walked)
    assert {each.operation for each in walked.pairs} == {"convolution", "resize"}


@pytest.mark.parametrize("untraced", [(), (0, 1, 2)])
@pytest.mark.parametrize(
    ("number", "really", "named"),
    [
        (0, {"coordinates": "align_corners"}, "coordinates"),
        (0, {"coordinates": "asymmetric"}, "coordinates"),
        (1, {"nearest_rounding": "prefer_ceil"}, "nearest_rounding"),
        (2, {"scale": [9 / 22, 14 / 22]}, "scale"),
        (2, {"cubic_coefficient": -0.5}, "cubic_coefficient"),
        (2, {"antialias": True}, "antialias"),
        (2, {"outside": "renormalize"}, "outside"),
    ],
)
def test_another_resize_is_named_traced_or_not(
    number: int, really: dict[str, Any], named: str, untraced: tuple[int, ...]
) -> None:
    walked = walk(traced(A), traced(B, {number: really}, untraced))
    (fault,) = walked.faults
    assert ids(fault) == [named]
    assert fault.a == (f"a{number}.resize",)
    assert fault.b == (() if untraced else (f"b{number}.resize",))
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"


def test_several_resizes_are_named_in_one_run() -> None:
    faults = {0: {"coordinates": "align_corners"}, 2: {"cubic_coefficient": -0.5}}
    walked = walk(traced(A), traced(B, faults))
    assert [(each.b, ids(each)) for each in walked.faults] == [
        (("b0.resize",), ["coordinates"]),
        (("b2.resize",), ["cubic_coefficient"]),
    ]


# --- traced by a framework -------------------------------------------------------------------------------------------

NETWORK = '''
import torch


class Net(torch.nn.Module):
    """Two layers, and what is between them resized three times."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.last = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 2, 3)

    def forward(self, x):
        x = torch.nn.functional.interpolate(self.first(x), size=(13, 17), mode="bilinear", align_corners=CORNERS)
        x = torch.nn.functional.interpolate(x, scale_factor=1.7, mode=NEAREST)
        x = torch.nn.functional.interpolate(x, size=(9, 12), mode="bicubic", antialias=ANTIALIAS)
        return self.last(torch.nn.functional.interpolate(x, size=AREA, mode="area"))


def make():
    return Net().eval()
'''
IMAGE = np.random.default_rng(1).normal(size=(2, 3, 9, 11)).astype(np.float32)


def network(
    folder: Path,
    corners: bool = False,
    nearest: str = "nearest",
    antialias: bool = False,
    area: tuple[int, int] = (3, 4),
) -> Path:
    pytest.importorskip("torch")
    folder.mkdir()
    path = folder / "net.py"
    path.write_text(f"CORNERS, NEAREST, ANTIALIAS, AREA = {corners}, {nearest!r}, {antialias}, {area}\n{NETWORK}")
    return trace(folder, f"torch:{path}:make", x=IMAGE)


def test_what_pytorch_resizes_is_judged(tmp_path: Path) -> None:
    with opened(network(tmp_path / "a")) as a, opened(network(tmp_path / "b")) as b:
        walked = walk(a, b)
    demand_clean(walked)
    assert sum(each.operation == "resize" for each in walked.pairs) == 4


def test_the_mistakes_of_a_port_are_named(tmp_path: Path) -> None:
    mistakes = network(tmp_path / "b", corners=True, nearest="nearest-exact")
    with opened(network(tmp_path / "a")) as a, opened(mistakes) as b:
        walked = walk(a, b)
    assert [set(ids(each)) for each in walked.faults] == [{"coordinates"}, {"coordinates", "nearest_rounding"}]
    assert [told(each)[2] for each in walked.faults] == ["convention"] * 2


def test_areas_of_windows_that_overlap_are_left_open(tmp_path: Path) -> None:
    """No case has them; the layers about them are judged all the same."""
    with opened(network(tmp_path / "a", area=(4, 5))) as a, opened(network(tmp_path / "b", area=(4, 5))) as b:
        walked = walk(a, b)
    assert [each.a for each in walked.pairs if each.verdict != "agrees"] == [("interpolate_4",)]
    assert not walked.faults

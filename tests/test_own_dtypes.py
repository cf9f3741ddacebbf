"""Edits are run, and shown, on arrays of the dtypes that the user has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import harness
from harness.judge import own_dtypes

LINE = "torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), w, stride=2)"
PROGRAM = f'x, w = (np.ascontiguousarray(a, "float32") for a in (x, w))\ny = np.asarray({LINE})\n'
RANDOM = np.random.default_rng(0)
BYTES = RANDOM.integers(0, 256, (1, 8, 8, 3)).astype("uint8")
TAPS = RANDOM.normal(size=(3, 3, 3, 4)).astype("float32")


def turned(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The output of a convolution: the kernel is read backwards."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), (3, 3), axis=(1, 2))
    return np.einsum("nhwcab,abco->nhwo", windows, w[::-1, ::-1]).astype("float32")


def pooled(x: np.ndarray) -> np.ndarray:
    return x.astype(float).reshape(1, 4, 2, 4, 2, 3).mean((2, 4)).astype("float32")


def resized(x: np.ndarray) -> np.ndarray:
    """Of 8 to 4, linearly, corners aligned."""
    at = np.linspace(0, 7, 4)
    low = np.minimum(at.astype(int), 6)
    along = np.zeros((4, 8))
    along[range(4), low], along[range(4), low + 1] = 1 - (at - low), at - low
    return np.einsum("ah,bw,nhwc->nabc", along, along, x.astype(float)).astype("float32")


def fitting(arrays: dict[str, np.ndarray], y: np.ndarray, **settings: Any) -> list[tuple[str, np.ndarray]]:
    """Each edit of PyTorch, and what it gives on tensors of the user's own arrays."""
    torch = pytest.importorskip("torch")
    found = harness.explain(*arrays.values(), y, systems=["torch"], **settings)
    mine = {name: torch.from_numpy(each) for name, each in arrays.items()}
    lines = [proof.program for proof in found.proofs if proof.edited]
    return [(line, np.asarray(eval(line, {"torch": torch, "np": np, **mine}))) for line in lines]


@pytest.mark.parametrize(
    ("x", "w", "cast"),
    [
        (BYTES, TAPS, "x.float()"),
        (BYTES, (TAPS * 9).astype("int8"), "w.float()"),
        (BYTES.astype("float64"), TAPS, "x.float()"),
        (BYTES.astype("float64"), TAPS.astype("float64"), ""),
        (BYTES.astype("float32"), TAPS, ""),
    ],
)
def test_an_edit_of_a_convolution_holds_for_the_arrays_as_they_are(x: np.ndarray, w: np.ndarray, cast: str) -> None:
    y = turned(x, w)
    edits = fitting({"x": x, "w": w}, y, layout="NHWC,HWIO,NHWC", padding="valid")
    assert edits
    for line, found in edits:
        np.testing.assert_allclose(found, y, rtol=1e-4, atol=1e-4 * np.abs(y).max())
        assert ("float()" in line) == bool(cast), line


@pytest.mark.parametrize(
    ("y", "settings"),
    [
        (pooled(BYTES), {"operation": "pooling", "reduce": "average", "window": 2, "stride": 1, "padding": 0}),
        (
            resized(BYTES),
            {"operation": "resize", "size": [4, 4], "interpolation": "linear", "coordinates": "half_pixel"},
        ),
    ],
)
def test_an_edit_of_bytes_gives_fractions(y: np.ndarray, settings: dict[str, Any]) -> None:
    edits = fitting({"x": BYTES}, y, layout="NHWC,NHWC", **settings)
    assert edits
    for _, found in edits:
        np.testing.assert_allclose(found, y, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("system", "line"),
    [
        ("torch", "torch.nn.functional.conv2d(x.float().permute(0, 3, 1, 2), w, stride=2)"),
        ("tensorflow", "torch.nn.functional.conv2d(tf.cast(x, tf.float32).permute(0, 3, 1, 2), w, stride=2)"),
        ("jax", 'torch.nn.functional.conv2d(x.astype("float32").permute(0, 3, 1, 2), w, stride=2)'),
    ],
)
def test_each_system_casts_in_its_own_way_what_needs_it(system: str, line: str) -> None:
    edit = own_dtypes.in_own_dtypes(system, LINE, PROGRAM, {"x": "uint8", "w": "float32"})
    assert edit == (line, f"x, w = (np.ascontiguousarray(a) for a in (x, w))\ny = np.asarray({line})\n")


def test_what_no_file_says_is_left_as_it_is() -> None:
    assert own_dtypes.known({"x": "bfloat16", "w": "float16"}) == {"w": "float16"}
    assert own_dtypes.in_own_dtypes("torch", LINE, PROGRAM, {}).line == LINE

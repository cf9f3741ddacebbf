"""Edits are run, and shown, on arrays of the dtypes that the user has."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.case.of_files import case_of_files
from harness.judge import own_dtypes
from harness.operations.stated import LIST

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


def brain_floats(path: Path, **arrays: np.ndarray) -> dict[str, np.ndarray]:
    """A safetensors file of arrays whose numbers bfloat16 has, and these numbers."""
    halves = {name: (each.astype("float32").view("uint32") >> 16).astype("<u2") for name, each in arrays.items()}
    ends = np.cumsum([0, *(each.nbytes for each in halves.values())]).tolist()
    head = {
        name: {"dtype": "BF16", "shape": each.shape, "data_offsets": ends[number : number + 2]}
        for number, (name, each) in enumerate(halves.items())
    }
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(each.tobytes() for each in halves.values()))
    return {name: (each.astype("uint32") << 16).view("float32") for name, each in halves.items()}


def edits_of(case: Any) -> list[str]:
    (found,) = harness.explain_recordings(case, ["torch"])
    return [proof.program for proof in found.proofs if proof.edited]


@pytest.mark.parametrize("narrow", [("x", "w"), ("w",)])
def test_arrays_of_bfloat16_are_cast_where_they_are_used(tmp_path: Path, narrow: tuple[str, ...]) -> None:
    torch = pytest.importorskip("torch")
    arrays = brain_floats(tmp_path / "a.safetensors", x=BYTES, w=TAPS)
    named = {name: str(tmp_path / "a.safetensors") + f"#{name}" for name in narrow}
    for name in {"x", "w"} - {*narrow}:
        named[name] = str(tmp_path / f"{name}.npy")
        np.save(named[name], arrays[name])
    y = turned(arrays["x"], arrays["w"])
    np.save(tmp_path / "y.npy", y)
    files = {"input": named["x"], "kernel": named["w"], "output": str(tmp_path / "y.npy")}
    letters = {"input": "NHWC", "kernel": "HWIO", "output": "NHWC"}
    case = case_of_files("convolution", files, letters, {"padding": "valid"})
    mine = {name: torch.from_numpy(each) for name, each in arrays.items()}
    mine |= {name: mine[name].to(torch.bfloat16) for name in narrow}
    edits = edits_of(case)
    assert edits
    for line in edits:
        found = np.asarray(eval(line, {"torch": torch, "np": np, **mine}))
        np.testing.assert_allclose(found, y, rtol=1e-4, atol=1e-4 * np.abs(y).max())
        assert [f"{name}.float()" in line for name in ("x", "w")] == [name in narrow for name in ("x", "w")]


LISTS = """
title: lists
means: cross-correlation
padding: valid
input: {layout: HW, values: [[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3]]}
kernel: {layout: HW, values: [[1, 2], [3, 4]]}
recorded: [{system: mine, origin: printed, layout: HW, values: [[26, 36, 46], [57, 49, 59]]}]
"""


@pytest.mark.parametrize(
    ("change", "cast"),
    [
        (("", ""), "xw"),
        (("[[1, 2], [3, 4]]", "[[1.0, 2], [3, 4]]"), "x"),
        (("{layout: HW", "{dtype: float32, layout: HW"), ""),
    ],
)
def test_lists_of_whole_numbers_are_cast_unless_their_dtype_is_said(
    tmp_path: Path, change: tuple[str, str], cast: str
) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "a.yaml").write_text(LISTS.replace(*change, 1) if change[0] else LISTS)
    case = harness.load_case(tmp_path / "a.yaml")
    edits = edits_of(case)
    assert edits
    for line in edits:
        assert "".join(name for name in "xw" if f"{name}.float()" in line) == cast
        if len(cast) == 2:
            mine = {"x": torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3]]), "w": torch.tensor([[1, 2], [3, 4]])}
            assert eval(line, {"torch": torch, "np": np, **mine}).tolist() == [[26, 36, 46], [57, 49, 59]]


@pytest.mark.parametrize(
    ("system", "other", "cast"),
    [
        ("tensorflow", "float32", "x"),
        ("tensorflow", "float64", ""),
        ("torch", "float32", ""),
        ("torch", "float64", "x"),
        ("jax", "float32", ""),
        ("numpy", "float32", ""),
    ],
)
def test_a_list_with_fractions_has_the_dtype_that_a_system_gives_it(system: str, other: str, cast: str) -> None:
    """torch.tensor([0.5]) has single precision, numpy.array([0.5]) double; TensorFlow takes no two of them."""
    program = PROGRAM.replace("float32", other)
    line = own_dtypes.in_own_dtypes(system, LINE, program, {"x": LIST, "w": other}).line
    assert (line == LINE) == (not cast)
    assert own_dtypes.held_as(LIST, system) == ("float32" if system in ("torch", "jax") else "float64")


def test_an_edit_with_a_list_of_fractions_is_run_beside_a_file(tmp_path: Path) -> None:
    """What is shown was run on the dtypes that the user's arrays have."""
    pytest.importorskip("torch")
    np.save(tmp_path / "w.npy", np.array([[1, 2], [3, 4.5]]))
    (tmp_path / "a.yaml").write_text(
        LISTS.replace("[[1, 2, 3, 4]", "[[1.5, 2, 3, 4]")
        .replace("values: [[1, 2], [3, 4]]", "file: w.npy")
        .replace("[[26, 36, 46], [57, 49, 59]]", "[[47.5, 57.5, 68], [48.5, 32, 42.5]]")
    )
    (found,) = harness.explain_recordings(harness.load_case(tmp_path / "a.yaml"), ["torch"])
    assert [proof.program for proof in found.proofs if proof.edited]


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
    assert own_dtypes.known({"x": "E4M3", "w": "float16"}) == {"w": "float16"}
    assert own_dtypes.in_own_dtypes("torch", LINE, PROGRAM, {}).line == LINE

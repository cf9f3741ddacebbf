"""A batch norm that one side has folded into the layer before it: nobody innocent is accused where B has both."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli import main

R = np.random.default_rng(4)
X = R.normal(size=(2, 3, 4, 5)).astype(np.float32)
KERNEL, LAST = (R.normal(size=(6, 3, 1, 1)).astype(np.float32), R.normal(size=(4, 6, 1, 1)).astype(np.float32))
NORM = {
    "mean": R.normal(size=6).astype(np.float32),
    "variance": R.uniform(0.01, 0.1, 6).astype(np.float32),
    "scale": R.normal(size=6).astype(np.float32),
    "offset": R.normal(size=6).astype(np.float32),
}


def mixed(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | float = 0.0) -> np.ndarray:
    """A convolution of 1 x 1."""
    y = np.einsum("oi,nihw->nohw", kernel[..., 0, 0].astype(np.float64), x.astype(np.float64))
    return (y + np.reshape(bias, (1, -1, 1, 1))).astype(np.float32)


def layer(name: str, operation: str, taken: str, settings: dict[str, Any], **parameters: str) -> dict[str, Any]:
    letters = {"kernel": "OIHW", "bias": "O"}
    layouts = {"input": "NCHW", "output": "NCHW", **{role: letters.get(role, "C") for role in parameters}}
    about = {"name": name, "operation": operation, "settings": settings, "inputs": [taken], "outputs": [f"out/{name}"]}
    return {**about, "parameters": parameters, "layouts": layouts, "native": ""}


def written(path: Path, arrays: dict[str, np.ndarray], layers: list[dict[str, Any]]) -> str:
    about = {"format": 1, "system": "numpy", "source": "", "mode": "inference", "remarks": []}
    about |= {"inputs": [{"array": "in/x", "layout": "NCHW"}], "outputs": [{"array": "out/last"}], "layers": layers}
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            held = io.BytesIO()
            np.save(held, array)
            file.writestr(f"{name}.npy", held.getvalue())
        file.writestr("trace.json", json.dumps(about))
    return str(path)


def parted(path: Path, epsilon: float = 1e-5) -> str:
    """A convolution, a batch norm, and a convolution."""
    column = {name: each.reshape(1, -1, 1, 1).astype(np.float64) for name, each in NORM.items()}
    first = mixed(X, KERNEL)
    normal = (first - column["mean"]) / np.sqrt(column["variance"] + epsilon) * column["scale"] + column["offset"]
    normal = normal.astype(np.float32)
    arrays = {"in/x": X, "out/first": first, "out/norm": normal, "out/last": mixed(normal, LAST)}
    arrays |= {"par/w": KERNEL, "par/v": LAST, **{f"par/{name}": each for name, each in NORM.items()}}
    layers = [
        layer("first", "convolution", "in/x", {"padding": "valid"}, kernel="par/w"),
        layer("norm", "normalization", "out/first", {"epsilon": epsilon}, **{name: f"par/{name}" for name in NORM}),
        layer("last", "convolution", "out/norm", {"padding": "valid"}, kernel="par/v"),
    ]
    return written(path, arrays, layers)


def folded(path: Path) -> str:
    """The same with the batch norm in the first convolution."""
    factor = NORM["scale"] / np.sqrt(NORM["variance"] + 1e-5)
    kernel = (KERNEL * factor.reshape(-1, 1, 1, 1)).astype(np.float32)
    bias = (NORM["offset"] - NORM["mean"] * factor).astype(np.float32)
    first = mixed(X, kernel, bias)
    arrays = {"in/x": X, "out/first": first, "out/last": mixed(first, LAST)}
    arrays |= {"par/w": kernel, "par/b": bias, "par/v": LAST}
    layers = [
        layer("first", "convolution", "in/x", {"padding": "valid"}, kernel="par/w", bias="par/b"),
        layer("last", "convolution", "out/first", {"padding": "valid"}, kernel="par/v"),
    ]
    return written(path, arrays, layers)


def walked(capsys: pytest.CaptureFixture[str], *traces: str) -> tuple[int, Any]:
    code = main(["walk", *traces, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("order", [1, -1])
def test_a_faithful_fold_is_clean_either_way(tmp_path: Path, capsys: pytest.CaptureFixture[str], order: int) -> None:
    code, told = walked(capsys, *[parted(tmp_path / "a.npz"), folded(tmp_path / "b.npz")][::order])
    assert (code, told["faults"]) == (0, [])


def test_another_epsilon_is_named_where_a_has_both_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = walked(capsys, parted(tmp_path / "a.npz", 1e-3), folded(tmp_path / "b.npz"))
    (fault,) = told["faults"]
    assert code == 1
    assert (fault["b"], [change["id"] for change in fault["transforms"]]) == (["first"], ["epsilon"])


def test_where_b_has_both_they_are_accused_together_and_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = walked(capsys, folded(tmp_path / "a.npz"), parted(tmp_path / "b.npz", 1e-3))
    (fault,) = told["faults"]
    assert code == 1
    assert (fault["a"], fault["b"]) == (["first"], ["first", "norm"])
    (change,) = fault["transforms"]
    assert (change["id"], change["b"]) == ("epsilon", 1e-3)
    assert change["a"] == pytest.approx(1e-5, rel=1e-3)
    assert "last" not in fault["b"] and told["repaired"]["verdict"] == "agrees"

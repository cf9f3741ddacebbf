"""`harness weights` on taggers of PyTorch and their exports: its code moves the parameters of others as well."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.models import parameters, weights

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
WORDS = torch.arange(14).reshape(2, 7)


class Tagger(torch.nn.Module):  # type: ignore[misc]
    """A tag for each word, from what is before it and what is behind it."""

    def __init__(self, kind: str, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.words = torch.nn.Embedding(30, 6)
        self.read = getattr(torch.nn, kind)(6, 5, batch_first=True, bidirectional=True)
        self.tags = torch.nn.Linear(10, 4)

    def forward(self, words: Any) -> Any:
        return self.tags(self.read(self.words(words))[0])


def exported(tagger: Tagger, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(tagger.eval(), (WORDS,), path, dynamo=False, opset_version=17)
    return path


def held(tagger: Tagger) -> dict[str, np.ndarray]:
    return {name: each.numpy() for name, each in tagger.state_dict().items()}


@pytest.mark.parametrize(("kind", "after"), [("LSTM", "iofg"), ("GRU", "zrn")])
def test_the_code_for_one_tagger_moves_the_parameters_of_another(tmp_path: Path, kind: str, after: str):
    np.savez(tmp_path / "a.npz", **held(Tagger(kind, 0)))
    path = exported(Tagger(kind, 0), tmp_path / "b.onnx")
    with parameters.opened(tmp_path / "a.npz") as a, parameters.opened(path) as b:
        pairing = weights.proven(weights.paired(a.arrays, b.arrays), a.arrays, b.arrays)
    orders = [each["b"] for pair in pairing.pairs for each in pair.transforms if each["id"] == "gate_order"]
    assert orders == [after] * 3
    assert pairing.unpaired_a == ()
    assert sorted(len(pair.a) for pair in pairing.pairs) == [1, 1, 1, 2, 2, 4]
    other = Tagger(kind, 1).eval()
    moved = {pair.b: pair.converted([held(other)[name] for name in pair.a]) for pair in pairing.pairs}
    with torch.no_grad():
        np.testing.assert_allclose(run(path, moved), other(WORDS).numpy(), rtol=1e-4, atol=1e-5)


def run(path: Path, moved: dict[str, np.ndarray]) -> np.ndarray:
    """The tags that the exported network gives with these parameters in place of its own."""
    model = onnx.load(path)
    for array in model.graph.initializer:
        if array.name in moved:
            array.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(moved[array.name]), array.name))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: WORDS.numpy()})[0])

"""Walks over traces of real systems: a network of PyTorch, its export to ONNX and its port to Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.traces import opened
from harness.models.walk import walk
from tests.test_walk import demand_clean, ids, told
from tests.tracing import trace

pytest.importorskip("torch")
NETWORK = Path(__file__).parent / "networks" / "ported.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 3, 16, 16)).astype(np.float32)
MISTAKES = {"down": "padding_split", "slope": "slope", "reversed": "reverse_kernel", "gelu": "approximate"}


@pytest.fixture(scope="module")
def original(one_tracer: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    with opened(trace(tmp_path_factory.mktemp("torch"), f"torch:{NETWORK}:make", x=IMAGE)) as found:
        yield found


def saved(folder: Path, kind: str, *mistakes: str) -> Path:
    path = folder / f"net.{kind}"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, NETWORK, kind, path, *mistakes], check=True, capture_output=True, env=environment)
    return path


def ported(folder: Path, monkeypatch: pytest.MonkeyPatch, *mistakes: str) -> Path:
    pytest.importorskip("keras")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return trace(folder, saved(folder, "keras", *mistakes), x=IMAGE.transpose(0, 2, 3, 1))


def test_an_export_to_onnx_agrees_also_where_it_splits_a_function(original: Trace, tmp_path: Path):
    pytest.importorskip("onnxruntime")
    with opened(trace(tmp_path, saved(tmp_path, "onnx"), x=IMAGE)) as export:
        walked = walk(original, export)
    demand_clean(walked)
    assert len([each for each in walked.pairs if each.a == ("gelu",) and len(each.b) == 5]) == 1


def test_a_faithful_port_agrees(original: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It pads and cuts in layers of their own, and does its activations at once."""
    with opened(ported(tmp_path, monkeypatch)) as port:
        walked = walk(original, port)
    demand_clean(walked)
    assert told(walked.pairs[0]) == (("down",), ("zero_padding2d", "d"), "agrees")
    assert (("up",), ("u", "cropping2d"), "agrees") in [told(each) for each in walked.pairs]


def test_the_mistakes_of_a_port_are_all_named_in_one_run(
    original: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with opened(ported(tmp_path, monkeypatch, *MISTAKES, "up")) as port:
        walked = walk(original, port)
    assert [ids(each) for each in walked.faults] == [[each] for each in (*MISTAKES.values(), "padding_split")]
    assert [each.a for each in walked.faults] == [("down",), ("leaky_relu",), ("depth",), ("gelu",), ("up",)]
    assert all(set(each.why.code) == {"torch"} for each in walked.faults)
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"

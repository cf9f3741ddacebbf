"""What `harness trace` takes for a model, and which files it writes over."""

from __future__ import annotations

import numpy as np
import pytest

from harness.backends import Backend
from harness.cli import main
from harness.models.tracing_runs import TraceError, is_trace, source
from harness.worker.archive import Archive


@pytest.mark.parametrize(
    ("given", "backend", "module"),
    [
        (["net.onnx"], "onnxruntime", "onnx_trace"),
        (["net.pt2"], "torch", "torch_trace"),
        (["torch:net.py:make"], "torch", "torch_trace"),
        (["torch:package.net:make"], "torch", "torch_trace"),
        (["net.keras"], "keras", "keras_trace"),
        (["net.h5"], "keras", "keras_trace"),
        (["saved"], "tensorflow", "saved_model_trace"),
        (["net.prototxt", "net.caffemodel"], "caffe", "pycaffe_trace"),
        (["jax:net.py:make"], "jax", "jax_trace"),
    ],
)
def test_a_source_is_traced_by_its_framework(tmp_path, monkeypatch, given, backend, module):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Backend, "missing", lambda self: None)
    (tmp_path / "saved").mkdir()
    for name in (*given, "saved/saved_model.pb"):
        if ":" not in name and name != "saved":
            (tmp_path / name).write_bytes(b"")
    found = source(given)
    assert (found.backend.name, found.module) == (backend, f"harness.backends.tracing.{module}")


def test_without_caffe_its_format_is_read_by_opencv(tmp_path, monkeypatch):
    monkeypatch.setattr(Backend, "missing", lambda self: "not there" if self.name == "caffe" else None)
    names = [str(tmp_path / name) for name in ("net.caffemodel", "net.prototxt")]
    for name in names:
        open(name, "w").close()
    found = source(names)
    assert (found.backend.name, found.files) == ("opencv", tuple(reversed(names)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["none.onnx"], "none.onnx: no such file"),
        (["net.bin"], "not a model that is traced; expected model.onnx"),
        (["net.prototxt"], "not a model that is traced"),
        (["torch:net.py"], "expected torch:file.py:function"),
        (["folder"], "not a model that is traced"),
    ],
)
def test_what_is_no_source_is_one_message(tmp_path, monkeypatch, given, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("net.bin", "net.prototxt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(TraceError, match=message):
        source(given)


@pytest.mark.parametrize(
    ("out", "inputs", "message"),
    [
        ("a.txt", ["x.npy"], "a trace is an .npz file"),
        ("arrays.npz", ["x.npy"], "is there already"),
        ("a.npz", ["x.npy", "x.npy"], "two inputs have one name"),
        ("a.npz", ["y.npy"], "no such file"),
    ],
)
def test_a_command_that_is_wrong_is_one_message(tmp_path, monkeypatch, capsys, out, inputs, message):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros(3))
    np.savez("arrays.npz", x=np.zeros(3))
    (tmp_path / "net.onnx").write_bytes(b"")
    given = [argument for each in inputs for argument in ("--input", each)]
    assert main(["trace", "net.onnx", *given, "-o", out]) == 2
    assert message in capsys.readouterr().err


def test_a_framework_that_is_missing_is_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Backend, "missing", lambda self: "run: harness install onnxruntime")
    np.save("x.npy", np.zeros(3))
    (tmp_path / "net.onnx").write_bytes(b"")
    assert main(["trace", "net.onnx", "--input", "x.npy", "-o", "a.npz"]) == 3
    assert "traced by onnxruntime, which is not available: run: harness install" in capsys.readouterr().err
    assert not (tmp_path / "a.npz").exists()


def test_a_trace_is_told_from_other_archives(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    assert not is_trace(tmp_path / "a.npz") and not is_trace(tmp_path / "none.npz")
    with Archive(tmp_path / "b.npz") as archive:
        archive.describe({})
    assert is_trace(tmp_path / "b.npz")

"""`harness explain --input ...` and `harness new --from ...` with the files that people have, sound and hostile."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import caffemodel
from harness.case import of_files as files
from harness.case.read import CaseError
from harness.cli import main
from harness.worker.protobuf import bytes_field, varint

X = np.arange(30, dtype="f4").reshape(1, 1, 5, 6) % 7
W = np.array([[[[1, 2], [3, 5]]]], "f4")
Y = np.array(
    [[[[(X[0, 0, i : i + 2, j : j + 2] * W[0, 0, ::-1, ::-1]).sum() for j in range(5)] for i in range(4)]]], "f4"
)
"""What a kernel that is read backwards gives."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("y.npy", Y)
    return tmp_path


def npz(values: np.ndarray) -> str:
    np.savez("w.npz", w=values)
    return "w.npz#w"


def safetensors(values: np.ndarray) -> str:
    entry = {"dtype": "F32", "shape": values.shape, "data_offsets": [0, values.nbytes]}
    header = json.dumps({"conv.weight": entry}).encode()
    Path("w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + values.astype("<f4").tobytes())
    return "w.safetensors#conv.weight"


def onnx(values: np.ndarray) -> str:
    dims = b"".join(b"\x08" + varint(size) for size in values.shape)
    tensor = dims + b"\x10\x01" + bytes_field(8, b"conv.weight") + bytes_field(9, values.astype("<f4").tobytes())
    Path("w.onnx").write_bytes(bytes_field(7, bytes_field(5, tensor)))
    return "w.onnx#conv.weight"


def keras(values: np.ndarray) -> str:
    h5py = pytest.importorskip("h5py")
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/conv2d/vars/0"] = values.transpose(2, 3, 1, 0)
    with zipfile.ZipFile("w.keras", "w") as archive:
        archive.writestr("model.weights.h5", weights.getvalue())
    return "w.keras#layers/conv2d/vars/0"


def matlab(values: np.ndarray) -> str:
    """Of two axes, as MATLAB leaves out the last ones of length 1."""
    pytest.importorskip("scipy.io").savemat("w.mat", {"w": values[0, 0]})
    return "w.mat#w"


def torch(values: np.ndarray) -> str:
    framework = pytest.importorskip("torch")
    framework.save({"conv.weight": framework.from_numpy(values)}, "w.pt")
    return "w.pt#conv.weight"


@pytest.mark.parametrize(
    ("made", "layout"),
    [(npz, "OIHW"), (safetensors, "OIHW"), (torch, "OIHW"), (onnx, "OIHW"), (keras, "HWIO"), (matlab, "HWIO")],
)
def test_a_kernel_comes_from_any_file(
    folder: Path, capsys: Any, made: Callable[[np.ndarray], str], layout: str
) -> None:
    name = made(W)
    options = ["--layout", f"NCHW,{layout},NCHW", "--padding", "valid", "--no-code", "--json"]
    assert main(["explain", "--input", "x.npy", "--kernel", name, "--observed", "y.npy", *options]) == 0
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    assert [each["id"] for each in found["explanations"][0]["transforms"]] == ["reverse_kernel"]
    assert main(["new", "mine", "--from", "x.npy", name, "--layout", f"NCHW,{layout}"]) == 0


@pytest.mark.parametrize("made", [npz, safetensors, torch, onnx])
def test_usual_layouts_are_taken_where_they_are_usual(folder: Path, made: Callable[[np.ndarray], str]) -> None:
    assert files.usual_layout("kernel", made(W)) == "OIHW"


@pytest.mark.parametrize("made", [keras, matlab])
def test_layouts_are_asked_for_where_they_are_not(folder: Path, made: Callable[[np.ndarray], str]) -> None:
    with pytest.raises(CaseError, match="give the axes of all arrays with --layout"):
        files.usual_layout("kernel", made(W))


# --- hostile files ---------------------------------------------------------------------------------------------------


def header(shape: tuple[int, ...]) -> bytes:
    data = io.BytesIO()
    np.lib.format.write_array_header_1_0(data, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return data.getvalue()


def archive(name: str, compression: int = zipfile.ZIP_STORED, **members: bytes) -> str:
    with zipfile.ZipFile(name, "w", compression) as target:
        for member, data in members.items():
            target.writestr(member.replace("__", "/").replace("_", "."), data)
    return name


def written(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


def pickled(steps: bytes) -> str:
    return archive("w.pt", a__data_pkl=b"\x80\x02" + steps + b".", a__data__0=bytes(16))


def safetensors_of(header: Any, data: bytes) -> str:
    text = json.dumps(header).encode()
    return written("w.safetensors", len(text).to_bytes(8, "little") + text + data)


def truncated_hdf5() -> str:
    h5py = pytest.importorskip("h5py")
    with h5py.File("w.h5", "w") as file:
        file["w"] = W
    return written("w.h5", Path("w.h5").read_bytes()[:-100])


def huge_hdf5() -> str:
    with pytest.importorskip("h5py").File("w.hdf5", "w") as file:
        file.create_dataset("w", (2**28,), "f8", chunks=(2**20,), compression="gzip")
    return "w.hdf5"


def external(location: str) -> str:
    Path("../secret.bin").write_bytes(bytes(16))
    entry = bytes_field(13, bytes_field(1, b"location") + bytes_field(2, location.encode()))
    tensor = b"\x08\x04\x10\x01" + bytes_field(8, b"w") + b"\x70\x01" + entry
    return written("w.onnx", bytes_field(7, bytes_field(5, tensor)))


TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\4tQK\0"
)
HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "a header that is no header": (lambda: written("w.npy", b"\x93NUMPY\1\0\x0a\0{'descr': "), "w.npy cannot be read"),
    "a pickle in .npy": (
        lambda: np.save("w.npy", np.array([{}], object), allow_pickle=True) or "w.npy",
        "w.npy cannot be read: arrays of numbers are taken, not of dtype object",
    ),
    "a huge shape": (
        lambda: written("w.npy", header((2**14, 2**15))),
        "536870912 elements; an array may have 268435456",
    ),
    "a zip bomb": (
        lambda: archive("w.npz", zipfile.ZIP_DEFLATED, w_npy=header((2**28,)) + bytes(2**22)),
        "2147483648 bytes out of 4.* save them in full, without compression",
    ),
    "a pickle with code": (
        lambda: pickled(b"cposix\nsystem\nX\x0a\0\0\0touch made\x85R"),
        "it asks for posix.system at byte 2, and only tensors are read; nothing of it was run: load it in PyTorch",
    ),
    "a pickle of before 1.6": (
        lambda: written("w.pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"cposix\nsystem\n"),
        "write it anew: torch.save",
    ),
    "one number as 2**28": (
        lambda: pickled(TENSOR + b"J\0\0\0\x10\x85K\0\x85\x89NtR"),
        "1073741824 bytes out of 4; .* save them in full",
    ),
    "arrays that share bytes": (
        lambda: safetensors_of(
            {name: {"dtype": "F32", "shape": [2], "data_offsets": [at, at + 8]} for name, at in (("v", 0), ("w", 4))},
            bytes(12),
        ),
        "'w' begins at byte 4 of the data, inside of 'v'",
    ),
    "a header of 2**60 bytes": (
        lambda: written("w.safetensors", (2**60).to_bytes(8, "little")),
        "a header of 1152921504606846976 bytes; at most 16777216 are read",
    ),
    "HDF5 that is cut": (truncated_hdf5, "no whole HDF5 file: .*; copy or download it again"),
    "HDF5 of nothing": (huge_hdf5, "2147483648 bytes out of 0; .* save them in full"),
    "numbers above the folder": (
        lambda: external("../secret.bin"),
        "which leads out of the model's folder; put that file beside the model",
    ),
    "numbers in /etc": (lambda: external("/etc/hostname"), "which leads out of the model's folder"),
    "a field that is longer than the file": (
        lambda: written("w.caffemodel", b"\xa2\x06\xff\xff\xff\xff\x0f"),
        "cut short: a field of 4294967295 bytes where 0 are left",
    ),
    "a variable of 4 GB": (
        lambda: written("w.mat", b"MATLAB 5.0 MAT-file".ljust(126, b"\0") + b"IM\x0e\0\0\0\xff\xff\xff\xff"),
        "cut short: a variable of 4294967295 bytes where 0 are left",
    ),
    "a graph of TensorFlow": (lambda: written("w.pb", b""), "load it in TensorFlow and save its constants"),
    "a pickle": (lambda: written("w.pkl", b"cposix\nsystem\n"), "a pickle is a program, and nothing is run here"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_one_message_and_takes_no_memory(folder: Path, capsys: Any, kind: str) -> None:
    made, message = HOSTILE[kind]
    inside = folder / "inside"
    inside.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inside)
        name = made()
        before = sorted(Path().iterdir())
        tracemalloc.start()
        given = ["--input", "../x.npy", "--kernel", name, "--observed", "../y.npy", "--layout", "NCHW,OIHW,NCHW"]
        code = main(["explain", *given, "--no-code"])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sorted(Path().iterdir()) == before, "nothing was run"
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1)
    assert re.search(message, said), said
    assert peak < 2**25


@pytest.mark.parametrize(
    ("layer", "definition", "message"),
    [
        ("conv9", b"layer { }", "expected w.caffemodel#LAYER, one of conv1"),
        ("conv1", b"layer { name: 'conv2' type: 'Convolution' }", "net.prototxt: expected a layer of type Convolution"),
        ("conv1", b"\xff\xfe\x00", "net.prototxt cannot be read as the text of a definition"),
        ("conv1", b"layer {" * 100_000, "net.prototxt: "),
        ("conv1", None, "net.prototxt: no such file; expected a .prototxt"),
    ],
)
def test_a_layer_of_caffe_that_its_files_do_not_have_is_told(
    folder: Path, capsys: Any, layer: str, definition: bytes | None, message: str
) -> None:
    written("w.caffemodel", caffemodel.write({"conv1": [W]}))
    if definition is not None:
        written("net.prototxt", definition)
    assert main(["new", "mine", "--from", "x.npy", f"w.caffemodel#{layer}", "--prototxt", "net.prototxt"]) == 2
    assert message in capsys.readouterr().err
    assert not Path("cases/mine.yaml").exists()


def test_an_operation_of_one_array_takes_one_file(folder: Path, capsys: Any) -> None:
    np.save("y.npy", X.reshape(1, 1, 5, 2, 3).max(axis=4))
    told = ["--operation", "pooling", "--reduce", "average", "--window", "[1, 3]", "--no-code"]
    assert main(["explain", "--input", "x.npy", "--observed", "y.npy", *told]) == 0
    assert "1. reduce" in capsys.readouterr().out
    assert main(["explain", "--input", "x.npy", "--kernel", "x.npy", "--observed", "y.npy", *told]) == 2
    assert "--kernel: this operation has none; leave it out" in capsys.readouterr().err
    assert main(["new", "pool", "--operation", "pooling", "--from", "x.npy", "--observed", "y.npy"]) == 0
    assert main(["new", "other", "--operation", "pooling", "--from", "x.npy", "x.npy"]) == 2
    assert "--from x.npy x.npy: expected 1 of this operation, input" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["mat", "txt"])
def test_layouts_that_fit_are_proposed_of_files_that_have_no_usual_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, shape in (("x", (2, 9, 8, 3)), ("w", (3, 3, 3, 5)), ("y", (2, 7, 6, 5))):
        array = np.arange(np.prod(shape)).reshape(shape) % 7
        with np.printoptions(threshold=10**6):
            Path(f"{name}.txt").write_text(repr(array))
        pytest.importorskip("scipy.io").savemat(f"{name}.mat", {name: array})
    given = ["--input", f"x.{suffix}", "--kernel", f"w.{suffix}", "--observed", f"y.{suffix}"]
    assert main(["explain", *given]) == 2
    told = capsys.readouterr().err
    assert f"x.{suffix}: give the axes of all arrays with --layout, as NHWC,HWIO,NHWC" in told
    assert "try the layout NHWC,HWIO,NHWC, which fits: input 2 x 9 x 8 x 3 as NHWC" in told

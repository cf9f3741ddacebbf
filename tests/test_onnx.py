"""`.onnx` files: the numbers and nodes that the `onnx` package writes are read; what leads out of the folder is not."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from harness.grammar import files
from harness.grammar.files import FileError, onnx, stored
from harness.worker.protobuf import bytes_field as field
from harness.worker.protobuf import varint
from tests.damaged import DAMAGE, Damage, read_when_damaged

RAW = np.arange(4, dtype="<f4").tobytes()


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("onnx")


def model(library: Any, tensors: list[Any], nodes: tuple[Any, ...] = ()) -> Any:
    helper = library.helper
    return helper.make_model(helper.make_graph(list(nodes), "g", [], [], initializer=tensors))


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("dtype", stored.DTYPES)
def test_dtypes_are_kept_raw_and_typed(tmp_path: Path, library: Any, dtype: str, raw: bool) -> None:
    wide = dtype == "bfloat16"
    values = np.array([[0, 1, 2], [3, 120, 1.5 if "float" in dtype else 7]]) - (2 if dtype[0] not in "u" else 0)
    kind = getattr(library.TensorProto, {"float32": "FLOAT", "float64": "DOUBLE"}.get(dtype, dtype.upper()))
    array = values.astype("float32" if wide else dtype)
    bits = (array.view(np.uint32) >> 16).astype("<u2") if wide else array
    tensor = library.helper.make_tensor("w", kind, [2, 3], bits.tobytes() if raw else array.ravel(), raw=raw)
    library.save(model(library, [tensor]), tmp_path / "a.onnx")
    found = files.read(tmp_path / "a.onnx")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_initializers_and_constants_stand_by_their_names(tmp_path: Path, library: Any) -> None:
    array = library.numpy_helper.from_array
    constant = library.helper.make_node("Constant", [], ["c"], value=array(np.ones((2, 1)), "inner"))
    net = model(library, [array(np.ones((3, 2), "f4"), "conv.weight"), array(np.float64(5), "one")], (constant,))
    library.save(net, tmp_path / "a.onnx")
    path = tmp_path / "a.onnx"
    assert sorted(files.names(path)) == ["c", "conv.weight", "one"]
    assert files.read(path, "one") == 5
    assert files.read(path, "c").tolist() == [[1], [1]]


def test_other_tensors_are_listed_and_refused(tmp_path: Path, library: Any) -> None:
    helper, kinds = library.helper, library.TensorProto
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("s", kinds.FLOAT, [1], [1.0]), helper.make_tensor("i", kinds.INT64, [1], [2]), [3]
    )
    net = model(library, [helper.make_tensor("b", kinds.BOOL, [1], [True]), helper.make_tensor("f", 17, [1], [1.0])])
    net.graph.sparse_initializer.append(sparse)
    library.save(net, tmp_path / "a.onnx")
    for name, message in (("b", "dtype bool"), ("f", "dtype number 17 of ONNX"), ("s", "it is sparse")):
        with pytest.raises(FileError, match=f"'{name}': .*{message}"):
            files.read(tmp_path / "a.onnx", name)


def test_nodes_have_their_attributes(tmp_path: Path, library: Any) -> None:
    given = {"kernel_shape": (3, 2), "strides": (2, 1), "pads": (0, 1, 1, 0), "dilations": (1, 1), "group": 2}
    conv = library.helper.make_node("Conv", ["x", "w", "b"], ["y"], name="/conv/Conv", auto_pad="NOTSET", **given)
    other = library.helper.make_node("Elu", ["y"], ["z"], alpha=0.5, values=[1.5, -2.0])
    library.save(model(library, [], (conv, other)), tmp_path / "a.onnx")
    first, second = onnx.nodes(tmp_path / "a.onnx")
    assert first == onnx.Node("/conv/Conv", "Conv", ("x", "w", "b"), ("y",), {**given, "auto_pad": "NOTSET"})
    assert second == onnx.Node("", "Elu", ("y",), ("z",), {"alpha": 0.5, "values": (1.5, -2.0)})


def test_numbers_in_a_file_beside_the_model_are_read(tmp_path: Path, library: Any) -> None:
    arrays = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.arange(3.0)}
    net = model(library, [library.numpy_helper.from_array(array, name) for name, array in arrays.items()])
    options = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    library.save(net, tmp_path / "a.onnx", **options)
    for name, array in arrays.items():
        np.testing.assert_array_equal(files.read(tmp_path / "a.onnx", name), array)
    (tmp_path / "w.bin").write_bytes((tmp_path / "w.bin").read_bytes()[:-1])
    with pytest.raises(FileError, match="'b': cut short: 23 bytes where shape .* need 24"):
        files.read(tmp_path / "a.onnx", "b")
    (tmp_path / "w.bin").unlink()
    with pytest.raises(
        FileError, match="'b': its numbers are in 'w.bin', which is not beside the model; copy it there"
    ):
        files.read(tmp_path / "a.onnx", "b")


# --- files made by hand ----------------------------------------------------------------------------------------------


def number(at: int, value: int) -> bytes:
    return varint(at << 3) + varint(value % 2**64)


def tensor(*parts: bytes, dims: tuple[int, ...] = (4,), dtype: int = 1, name: str = "w") -> bytes:
    head = b"".join(number(1, size) for size in dims) + number(2, dtype)
    return field(5, head + field(8, name.encode()) + b"".join(parts))


def external(**entries: str) -> bytes:
    return number(14, 1) + b"".join(
        field(13, field(1, key.encode()) + field(2, value.encode())) for key, value in entries.items()
    )


def handmade(folder: Path, graph: bytes) -> Path:
    (folder / "a.onnx").write_bytes(field(7, graph))
    return folder / "a.onnx"


def test_numbers_that_are_not_packed_are_read(tmp_path: Path) -> None:
    single = b"".join(varint(4 << 3 | 5) + RAW[at : at + 4] for at in range(0, 16, 4))
    assert files.read(handmade(tmp_path, tensor(single))).tolist() == [0, 1, 2, 3]
    whole = b"".join(number(7, value) for value in (0, -1, 2**62, -(2**63)))
    assert files.read(handmade(tmp_path, tensor(whole, dtype=7))).tolist() == [0, -1, 2**62, -(2**63)]


@pytest.mark.parametrize(
    "location", ["../secret.bin", "deep/../../secret.bin", "link.bin", "/etc/hostname", "deep/link/secret.bin"]
)
def test_numbers_outside_of_the_folder_are_not_read(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(RAW)
    inside = tmp_path / "model"
    (inside / "deep").mkdir(parents=True)
    (inside / "link.bin").symlink_to(tmp_path / "secret.bin")
    (inside / "deep" / "link").symlink_to(tmp_path)
    path = handmade(inside, tensor(external(location=location)))
    with pytest.raises(FileError, match=f"its numbers are in '{location}', which leads out of the model's folder; put"):
        files.read(path, "w")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "w.bin", "offset": "-4"}, "16 bytes at -4 of w.bin where shape|-1 bytes at -4 of w.bin"),
        ({"location": "w.bin", "length": "15"}, r"15 bytes at 0 of w.bin where shape \(4,\) and dtype float32 need 16"),
        ({"location": "w.bin", "offset": "8"}, "cut short: 8 bytes where shape"),
        ({"location": "w.bin", "offset": str(2**63)}, "cannot be read"),
        ({"location": "w.bin", "offset": "x"}, "its numbers are in 'w.bin': invalid literal"),
        ({"location": "a\0b"}, "its numbers are in .*null byte"),
        ({}, "its numbers are in '', which is not beside the model"),
    ],
)
def test_what_is_said_of_another_file_is_not_trusted(tmp_path: Path, entries: dict[str, str], message: str) -> None:
    (tmp_path / "w.bin").write_bytes(RAW)
    with pytest.raises(FileError, match=message):
        files.read(handmade(tmp_path, tensor(external(**entries))), "w")


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (tensor(field(9, RAW), dims=(5,)), r"cut short: 16 bytes where shape \(5,\) and dtype float32 need 20"),
        (tensor(field(9, RAW), dims=(3,)), "16 bytes where shape"),
        (tensor(number(5, 1), dims=(2,), dtype=6), "cut short: 4 bytes where"),
        (tensor(dims=(2**20, 2**20)), "1099511627776 elements; an array may have 268435456"),
        (tensor(dims=(-1,)), "expected a shape of at most 32 axes"),
        (tensor(dims=(1,) * 40), "expected a shape of at most 32 axes"),
        (tensor(dims=(1,) * 65), "a list of more than 64 numbers"),
        (tensor(dims=(4,), dtype=0), "found dtype number 0 of ONNX"),
        (number(5, 3), "a number stands where a message or numbers are expected"),
        (field(5, field(2, b"\1\1")), "a list of more than 1 numbers"),
        (tensor(field(9, RAW)) * 2, "there are two arrays of this name"),
        (b"", "it holds no arrays"),
        (b"\x2a\xff\x01", "cut short"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, graph: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        files.read(handmade(tmp_path, graph))


@pytest.mark.parametrize("data", [field(1, b"x"), b"\x08\x07"])
def test_what_has_no_graph_is_no_model(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.onnx").write_bytes(data)
    with pytest.raises(FileError, match="not an ONNX model: it has no graph"):
        files.read(tmp_path / "a.onnx")


def test_whole_numbers_one_by_one_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "MOST_VARINTS", 3)
    with pytest.raises(FileError, match="a list of more than 3 numbers"):
        files.read(handmade(tmp_path, tensor(field(5, b"\1\2\3\4"), dtype=6)))


@given(DAMAGE)
def test_changed_bytes_give_arrays_or_a_message(tmp_path_factory: Any, damage: Damage) -> None:
    conv = field(
        1, field(1, b"x") + field(3, b"n") + field(4, b"Constant") + field(5, field(1, b"value") + number(3, 1))
    )
    path = handmade(
        tmp_path_factory.getbasetemp(),
        tensor(field(9, RAW)) + tensor(number(5, 1), dims=(1,), dtype=6, name="v") + conv,
    )
    read_when_damaged(path, damage)
    with contextlib.suppress(ValueError):
        assert isinstance(onnx.nodes(path), list)

"""`.safetensors` files: what the library writes is read, bit for bit, and a header that lies is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from harness.grammar import files
from harness.grammar.files import FileError, safetensors
from tests.damaged import DAMAGE, Damage, read_when_damaged

WHOLE = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


def written(folder: Path, header: Any, data: bytes = bytes(8), length: int | None = None) -> Path:
    """A file with this header: an object, or its text."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "a.safetensors"
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


@pytest.mark.parametrize("dtype", [dtype for dtype in safetensors.DTYPES.values() if dtype != "bfloat16"])
def test_what_the_library_writes_is_read(tmp_path: Path, dtype: str) -> None:
    library = pytest.importorskip("safetensors.numpy")
    arrays = {"conv.weight": np.arange(-6, 6).astype(dtype).reshape(2, 3, 2), "one": np.array(3, dtype)}
    path = tmp_path / "a.safetensors"
    library.save_file(arrays, path, {"format": "np"})
    assert sorted(files.names(path)) == ["conv.weight", "one"]
    for name, array in arrays.items():
        found = files.read(path, name)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found, array)


def test_bfloat16_is_widened_exactly(tmp_path: Path) -> None:
    """All numbers of bfloat16, by their bits, as PyTorch has them and as it widens them."""
    torch = pytest.importorskip("torch")
    library = pytest.importorskip("safetensors.torch")
    every = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    library.save_file({"w": every}, tmp_path / "a.safetensors")
    found = files.read(tmp_path / "a.safetensors")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(
        found.view(np.uint32), every.view(torch.int16).numpy().view(np.uint16).astype("u4") << 16
    )
    np.testing.assert_array_equal(found, every.float().numpy())


@pytest.mark.parametrize(("dtype", "size"), [("BOOL", 2), ("F8_E4M3", 2), ("C64", 16), ("F4", 1)])
def test_other_dtypes_are_listed_and_refused(tmp_path: Path, dtype: str, size: int) -> None:
    path = written(tmp_path, {"w": {"dtype": dtype, "shape": [2], "data_offsets": [0, size]}}, bytes(size))
    assert files.names(path) == ["w"]
    with pytest.raises(FileError, match=f"'w': expected an array of floats or integers .*, found dtype {dtype}"):
        files.read(path)


def entry(begin: int, end: int, shape: Any = (2,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"v": entry(0, 8), "w": entry(4, 12)}, "'w' begins at byte 4 of the data, inside of 'v'"),
        ({"v": entry(0, 8), "w": entry(0, 8)}, "'w' begins at byte 0 of the data, inside of 'v'"),
        ({"v": entry(0, 4, [1]), "w": entry(5, 9, [1])}, "bytes 4 to 5 of the data belong to no array"),
        ({"v": entry(0, 4, [1])}, "4 bytes behind the last array; write the file anew"),
        ({"v": entry(0, 16, [4])}, "cut short: 8 bytes of data, 16 are announced; copy or download the file again"),
        ({"v": entry(0, 8, [3])}, r"'v' has 8 bytes, which are not what shape \[3\] and dtype float32 need"),
        ({"v": entry(8, 0)}, "bytes 0 to 8 of the data belong to no array"),
        ({"v": entry(0, -8)}, "'v': expected dtype, shape and data_offsets"),
        ({"v": entry(0, 8, [-2])}, "'v': expected dtype, shape and data_offsets"),
        ({"v": entry(0, 8, [True, 2])}, "'v': expected dtype, shape and data_offsets"),
        ({"v": entry(0, 8, [1] * 33)}, "'v': expected dtype, shape and data_offsets"),
        ({"v": entry(0, 8, 2)}, "'v': expected dtype, shape and data_offsets"),
        ({"v": entry(0, 8, [2], 3)}, "'v': expected dtype, shape and data_offsets"),
        ({"v": {"dtype": "F32"}}, "'v': expected dtype, shape and data_offsets"),
        ({"v": []}, "'v': expected dtype, shape and data_offsets"),
        ([], "its header is no JSON object"),
        (b"{", "its header is no JSON: Expecting property name"),
        (b"\xff\xfe", "its header is no JSON"),
        (b"[" * 9999, "its header is no JSON"),
        (b'{"v": {}, "v": {}}', "there are two entries of the name 'v'"),
        (b"", "cut short: 0 bytes of a header of 0"),
    ],
)
def test_a_header_that_lies_is_told(tmp_path: Path, header: Any, message: str) -> None:
    with pytest.raises(FileError, match=f"^a.safetensors: .*{message}"):
        files.read(written(tmp_path, header))


def test_a_shape_is_judged_before_memory_is_taken(tmp_path: Path) -> None:
    """The product of the lengths is that of the bytes, but no array has so many."""
    header = {"w": entry(0, 2**40, [2**19, 2**19])}
    with pytest.raises(FileError, match="cut short: 8 bytes of data, 1099511627776 are announced"):
        files.read(written(tmp_path, header))
    path = written(tmp_path, {"w": entry(0, 0, [0, 2**40])}, b"")
    assert files.read(path).shape == (0, 2**40)


@pytest.mark.parametrize(
    ("length", "message"), [(2**24 + 1, "a header of 16777217 bytes; at most 16777216 are read"), (200, "cut short: ")]
)
def test_the_length_of_a_header_is_not_trusted(tmp_path: Path, length: int, message: str) -> None:
    with pytest.raises(FileError, match=message):
        files.read(written(tmp_path, WHOLE, length=length))


@given(DAMAGE)
def test_changed_bytes_give_arrays_or_a_message(tmp_path_factory: Any, damage: Damage) -> None:
    read_when_damaged(written(tmp_path_factory.getbasetemp(), {**WHOLE, "b": entry(8, 16)}, bytes(16)), damage)

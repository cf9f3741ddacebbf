"""`.mat` files: what SciPy and Octave write is read in their order of axes; what is broken or no number is refused."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grammar import files
from harness.grammar.files import FileError, mat, stored
from tests.damaged import DAMAGE, Damage, read_when_damaged

DTYPES = list(mat.CLASSES.values())


def saved(folder: Path, compressed: bool = False, **variables: Any) -> Path:
    savemat = pytest.importorskip("scipy.io").savemat
    savemat(folder / "a.mat", variables, do_compression=compressed)
    return folder / "a.mat"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_and_axes_are_those_of_the_array(tmp_path: Path, dtype: str, compressed: bool) -> None:
    arrays = {"w": np.arange(24).astype(dtype).reshape(2, 3, 4), "a_long_name_of_a_variable": np.ones((1, 1), dtype)}
    path = saved(tmp_path, compressed, **arrays)
    assert files.names(path) == list(arrays)
    for name, array in arrays.items():
        found = files.read(path, name)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found, array)


def test_a_vector_has_one_axis_where_one_is_wanted_and_last_axes_of_length_1_may_be_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path, b=np.arange(3.0), w=np.ones((3, 2)))
    assert files.read(path, "b").shape == (1, 3)
    assert files.fitted(files.read(path, "b"), path, 1).tolist() == [0, 1, 2]
    assert files.fitted(files.read(path, "w"), path, 4).shape == (3, 2, 1, 1)
    assert files.fitted(files.read(path, "w"), path, 1).shape == (3, 2)


def test_what_octave_writes_is_read(tmp_path: Path) -> None:
    """Whole numbers are kept in as few bytes as they need, and say so."""
    octave = shutil.which("octave-cli")
    if not octave:
        pytest.skip("no octave-cli here")
    program = "w = reshape(0:23, 2, 3, 4); h = single(w) / 3; i = int16(w); s = 'text'; save('-v7', 'a.mat')"
    subprocess.run([octave, "--quiet", "--eval", program], cwd=tmp_path, check=True, capture_output=True)
    expected = np.arange(24.0).reshape((2, 3, 4), order="F")
    for name, values in (("w", expected), ("h", np.float32(expected) / np.float32(3)), ("i", expected.astype("int16"))):
        found = files.read(tmp_path / "a.mat", name)
        assert found.dtype == values.dtype
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "text"),
        (np.array([[1, "x"]], object), "a cell"),
        ({"field": 1}, "a struct"),
        (np.ones((2, 2), complex), "complex"),
        (np.ones((2, 2), bool), "logical"),
    ],
)
def test_other_variables_are_listed_and_refused(tmp_path: Path, value: Any, kind: str) -> None:
    path = saved(tmp_path, o=value, w=np.ones((2, 2)))
    assert files.names(path) == ["o", "w"]
    assert files.read(path).tolist() == [[1, 1], [1, 1]]
    with pytest.raises(FileError, match=f"'o': it is {kind}; expected a full array of real numbers"):
        files.read(path, "o")


def test_a_sparse_matrix_is_refused(tmp_path: Path) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(FileError, match="'o': it is sparse; expected a full array"):
        files.read(saved(tmp_path, o=sparse.eye_array(3).tocsc()))


# --- files made by hand ----------------------------------------------------------------------------------------------


def element(kind: int, data: bytes, order: str = "<", size: int | None = None) -> bytes:
    size = len(data) if size is None else size
    return struct.pack(f"{order}II", kind, size) + data + bytes(-len(data) % 8)


def matrix(shape: tuple[int, ...], numbers: bytes, order: str = "<", flags: int = 6, name: bytes = b"w") -> bytes:
    parts = [
        element(6, struct.pack(f"{order}II", flags, 0), order),
        element(5, struct.pack(f"{order}{len(shape)}i", *shape), order),
        element(1, name, order),
    ]
    return element(14, b"".join(parts) + numbers, order)


def handmade(folder: Path, *variables: bytes, mark: bytes = b"\x00\x01IM") -> Path:
    (folder / "a.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + mark + b"".join(variables))
    return folder / "a.mat"


def test_the_highest_byte_may_come_first(tmp_path: Path) -> None:
    numbers = element(3, np.array([1, 2], ">i2").tobytes(), ">")
    path = handmade(tmp_path, matrix((1, 2), numbers, ">"), mark=b"\x01\x00MI")
    assert files.read(path).tolist() == [[1, 2]]
    assert files.read(path).dtype == np.float64


def test_short_elements_are_read(tmp_path: Path) -> None:
    short = struct.pack("<HH4s", 2, 3, b"\1\2\3")
    assert files.read(handmade(tmp_path, matrix((3, 1), short))).tolist() == [[1], [2], [3]]


def test_what_has_no_name_is_left_out(tmp_path: Path) -> None:
    one = element(9, np.ones(1).tobytes())
    path = handmade(tmp_path, matrix((1, 1), one), matrix((1, 1), one, name=b""), element(1, b"12345678"))
    assert files.names(path) == ["w"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("shape", "numbers", "message"),
    [
        ((2, 2), element(9, bytes(24)), r"24 bytes of type 9 where shape \(2, 2\) needs 32"),
        ((2, 2), element(9, bytes(24), size=32), "cut short: 24 bytes where shape"),
        ((2, 2), element(9, bytes(8), size=2**32 - 1), "4294967295 bytes of type 9 where shape"),
        ((2, 2), element(77, bytes(32)), "32 bytes of type 77"),
        ((2**14, 2**15), element(9, bytes(8)), "536870912 elements; an array may have 268435456"),
        ((-2, 2), element(9, bytes(32)), "expected a shape of at most 32 axes"),
        ((1,) * 33, element(9, bytes(8)), "expected a shape of at most 32 axes"),
        ((1,) * 300, element(9, bytes(8)), "a broken variable"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, packed: bool, shape: tuple[int, ...], numbers: bytes, message: str
) -> None:
    variable = matrix(shape, numbers)
    data = zlib.compress(variable)
    with pytest.raises(FileError, match=message):
        files.read(handmade(tmp_path, struct.pack("<II", 15, len(data)) + data if packed else variable))


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (element(14, bytes(8), size=800), "cut short: a variable of 800 bytes where 8 are left"),
        (element(14, bytes(8)), "a broken variable"),
        (b"1234", "a broken variable"),
        (element(15, b"12345678"), "a.mat cannot be read: Error -3 while decompressing"),
        (element(15, zlib.compress(bytes(16))), "a compressed element that holds no matrix"),
        (element(15, zlib.compress(b"")), "a compressed element that holds no matrix"),
        (matrix((1, 1), element(9, bytes(8)), flags=99), "it is of no class"),
    ],
)
def test_a_broken_variable_is_told(tmp_path: Path, variable: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        files.read(handmade(tmp_path, variable))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGEST_UNPACKED", 2**10)
    with pytest.raises(FileError, match="524288 bytes out of .* save them in full, without compression"):
        files.read(saved(tmp_path, compressed=True, w=np.zeros((2**8, 2**8))))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.mat: is empty; write, copy or download it again"),
        (b"# Created by Octave 8.4".ljust(200), "not a .mat file of MATLAB 5 or later"),
        (struct.pack("<5i", 0, 1, 1, 0, 2) + b"w\0" + bytes(8), "the form of MATLAB 4; write it anew: save"),
    ],
)
def test_another_form_says_what_to_do(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(FileError, match=message):
        files.read(tmp_path / "a.mat")


@given(DAMAGE, st.booleans())
def test_changed_bytes_give_arrays_or_a_message(tmp_path_factory: Any, damage: Damage, packed: bool) -> None:
    variable = matrix((2, 3), element(9, bytes(48))) + matrix((1, 2), element(2, b"\1\2"), flags=7, name=b"v")
    data = zlib.compress(variable)
    path = handmade(tmp_path_factory.getbasetemp(), struct.pack("<II", 15, len(data)) + data if packed else variable)
    read_when_damaged(path, damage)

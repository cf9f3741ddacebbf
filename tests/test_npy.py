"""NumPy's files: dtypes are kept, and what is large, broken, compressed beyond measure or pickled is refused."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.grammar import files, limits
from harness.grammar.files import FileError, stored

DTYPES = [dtype for dtype in stored.DTYPES if dtype != stored.WIDE]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_kept_in_the_byte_order_of_this_machine(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(np.dtype(dtype).newbyteorder(order))
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "b.npz", a=np.asfortranarray(array))
    for name in ("a.npy", "b.npz"):
        found = files.read(tmp_path / name)
        assert (found.dtype, found.dtype.isnative) == (np.dtype(dtype), True)
        np.testing.assert_array_equal(found, array)


def test_one_number_has_no_axes(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.float32(3))
    assert files.read(tmp_path / "a.npy").shape == files.shape(tmp_path / "a.npy") == ()


def test_the_only_array_of_an_archive_needs_no_key(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", weights=[1, 2])
    assert files.read(tmp_path / "a.npz").tolist() == files.read(tmp_path / "a.npz", "weights").tolist() == [1, 2]


def test_an_array_of_objects_does_not_hide_the_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", w=np.ones(2), o=np.array([{}], object))
    assert files.names(tmp_path / "a.npz") == ["w", "o"]
    assert files.read(tmp_path / "a.npz").tolist() == [1, 1]
    with pytest.raises(FileError, match="'o': it cannot be read: arrays of numbers are taken, not of dtype object"):
        files.read(tmp_path / "a.npz", "o")


def test_one_name_twice_names_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in (1, 2):
            data = io.BytesIO()
            np.save(data, number)
            archive.writestr(("w.npy", "w")[number - 1], data.getvalue())
    with pytest.raises(FileError, match="a.npz: 'w': there are two arrays of this name"):
        files.read(tmp_path / "a.npz")


@pytest.mark.parametrize(("zeros", "fits"), [(2**8, True), (2**8 + 1, False)])
def test_a_compressed_array_may_expand_without_measure_while_it_is_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zeros: int, fits: bool
) -> None:
    monkeypatch.setattr(stored, "LARGEST_UNPACKED", 2**8)
    monkeypatch.setattr(stored, "EXPANSION", 10)
    np.savez_compressed(tmp_path / "a.npz", w=np.zeros(zeros))
    np.savez(tmp_path / "b.npz", w=np.zeros(zeros))
    assert files.read(tmp_path / "b.npz").shape == (zeros,)
    if fits:
        assert files.read(tmp_path / "a.npz").shape == (zeros,)
    else:
        with pytest.raises(
            FileError, match=f"a.npz: 'w': {zeros * 8} bytes out of .*save them in full, without compression"
        ):
            files.read(tmp_path / "a.npz")


def test_a_large_array_that_expands_little_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGEST_UNPACKED", 2**8)
    np.savez_compressed(tmp_path / "a.npz", w=np.random.default_rng(0).normal(size=2**9))
    assert files.read(tmp_path / "a.npz").shape == (2**9,)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """2 GiB of zeros in 2 MB; of which nothing is unpacked, as the member is cut off behind its header."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (limits.LARGEST,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", header.getvalue())
    with pytest.raises(FileError, match="2147483648 bytes out of .* may expand 100-fold"):
        files.read(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_bytes_behind_an_array_are_not_left_unsaid(tmp_path: Path, name: str) -> None:
    """A header that says less than there is, or two arrays in one file: the first alone is not what was saved."""
    data = io.BytesIO()
    np.save(data, np.ones((2, 3)))
    np.save(data, np.zeros(2))
    if name == "a.npy":
        (tmp_path / name).write_bytes(data.getvalue())
    else:
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("w.npy", data.getvalue())
    with pytest.raises(FileError, match=r"more bytes than shape \(2, 3\) and dtype float64 have; write each"):
        files.read(tmp_path / name)


def test_a_pickle_under_the_name_of_an_array_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(FileError, match=r"a.npy: a pickle, which is a program, and nothing is run here; .*numpy.save"):
        files.read(tmp_path / "a.npy")


@pytest.mark.parametrize("of", [files.shape, files.dtype])
def test_the_shape_of_what_is_not_read_is_not_told(tmp_path: Path, of: Callable[[Path], object]) -> None:
    np.savez(tmp_path / "a.npz", w=np.ones(3, complex))
    with pytest.raises(FileError, match="'w': .*complex128"):
        of(tmp_path / "a.npz")


def test_a_small_file_does_not_become_a_large_array(tmp_path: Path) -> None:
    """What is made of an array takes some fifty times its memory: 2**22 elements stay below 1 GB."""
    np.savez_compressed(tmp_path / "a.npz", w=np.zeros(2**22 + 1, "float32"))
    with pytest.raises(FileError, match="a compressed array of more than 4194304 elements may expand 100-fold"):
        files.read(tmp_path / "a.npz")

"""The table of readers: which file and array are meant, and what is said where there is no such thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.grammar import files
from harness.grammar.files import FileError


@pytest.mark.parametrize(
    ("name", "file", "key"),
    [
        ("x.npz#w", "x.npz", "w"),
        ("a#b/x.NPZ#w#1", "a#b/x.NPZ", "w#1"),
        ("x.npz", "x.npz", ""),
        ("x #1.npy", "x #1.npy", ""),
        ("x.csv#w", "x.csv#w", ""),
        ("net.caffemodel#inception/1x1/0", "net.caffemodel", "inception/1x1/0"),
    ],
)
def test_a_key_follows_a_file_that_holds_several(name: str, file: str, key: str) -> None:
    assert files.split_key(name) == (file, key)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.dat", "x.dat: unknown kind of file '.dat'; expected .npy, .csv"),
        ("x", "x: unknown kind of file ''; expected .npy, .csv"),
        ("x.pb", "x.pb: it is not read: a TensorFlow graph; load it in TensorFlow and save its constants"),
        ("x.pkl", "x.pkl: it is not read: a pickle is a program, and nothing is run here; load it where you trust it"),
        ("x.npy", "x.npy: no such file"),
    ],
)
def test_a_file_that_is_not_read_says_what_to_do(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        files.read(tmp_path / name)
    assert str(caught.value).startswith(message)


def archive(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def test_a_name_that_is_missing_lists_the_nearest_first(tmp_path: Path) -> None:
    path = archive(tmp_path, **{"fc.weight": np.ones((5, 2)), "conv.bias": np.ones(3), "conv.weight": np.float64(1)})
    with pytest.raises(FileError) as caught:
        files.read(path, "conv.wieght")
    assert str(caught.value) == (
        "a.npz: no array 'conv.wieght'; it holds, the most similar first, "
        "conv.weight (one number), fc.weight (5 x 2), conv.bias (3)"
    )


def test_a_message_lists_so_many_names(tmp_path: Path) -> None:
    path = archive(tmp_path, **{f"w{number:02}": np.ones(1) for number in range(15)})
    with pytest.raises(FileError, match=r"it holds 15 arrays, name one as a.npz#NAME: .*, w11 \(1\) and 3 more$"):
        files.read(path)


def test_an_archive_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a.npz: it holds no arrays"):
        files.read(archive(tmp_path))


def test_text_is_brought_as_it_stands_and_other_arrays_as_npy(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1.50,2\n")
    path, values = files.bring(str(tmp_path / "x.csv"), tmp_path / "kept", 2)
    assert (path.read_text(), values.tolist()) == ("1.50,2\n", [[1.5, 2]])
    archive(tmp_path, w=np.ones((1, 2), np.float16), v=np.ones(1))
    path, values = files.bring(f"{tmp_path}/a.npz#w", tmp_path / "kept", 2)
    assert path == tmp_path / "kept.npy"
    assert np.load(path).dtype == values.dtype == np.float16


def test_every_format_is_documented() -> None:
    page = (Path(files.__file__).parents[3] / "docs" / "files.md").read_text("utf-8")
    for suffix in (*files.TABLE, *files.OTHERWISE):
        assert f"`{suffix}`" in page, suffix


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", "[[1 2]\n [3 4]]\n"), ("a.csv", "1,2\r\n3,4\r\n"), ("a.tsv", "1\t2\n3\t4\n")]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_terminals_write(tmp_path, name, text, encoding):
    (tmp_path / name).write_bytes(text.encode(encoding))
    np.testing.assert_array_equal(files.read(tmp_path / name), [[1, 2], [3, 4]])


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_text_in_another_encoding_is_told(tmp_path, name):
    (tmp_path / name).write_bytes("1 é".encode("latin-1"))
    with pytest.raises(
        files.FileError, match=f"^{name} cannot be read: it is no text in utf-8: found byte 0xe9; save it so"
    ):
        files.read(tmp_path / name)


@pytest.mark.parametrize("suffix", files.TABLE)
def test_a_file_that_is_empty_says_so(tmp_path, suffix):
    (tmp_path / f"a{suffix}").touch()
    with pytest.raises(files.FileError, match="is empty; write, copy or download it again"):
        files.read(tmp_path / f"a{suffix}")

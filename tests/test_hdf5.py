"""`.h5`, `.keras` and MATLAB 7.3: datasets are read as h5py and Keras write them, and nothing outside of them."""

from __future__ import annotations

import builtins
import contextlib
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from harness.grammar import files, limits
from harness.grammar.files import FileError, hdf5, stored
from tests.damaged import DAMAGE, Damage, read_when_damaged

h5py = pytest.importorskip("h5py")

WHOLE = np.arange(24, dtype="f4").reshape(2, 3, 4)


@contextlib.contextmanager
def made(folder: Path, name: str = "a.h5", **options: Any) -> Any:
    with h5py.File(folder / name, "w", **options) as file:
        yield file


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", [dtype for dtype in stored.DTYPES if dtype != stored.WIDE])
def test_dtypes_are_kept(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.arange(6).astype(np.dtype(dtype).newbyteorder(order)).reshape(2, 3)
    with made(tmp_path) as file:
        file["deep/w"] = array
        file["one"] = array[1, 1]
    found = files.read(tmp_path / "a.h5", "deep/w")
    assert (found.dtype, found.dtype.isnative) == (np.dtype(dtype), True)
    np.testing.assert_array_equal(found, array)
    assert files.read(tmp_path / "a.h5", "one") == 4


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "fletcher32": True, "chunks": (1, 2, 4)},
        {"chunks": (2, 2, 2), "maxshape": (None, None, None)},
        {"chunks": (8, 8, 8), "maxshape": (None, None, None), "compression": "gzip"},
    ],
)
def test_filters_of_h5py_are_read(tmp_path: Path, options: dict[str, Any]) -> None:
    with made(tmp_path) as file:
        file.create_dataset("w", data=WHOLE, **options)
    np.testing.assert_array_equal(files.read(tmp_path / "a.h5"), WHOLE)


def test_other_datasets_are_listed_and_refused(tmp_path: Path) -> None:
    with made(tmp_path) as file:
        file["text"], file["bool"], file["complex"], file["none"] = "x", [True], [1j], h5py.Empty("f4")
        file.create_dataset("lzf", data=WHOLE, compression="lzf")
        file.create_dataset("void", data=np.zeros(2, "V2"))
    found = {"text": "dtype object", "bool": "dtype bool", "complex": "dtype complex128", "none": "it is empty"}
    for name, message in {**found, "lzf": "h5repack -f GZIP=4 old.h5 new.h5", "void": "dtype void16"}.items():
        with pytest.raises(FileError, match=f"'{name}': .*{message}"):
            files.read(tmp_path / "a.h5", name)


def test_other_files_are_not_followed(tmp_path: Path) -> None:
    with made(tmp_path, "secret.h5") as file:
        file["w"] = WHOLE
    (tmp_path / "secret.bin").write_bytes(WHOLE.tobytes())
    with made(tmp_path) as file:
        file["link"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "w")
        file["soft"] = h5py.SoftLink("/raw")
        file.create_dataset("raw", (24,), "f4", external=[(str(tmp_path / "secret.bin"), 0, 96)])
        layout = h5py.VirtualLayout((24,), "f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "w", (24,))
        file.create_virtual_dataset("view", layout)
    path = tmp_path / "a.h5"
    assert files.names(path) == ["raw", "view"]
    for name, message in (
        ("raw", "its numbers are in another file, .*secret.bin"),
        ("view", "it is a view of datasets"),
    ):
        with pytest.raises(FileError, match=f"'{name}': {message}.*, which (is|are) not read; save"):
            files.read(path, name)
    for name in ("link", "soft"):
        with pytest.raises(FileError, match=f"no array '{name}'"):
            files.read(path, name)


def test_a_group_within_itself_is_seen_once(tmp_path: Path) -> None:
    with made(tmp_path) as file:
        file["a/w"] = WHOLE
        file["a/b"] = file["a"]
    assert files.names(tmp_path / "a.h5") == ["a/w"]


def test_a_file_may_hold_so_many_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hdf5, stored):
        monkeypatch.setattr(module, "MOST_ARRAYS", 2)
    with made(tmp_path) as file:
        file["a"], file["b"] = 1.0, 2.0
    assert files.names(tmp_path / "a.h5") == ["a", "b"]
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["c"] = 3.0
    with pytest.raises(FileError, match="more than 2 arrays"):
        files.names(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"shape": (2**14, 2**14), "chunks": (2**10, 2**10), "compression": "gzip"},
            "bytes out of 0; .* expand 100-fold",
        ),
        ({"shape": (2**14, 2**14)}, "bytes out of 0; .* expand 100-fold"),
        ({"shape": (2**20, 2**20), "chunks": (8, 8)}, "1099511627776 elements; an array may have 268435456"),
        (
            {"shape": (1,), "maxshape": (None,), "chunks": (2**26,), "compression": "gzip"},
            "chunks .* are larger than itself",
        ),
    ],
)
def test_a_shape_is_judged_before_memory_is_taken(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with made(tmp_path) as file:
        file.create_dataset("w", dtype="f8", **options)
    assert (tmp_path / "a.h5").stat().st_size < 10**5
    with pytest.raises(FileError, match=f"'w': .*{message}"):
        files.read(tmp_path / "a.h5")


def test_a_chunk_that_unpacks_to_more_than_its_size_is_refused(tmp_path: Path) -> None:
    """HDF5 itself takes memory for all that comes out: here 64 MiB where 4 KiB are announced."""
    with made(tmp_path) as file:
        dataset = file.create_dataset("w", (1024,), "f4", chunks=(1024,), compression="gzip")
        dataset.id.write_direct_chunk((0,), zlib.compress(bytes(2**26)))
    with pytest.raises(FileError, match=r"'w': the chunk at \(0,\) unpacks to more than the 4096 bytes that it has"):
        files.read(tmp_path / "a.h5")


def test_a_chunk_that_is_said_to_take_more_than_its_size_is_refused(tmp_path: Path) -> None:
    with made(tmp_path) as file:
        dataset = file.create_dataset("w", (1024,), "f4", chunks=(1024,), shuffle=True)
        dataset.id.write_direct_chunk((0,), bytes(4096 + 2**20 + 1))
    with pytest.raises(FileError, match=r"'w': the chunk at \(0,\) is said to take 1052673 bytes; it has 4096"):
        files.read(tmp_path / "a.h5")


@pytest.mark.parametrize(("length", "fits"), [(2**20 + 4096, True), (2**20 + 4097, False)])
def test_a_chunk_may_unpack_to_its_size_and_what_checks_it(length: int, fits: bool) -> None:
    assert hdf5._unpacks_to_more(zlib.compress(bytes(length)), 2**20 + 4096) is not fits


@pytest.mark.parametrize("cut", [0, 50, 200, 1000, -1])
def test_a_file_that_is_cut_short_says_so(tmp_path: Path, cut: int) -> None:
    with made(tmp_path) as file:
        file["w"] = WHOLE
    path = tmp_path / "a.h5"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileError, match=r"a.h5: (no whole HDF5 file: .*;|is empty; write,) copy or download it again"):
        files.read(path)


def test_without_h5py_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(b"\x89HDF")
    known = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return known(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FileError, match=r"h5py, which is not installed; run: pip install 'framework-agreement\[h5\]'"):
        files.read(tmp_path / "a.h5")


@given(DAMAGE)
def test_changed_bytes_give_arrays_or_a_message(tmp_path_factory: Any, damage: Damage) -> None:
    folder = tmp_path_factory.getbasetemp()
    with made(folder) as file:
        file["a/w"] = WHOLE
        file.create_dataset("z", data=np.arange(400.0).reshape(20, 20), chunks=(5, 5), compression="gzip")
    read_when_damaged(folder / "a.h5", damage)


# --- Keras -----------------------------------------------------------------------------------------------------------

KERAS = """
import keras, numpy
layers = [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="first"), keras.layers.Conv2D(2, 3, dtype="bfloat16")]
model = keras.Sequential(layers)
model.save("a.keras"); model.save("a.h5"); model.save_weights("a.weights.h5")
numpy.savez("a.npz", *[keras.ops.convert_to_numpy(keras.ops.cast(each, "float32")) for each in model.weights])
"""


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory: Any) -> Path:
    """A model of two layers as Keras saves it, made in a process of its own, and its weights in order."""
    pytest.importorskip("keras")
    folder: Path = tmp_path_factory.mktemp("keras")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", KERAS], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
def test_the_weights_of_keras_3_are_read(keras_files: Path, name: str) -> None:
    """bfloat16, too, which Keras keeps as bytes that are said to be so."""
    names = [f"layers/{layer}/vars/{index}" for layer in ("conv2d", "conv2d_1") for index in (0, 1)]
    assert files.names(keras_files / name) == names
    with np.load(keras_files / "a.npz") as wanted:
        for key, array in zip(names, wanted.values(), strict=True):
            np.testing.assert_array_equal(files.read(keras_files / name, key), array)


def test_a_layer_is_found_by_the_name_that_keras_shows(keras_files: Path) -> None:
    """The paths name the kinds of layers: `conv2d` is the layer `first`, and `conv2d_1` is the layer `conv2d`."""
    with pytest.raises(FileError) as caught:
        files.read(keras_files / "a.keras", "first")
    assert "it holds, the most similar first, layers/conv2d/vars/0 (3 x 3 x 3 x 4, layer first)" in str(caught.value)


def test_the_older_form_of_keras_is_read(keras_files: Path) -> None:
    path, name = keras_files / "a.h5", "model_weights/first/sequential/first/kernel"
    with np.load(keras_files / "a.npz") as wanted:
        np.testing.assert_array_equal(files.read(path, name), wanted["arr_0"])


def test_a_keras_archive_holds_weights(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(
        FileError, match=r"a.keras: not what model.save of Keras writes: expected a zip with model.weights"
    ):
        files.read(tmp_path / "a.keras")
    (tmp_path / "a.keras").write_bytes(b"x")
    with pytest.raises(FileError, match="a.keras cannot be read: File is not a zip file"):
        files.read(tmp_path / "a.keras")


def test_weights_that_are_a_bomb_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "LARGEST_UNPACKED", 2**10)
    with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(2**20))
    with pytest.raises(
        FileError, match=f"model.weights.h5 has 1048576 bytes, out of .* {8 * limits.LARGEST} are unpacked"
    ):
        files.read(tmp_path / "a.keras")


# --- MATLAB 7.3 ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def matlab(folder: Path) -> Any:
    """A file as MATLAB writes it: HDF5 behind 512 bytes of which the first say so."""
    with made(folder, "a.mat", userblock_size=512) as file:
        yield file
    data = bytearray((folder / "a.mat").read_bytes())
    data[:128] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + struct.pack("<H", 0x0200) + b"IM"
    (folder / "a.mat").write_bytes(data)


def variable(file: Any, name: str, values: Any, kind: str) -> Any:
    dataset = file.create_dataset(name, data=values)
    dataset.attrs["MATLAB_class"] = np.bytes_(kind)
    return dataset


def test_variables_of_matlab_7_3_have_their_axes_in_its_order(tmp_path: Path) -> None:
    with matlab(tmp_path) as file:
        variable(file, "w", WHOLE.T, "single")
        variable(file, "s", [[104], [105]], "char")
        variable(file, "e", [0, 0], "double").attrs["MATLAB_empty"] = 1
        variable(file, "#refs#/a", [[1.0]], "double")
        file["other"] = 1.0
    path = tmp_path / "a.mat"
    assert files.names(path) == ["e", "other", "s", "w"]
    np.testing.assert_array_equal(files.read(path), WHOLE)
    for name, message in (("s", "it is char"), ("e", "it is empty"), ("other", "it is of no class")):
        with pytest.raises(FileError, match=f"'{name}': {message}; expected an array of numbers"):
            files.read(path, name)

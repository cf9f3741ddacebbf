"""Files that were made to do harm: each is refused by one message, in a process that takes no gigabyte for it."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from harness.worker.protobuf import bytes_field, varint

MEBI = 2**20
LIMIT = 2**10
"""MiB that the process may take, with the interpreter and NumPy in it."""
READS = """
import json, re, resource, sys
from pathlib import Path
from harness.grammar import files
unit, own = 1 if sys.platform == "darwin" else 1024, Path("/proc/self/status")
def most():  # getrusage counts what the process that started this one held, too
    if own.exists():
        return int(re.search(r"VmHWM:\\s*(\\d+)", own.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    try:
        said = f"read: {files.read(Path(name)).shape}"
    except files.FileError as problem:
        said = str(problem)
    print(json.dumps([name, said, most() * unit / 2**20]), flush=True)
"""


class Code:
    """A pickle of it makes the file `ran`, where it is loaded."""

    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def npy(shape: tuple[int, ...], data: bytes = b"", dtype: str = "<f8") -> bytes:
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape!r}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def zeros(count: int) -> bytes:
    """So many MiB of zeros, deflated a thousandfold."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first, more = (packer.compress(bytes(MEBI)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + more * (count - 1) + b"\x03\x00"


def bomb(name: str, begins: bytes, count: int) -> bytes:
    """A zip whose one file begins so, and goes on with so many MiB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(begins) + packer.flush(zlib.Z_FULL_FLUSH) + zeros(count)
    sizes = struct.pack("<IIIHH", 0, len(data), len(begins) + count * MEBI, len(name), 0)
    start = struct.pack("<IHHHHH", 0x04034B50, 20, 0, 8, 0, 33) + sizes + name.encode() + data
    entry = struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 8, 0, 33) + sizes + bytes(14) + name.encode()
    return start + entry + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(start), 0)


def safetensors(entries: dict[str, list[int]], shape: list[int], count: int = 16) -> bytes:
    header = {name: {"dtype": "F32", "shape": shape, "data_offsets": ends} for name, ends in entries.items()}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(count)


def onnx(size: int, **external: str) -> bytes:
    """A tensor of so many numbers, which are elsewhere."""
    places = b"".join(bytes_field(13, bytes_field(1, key.encode()) + bytes_field(2, value.encode()))
                      for key, value in external.items())  # fmt: skip
    tensor = b"\x08" + varint(size) + b"\x10\x01" + bytes_field(8, b"w") + places + (b"\x70\x01" if external else b"")
    return bytes_field(7, bytes_field(5, tensor))


def archive(data: bytes) -> bytes:
    """What torch.save writes, with these bytes as its pickle."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("archive/data.pkl", data)
        file.writestr("archive/version", "3\n")
    return held.getvalue()


def mat(data: bytes) -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49) + data


def hdf5(shape: tuple[int, ...], **more: object) -> bytes:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.create_dataset("a", shape=shape, dtype="f8", **more)
    return held.getvalue()


OUTSIDE = "../" * 9 + "etc/passwd"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "header.npy": (b"\x93NUMPY\x01\x00\xff\xff{garbage", "cannot be read"),
    "long-header.npy": (b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFF0) + b"{", "cannot be read"),
    "deep-header.npy": (b"\x93NUMPY\x01\x00" + struct.pack("<H", 60000) + b"(" * 60000, "not a .npy header"),
    "huge.npy": (npy((2**20, 2**20), bytes(99)), "an array of 8796093022208 bytes is announced"),
    "negative.npy": (npy((-3, 4), bytes(99)), "not a .npy header"),
    "code.pkl": (pickle.dumps(Code()), "a pickle is a program, and nothing is run here"),
    "bomb.npz": (bomb("a.npy", npy((3 * 2**27,)), 3 * 2**10), "elements; an array may have"),
    "narrow-bomb.npz": (bomb("a.npy", npy((2**28,), dtype="|u1"), 2**8), "a compressed array of more than"),
    "code.pt": (archive(pickle.dumps({"w": Code()})), "and only tensors are read; nothing of it was run"),
    "plain-code.pt": (pickle.dumps({"w": Code()}), "not what torch.save writes"),
    "bomb.pt": (bomb("archive/data.pkl", b"\x80\x02", 3 * 2**10), "bytes; at most 16777216 are read"),
    "bomb.keras": (bomb("model.weights.h5", b"\x89HDF\r\n\x1a\n", 3 * 2**10), "are unpacked"),
    "overlap.safetensors": (safetensors({"a": [0, 16], "b": [0, 16]}, [4]), "'b' begins at byte 0 of the data, inside"),
    "huge.safetensors": (safetensors({"a": [0, 2**42]}, [2**40]), "cut short: 16 bytes of data"),
    "header.safetensors": (struct.pack("<Q", 2**60) + b"{}", "a header of 1152921504606846976 bytes"),
    "deep.safetensors": (struct.pack("<Q", 10**5) + b"[" * 10**5, "not a .safetensors file"),
    "outside.onnx": (onnx(4, location=OUTSIDE, length="16"), "which leads out of the model's folder"),
    "absolute.onnx": (onnx(4, location="/etc/passwd"), "which leads out of the model's folder"),
    "huge.onnx": (onnx(2**40), "1099511627776 elements; an array may have"),
    "long.onnx": (b"\x3a" + varint(2**62) + b"xx", "cut short: a field of 4611686018427387904 bytes"),
    "zeros.onnx": (bytes(2**28), "not a protocol buffer: a field of number 0 at byte 0"),
    "truncated.h5": (hdf5((64, 64), data=np.ones((64, 64)))[:3000], "no whole HDF5 file"),
    "huge.h5": (hdf5((2**20, 2**20), chunks=(64, 64)), "1099511627776 elements; an array may have"),
    "empty-bomb.h5": (hdf5((2**27,), chunks=(2**20,), compression="gzip"), "a compressed array of more than"),
    "external.h5": (hdf5((4,), external=[("/etc/passwd", 0, 32)]), "its numbers are in another file, '/etc/passwd'"),
    "bomb.mat": (
        mat(struct.pack("<II", 15, 10**6) + b"\x78\x9c" + zeros(10**3)),
        "a compressed element that holds no matrix",
    ),
    "long.mat": (mat(struct.pack("<II", 14, 2**32 - 1) + bytes(16)), "cut short: a variable of 4294967295 bytes"),
    "zeros.mat": (mat(bytes(2**28)), "more than 65536 arrays"),
    "wide.csv": (b"1," * 2**24, "a line of more than 4194304 bytes; save large arrays as .npy"),
    "long.csv": (b"1\n" * (2**25 + 1), "bytes of text; at most 67108864 are read"),
    "deep.txt": (b"[" * 10**6, "line 1, column"),
}
"""Name -> what is in the file, and words of the message by which it is refused."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    """Name -> what was said of the file, and the most memory, in MiB, that the process had taken by then."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (data, _) in HOSTILE.items():
        (folder / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", READS, *HOSTILE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert not (folder / "ran").exists()
    assert (len(lines), done.stderr) == (len(HOSTILE), "")
    return {name: (said, taken) for name, said, taken in lines}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_one_message_and_takes_no_gigabyte(told, name):
    said, taken = told[name]
    assert HOSTILE[name][1] in said
    assert len(said) < 600 and "Traceback" not in said
    assert taken < LIMIT

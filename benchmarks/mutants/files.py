"""Files of numbers and text, and their mutants: headers that lie, archives that are cut, tokens in wrong places."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.worker.protobuf import bytes_field, varint

LARGEST = 1 << 16
"""Bytes that a mutant may grow to."""
DESCRS = ("<f4 >f4 <f8 <f2 <i8 >i2 |u1 |b1 <c8 |O <U3 <M8[s] |V5 <f16 f " + "x" * 99).split(" ")
SHAPES = [
    *("()", "(2,)", "(2, 3)", "(3, 2)", "(0, 3)", "(-1, 3)", "(2, 3, 1, 1, 1, 1)", "(99999999999, 9)", "(2.0, 3)"),
    *("(1_0,)", "2", "(True, 2)", "(268435456,)", "(18446744073709551616,)", "(4294967296, 4294967296)"),
    "(" * 200 + ")" * 200,
]
TOKENS = [
    *(
        b"nan",
        b"inf",
        b"1e400",
        b"-",
        b"#",
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b" ",
        b"\r",
        b"\n",
        b"\n\n",
        b"\x00",
        b"\xff",
    ),
    *(b"1_0", b"0x10", b"\xd9\xa1", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"{", b"}", b"<", b">", b"["),
    *(b"]", b":", b"\\", b"%", b"&a ", b"*a", b"layer", b"layers", b"convolution_param", b"num_output: 3"),
    *(b"kernel_size: 0", b"kernel_h: 2", b"pad: 99999999999", b"group: 7", b"values: ", b"stride: ", b"unknown"),
    *(b"!!str ", b"---\n", b"...\n", b"? ", b"- ", b"9" * 5000, b"(1+2j)", b"1" * 320, b"true"),
]
INTEGERS = [0, 1, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1]
FOR_ALL = ("npy", "npz", "safetensors", "onnx")
FOR_TWO_AXES = (*FOR_ALL, "csv", "tsv", "txt")


def drawn(rng: random.Random, shape: list[int]) -> np.ndarray:
    """Small whole numbers, or fractions."""
    stream = np.random.default_rng(rng.randrange(2**32))
    return stream.integers(-9, 10, shape) if rng.random() < 0.6 else stream.normal(size=shape)


def beside(rng: random.Random, shape: list[int], files: dict[str, bytes], name: str) -> dict[str, Any]:
    """The key `file` of an array, which is put among the files."""
    kind = rng.choice(FOR_TWO_AXES if len(shape) <= 2 else FOR_ALL)
    files[f"{name}.{kind}"] = WRITERS[kind](rng, drawn(rng, shape))
    return {"file": f"{name}.{kind}" + "#a" * (kind in ("npz", "safetensors", "onnx"))}


def _npy(rng: random.Random, values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values.astype(rng.choice(["<f4", ">f8", "<i2"])), allow_pickle=False)
    return stream.getvalue()


def _npz(rng: random.Random, values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(stream, a=values, b=values[:1])
    return stream.getvalue()


def _table(delimiter: str) -> Callable[[random.Random, np.ndarray], bytes]:
    def write(rng: random.Random, values: np.ndarray) -> bytes:
        stream = io.BytesIO()
        np.savetxt(stream, np.atleast_1d(values), delimiter=delimiter)
        return stream.getvalue()

    return write


def _safetensors(rng: random.Random, values: np.ndarray) -> bytes:
    data = values.astype("<f4").tobytes()
    header = {"a": {"dtype": "F32", "shape": list(values.shape), "data_offsets": [0, len(data)]}}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _onnx(rng: random.Random, values: np.ndarray) -> bytes:
    """A model whose graph has one initializer: dims, data type 1 (float), name, raw data."""
    tensor = bytes_field(1, b"".join(map(varint, values.shape))) + varint(2 << 3) + varint(1)
    tensor += bytes_field(8, b"a") + bytes_field(9, values.astype("<f4").tobytes())
    return bytes_field(7, bytes_field(5, tensor))


WRITERS: dict[str, Callable[[random.Random, np.ndarray], bytes]] = {
    "npy": _npy,
    "npz": _npz,
    "csv": _table(","),
    "tsv": _table("\t"),
    "txt": _table(" "),
    "safetensors": _safetensors,
    "onnx": _onnx,
}


def broken(rng: random.Random, files: dict[str, bytes], share: float) -> dict[str, bytes]:
    """The files, with a share of them mutated as what they are."""
    done = {}
    for name, data in files.items():
        change = MUTATORS.get(name.rpartition(".")[2], text)
        done[name] = change(rng, data) if rng.random() < share else data
    return done


# --- mutators of bytes -----------------------------------------------------------------------------------------------


def text(rng: random.Random, data: bytes) -> bytes:
    """Text with a few pieces cut out, doubled, swapped or put in."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        data = rng.choice([_token, _token, _cut, _double, _swap_lines, _digits, _flip, _end])(rng, data)[:LARGEST]
    return data


def binary(rng: random.Random, data: bytes) -> bytes:
    """Bytes with a few of them changed, cut out or doubled."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        data = rng.choice([_flip, _flip, _integer, _cut, _double, _end])(rng, data)[:LARGEST]
    return data


def _at(rng: random.Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _span(rng: random.Random, data: bytes) -> slice:
    start = _at(rng, data)
    return slice(start, start + rng.choice([1, 2, 5, 20, 100]))


def _token(rng: random.Random, data: bytes) -> bytes:
    at, over = _at(rng, data), rng.choice([0, 0, 1, 5])
    return data[:at] + rng.choice(TOKENS) + data[at + over :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    span = _span(rng, data)
    return data[: span.start] + data[span.stop :]


def _double(rng: random.Random, data: bytes) -> bytes:
    span = _span(rng, data)
    return data[: span.stop] + data[span] * rng.choice([1, 1, 3, 300]) + data[span.stop :]


def _swap_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def _digits(rng: random.Random, data: bytes) -> bytes:
    """Another number in the place of one."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data))
    if not found:
        return data
    span = rng.choice(found).span()
    number = rng.choice(
        [b"0", b"-1", b"1e30", b"1e400", b"0.1", b"999999999999", b"2147483648", b"268435456", b"1" * 400]
    )
    return data[: span[0]] + number + data[span[1] :]


def _flip(rng: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _integer(rng: random.Random, data: bytes) -> bytes:
    """A length that lies, in one of the ways in which files hold them."""
    at, number = _at(rng, data), rng.choice(INTEGERS)
    packed = rng.choice(
        [struct.pack("<I", number), struct.pack("<Q", number << 16), b"\xff" * 9 + b"\x01", b"\xff\xff\x7f"]
    )
    return data[:at] + packed + data[at + len(packed) :]


def _end(rng: random.Random, data: bytes) -> bytes:
    return data[: _at(rng, data)] if rng.random() < 0.8 else data + rng.randbytes(9)


# --- mutators of formats ---------------------------------------------------------------------------------------------


def npy(rng: random.Random, data: bytes) -> bytes:
    """An array whose header says something else, or whose bytes are broken."""
    if rng.random() < 0.4:
        return binary(rng, data)
    length = int.from_bytes(data[8:10], "little")
    header, rest = data[10 : 10 + length].decode("latin1"), data[10 + length :]
    header = rng.choice([_descr, _shape, _shape, _order, _entry])(rng, header)
    raw = header.encode("latin1", "replace")
    version = rng.choice([1, 1, 1, 1, 2, 3, 0])
    size = struct.pack("<H" if version < 2 else "<I", min(len(raw), 65535))
    return b"\x93NUMPY" + bytes([version, 0]) + size + raw + rest


def _descr(rng: random.Random, header: str) -> str:
    return re.sub(r"'descr': '[^']*'", lambda _: f"'descr': '{rng.choice(DESCRS)}'", header)


def _shape(rng: random.Random, header: str) -> str:
    return re.sub(r"'shape': \([^)]*\)", lambda _: f"'shape': {rng.choice(SHAPES)}", header)


def _order(rng: random.Random, header: str) -> str:
    return header.replace("False", rng.choice(["True", "true", "1", "None"]))


def _entry(rng: random.Random, header: str) -> str:
    return header.replace("{", rng.choice(["{'x': 1, ", "{'shape': (1,), ", "[", "{" * 500, "{__import__('os'): 1, "]))


def npz(rng: random.Random, data: bytes) -> bytes:
    """An archive with other members, or broken."""
    if rng.random() < 0.5:
        return binary(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO()
    with zipfile.ZipFile(
        stream, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    ) as archive:
        for name, member in members.items():
            changed = npy(rng, member) if rng.random() < 0.7 else member
            archive.writestr(rng.choice([name, name, name, "../" + name, "a", "a.npy/", "é.npy"]), changed)
    return stream.getvalue()


MUTATORS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "npy": npy,
    "npz": npz,
    "safetensors": lambda rng, data: text(rng, data) if rng.random() < 0.5 else binary(rng, data),
    **dict.fromkeys(("caffemodel", "onnx"), binary),
    **dict.fromkeys(("csv", "tsv", "txt", "prototxt", "yaml", "json"), text),
}

"""Caffe's weight files: what is written is read again, and nothing that is read is trusted."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backends import caffemodel
from harness.case.read import CaseError, load
from harness.grammar import files
from harness.grammar.files import FileError
from harness.worker.protobuf import bytes_field as field
from harness.worker.protobuf import varint

KERNEL = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
BIAS = np.array([0.5, -1.5], np.float32)
MODEL = caffemodel.write({"conv1": [KERNEL, BIAS], "conv2": [KERNEL[:1]]})


@pytest.fixture
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("caffe") / "net.caffemodel"


def held(path: Path, data: bytes) -> dict[str, np.ndarray]:
    """All that a file of these bytes holds."""
    path.write_bytes(data)
    with files.opened(path) as found:
        return {name: stored.taken() for name, stored in found.items()}


def old_blob(values: np.ndarray) -> bytes:
    """A blob whose shape is num, channels, height, width, and whose numbers are not packed."""
    sizes = (1,) * (4 - values.ndim) + values.shape
    head = b"".join(bytes([number << 3, size]) for number, size in enumerate(sizes, 1))
    return head + b"".join(bytes([5 << 3 | 5]) + struct.pack("<f", value) for value in values.ravel())


def test_what_is_written_is_read_again(path):
    found = held(path, MODEL)
    assert list(found) == ["conv1/0", "conv1/1", "conv2/0"]
    for blob, wanted in zip(found.values(), (KERNEL, BIAS, KERNEL[:1]), strict=True):
        np.testing.assert_array_equal(blob, wanted)
        assert blob.dtype == np.float32


def test_the_old_form_is_read(path):
    """V1 layers (field 2: name 4, blobs 6), the shape in four fields, numbers one by one, double precision."""
    layer = (
        field(4, b"conv1") + field(6, old_blob(BIAS)) + field(6, field(8, BIAS.astype("<f8").tobytes()) + b"\x20\x02")
    )
    kernel, bias = held(path, field(2, layer)).values()
    np.testing.assert_array_equal(kernel, BIAS.reshape(1, 1, 1, 2))
    np.testing.assert_array_equal(bias, BIAS.reshape(1, 1, 1, 2))
    assert bias.dtype == np.float64


@pytest.mark.parametrize("length", range(1, len(MODEL)))
def test_a_file_that_is_cut_short_gives_an_error_or_whole_layers(path, length):
    try:
        found = held(path, MODEL[:length])
    except FileError:
        return
    assert list(found) in ([], ["conv1/0", "conv1/1"])


def fails_well(path: Path, data: bytes) -> None:
    """These bytes give arrays, or one message."""
    with contextlib.suppress(FileError):
        assert isinstance(held(path, data), dict)


@given(data=st.binary(min_size=1, max_size=200))
def test_any_bytes_give_arrays_or_a_message(tmp_path_factory, data):
    fails_well(tmp_path_factory.getbasetemp() / "net.caffemodel", data)


@pytest.mark.parametrize("at", range(0, len(MODEL), 3))
def test_a_changed_byte_gives_arrays_or_a_message(path, at):
    damaged = bytearray(MODEL)
    damaged[at] ^= 0xFF
    fails_well(path, bytes(damaged))


def blob(content: bytes) -> bytes:
    return field(2, field(6, content))


def shaped(*sizes: int) -> bytes:
    return field(7, b"".join(b"\x08" + varint(size) for size in sizes))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "net.caffemodel: is empty; write, copy or download it again"),
        (b"\xa2\x06\xff\xff\xff\xff\x0f", "cut short: a field of 4294967295 bytes where 0 are left"),
        (b"\x08" + b"\xff" * 11, "a number of more than 10 bytes"),
        (b"\x0b", "wire type 3"),
        (b"\x10\x01", "a number stands where a message or numbers are expected"),
        (blob(shaped(3) + field(5, b"1234")), r"cut short: 4 bytes where shape \(3,\) and dtype float32 need 12"),
        (blob(shaped(1) + field(5, b"12345")), r"5 bytes where shape \(1,\) and dtype float32 need 4"),
        (blob(shaped(2**40) + field(5, b"1234")), "1099511627776 elements; an array may have 268435456"),
        (blob(shaped(2**64 - 1, 2**64 - 1)), r"expected a shape of at most 32 axes, found \(-1, -1\)"),
        (blob(shaped(*[1] * 65)), "a list of more than 64 numbers"),
        (blob(shaped(1) + field(5, b"1234")) * 2, "there are two arrays of this name"),
        (blob(b"") * (2**16 + 1), "more than 65536 arrays"),
    ],
)
def test_what_is_wrong_is_told(path, data, message):
    with pytest.raises(FileError, match=message):
        held(path, data)


CASE = """
title: weights of a network
means: cross-correlation
padding: 1
input: {{layout: NCHW, integers: {{shape: [1, 3, 4, 4], seed: 1, low: -3, high: 3}}}}
kernel: {{layout: OIHW, {kernel}}}
bias: {{{bias}}}
"""


def case_file(folder: Path, kernel: str, bias: str) -> Path:
    (folder / "net.caffemodel").write_bytes(MODEL)
    path = folder / "case.yaml"
    path.write_text(CASE.format(kernel=kernel, bias=bias))
    return path


@pytest.mark.parametrize(
    ("kernel", "bias"),
    [
        ("caffemodel: net.caffemodel, layer: conv1", "caffemodel: net.caffemodel, layer: conv1"),
        ("file: net.caffemodel#conv1/0", "file: net.caffemodel#conv1/1"),
    ],
)
def test_a_case_takes_kernel_and_bias_from_a_caffemodel(tmp_path, kernel, bias):
    (case,) = load(case_file(tmp_path, kernel, bias))
    np.testing.assert_array_equal(case.values("kernel"), KERNEL)
    np.testing.assert_array_equal(case.values("bias"), BIAS)


@pytest.mark.parametrize(
    ("kernel", "bias", "message"),
    [
        ("caffemodel: net.caffemodel", "values: [1, 2]", "expected `layer`, one of conv1, conv2; found None"),
        ("caffemodel: net.caffemodel, layer: fc", "values: [1, 2]", "one of conv1, conv2; found 'fc'"),
        ("caffemodel: net.caffemodel, layer: conv2", "caffemodel: net.caffemodel, layer: conv2", "has no bias"),
        ("caffemodel: case.yaml, layer: conv1", "values: [1, 2]", "case.yaml cannot be read"),
        (
            "file: net.caffemodel#conv1/2",
            "values: [1, 2]",
            "no array 'conv1/2'; it holds, the most similar first, conv1/0",
        ),
        ("caffemodel: ../net.caffemodel, layer: conv1", "values: [1, 2]", "leads out of the case file's folder"),
        ("caffemodel: net.caffemodel, layer: conv1, values: 1", "values: [1, 2]", "exactly one of"),
    ],
)
def test_a_caffemodel_that_does_not_fit_is_told(tmp_path, kernel, bias, message):
    with pytest.raises(CaseError, match=message):
        list(load(case_file(tmp_path, kernel, bias)))

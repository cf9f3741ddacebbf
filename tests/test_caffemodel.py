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
from harness.backends.caffemodel import ModelError
from harness.case.read import CaseError, load

KERNEL = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
BIAS = np.array([0.5, -1.5], np.float32)
MODEL = caffemodel.write({"conv1": [KERNEL, BIAS], "conv2": [KERNEL[:1]]})


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


def old_blob(values: np.ndarray) -> bytes:
    """A blob whose shape is num, channels, height, width, and whose numbers are not packed."""
    sizes = (1,) * (4 - values.ndim) + values.shape
    head = b"".join(bytes([number << 3, size]) for number, size in enumerate(sizes, 1))
    return head + b"".join(bytes([5 << 3 | 5]) + struct.pack("<f", value) for value in values.ravel())


def test_what_is_written_is_read_again():
    found = caffemodel.read(MODEL)
    assert list(found) == ["conv1", "conv2"]
    for blob, wanted in zip(found["conv1"], (KERNEL, BIAS), strict=True):
        np.testing.assert_array_equal(blob, wanted)
        assert blob.dtype == np.float32


def test_the_old_form_is_read():
    """V1 layers (field 2: name 4, blobs 6), the shape in four fields, numbers one by one, double precision."""
    layer = (
        field(4, b"conv1") + field(6, old_blob(BIAS)) + field(6, field(8, BIAS.astype("<f8").tobytes()) + b"\x20\x02")
    )
    kernel, bias = caffemodel.read(field(2, layer))["conv1"]
    np.testing.assert_array_equal(kernel, BIAS.reshape(1, 1, 1, 2))
    np.testing.assert_array_equal(bias, BIAS.reshape(1, 1, 1, 2))


@pytest.mark.parametrize("length", range(1, len(MODEL)))
def test_a_file_that_is_cut_short_gives_an_error_or_whole_layers(length):
    try:
        found = caffemodel.read(MODEL[:length])
    except ModelError:
        return
    assert list(found) in ([], ["conv1"])


@given(st.binary(max_size=200))
def test_any_bytes_give_layers_or_a_model_error(data):
    try:
        found = caffemodel.read(data)
    except ModelError:
        return
    assert isinstance(found, dict)


@pytest.mark.parametrize("at", range(0, len(MODEL), 3))
def test_a_changed_byte_gives_layers_or_a_model_error(at):
    damaged = bytearray(MODEL)
    damaged[at] ^= 0xFF
    with contextlib.suppress(ModelError):
        assert isinstance(caffemodel.read(bytes(damaged)), dict)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xa2\x06\xff\xff\xff\xff\x0f", "cut short: a field of 4294967295 bytes where 0 are left"),
        (b"\x08" + b"\xff" * 11, "a number of more than 10 bytes"),
        (b"\x0b", "wire type 3"),
        (field(2, field(6, field(7, b"\x08\x03") + field(5, b"1234"))), r"a blob of shape \[3\] holds 1 numbers"),
        (field(2, field(6, field(5, b"12345"))), "5 bytes of data are no whole count"),
    ],
)
def test_what_is_wrong_is_told(data, message):
    with pytest.raises(ModelError, match=message):
        caffemodel.read(data)


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


def test_a_case_takes_kernel_and_bias_from_a_caffemodel(tmp_path):
    source = "caffemodel: net.caffemodel, layer: conv1"
    (case,) = load(case_file(tmp_path, source, source))
    np.testing.assert_array_equal(case.values("kernel"), KERNEL)
    np.testing.assert_array_equal(case.values("bias"), BIAS)


@pytest.mark.parametrize(
    ("kernel", "bias", "message"),
    [
        ("caffemodel: net.caffemodel", "values: [1, 2]", "expected `layer`, one of conv1, conv2; found None"),
        ("caffemodel: net.caffemodel, layer: fc", "values: [1, 2]", "one of conv1, conv2; found 'fc'"),
        ("caffemodel: net.caffemodel, layer: conv2", "caffemodel: net.caffemodel, layer: conv2", "has no bias"),
        ("caffemodel: case.yaml, layer: conv1", "values: [1, 2]", "case.yaml cannot be read"),
        ("caffemodel: ../net.caffemodel, layer: conv1", "values: [1, 2]", "leads out of the case file's folder"),
        ("caffemodel: net.caffemodel, layer: conv1, values: 1", "values: [1, 2]", "exactly one of"),
    ],
)
def test_a_caffemodel_that_does_not_fit_is_told(tmp_path, kernel, bias, message):
    with pytest.raises(CaseError, match=message):
        list(load(case_file(tmp_path, kernel, bias)))

from __future__ import annotations

import contextlib
import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.worker import wire

DTYPES = ["?", "<i1", "<u2", "<i4", "<i8", "<f2", "<f4", "<f8", ">f4", ">i2", "<c8", "<c16"]


class Dribble(io.RawIOBase):
    """A stream that gives three bytes at most, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self.source = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readline(self, limit: int | None = -1) -> bytes:
        return self.source.readline(-1 if limit is None else limit)

    def readinto(self, view: memoryview) -> int:  # type: ignore[override]
        return self.source.readinto(view[:3])


def written(message: dict[str, object], *arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    wire.write_message(stream, message, arrays)
    return stream.getvalue()


def blob(header: bytes, version: int = 1) -> bytes:
    """A message that announces one array, whose `.npy` header is `header`, followed by few data."""
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b'{"arrays": 1}\n\x93NUMPY' + bytes([version, 0]) + length + header + bytes(64)


def described(descr: object = "<f8", fortran: object = False, shape: object = (8,)) -> bytes:
    return repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


arrays = hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))


@given(st.lists(arrays, max_size=4), st.sampled_from([np.asarray, np.asfortranarray, np.transpose]))
def test_arrays_come_back_bit_by_bit(originals, arranged):
    originals = [arranged(array) for array in originals]
    message, found = wire.read_message(io.BytesIO(written({"calls": [1]}, *originals)))
    assert message == {"calls": [1], "arrays": len(originals)}
    for array, original in zip(found, originals, strict=True):
        assert_same(array, original)


@given(arrays)
def test_npy_files_written_by_numpy_are_read(original):
    stream = io.BytesIO()
    np.save(stream, original, allow_pickle=False)
    _, (found,) = wire.read_message(io.BytesIO(b'{"arrays": 1}\n' + stream.getvalue()))
    assert_same(found, original)


@pytest.mark.parametrize("view", [np.s_[::2, ::-1], np.s_[1:, 1:], np.s_[:, None], np.s_[0, 0]])
def test_views_travel_as_what_they_show(view):
    original = np.arange(30.0).reshape(5, 6)[view]
    assert_same(wire.read_message(io.BytesIO(written({}, original)))[1][0], np.asarray(original))


def test_fortran_order_is_kept_apart_from_the_values():
    original = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    stream = io.BytesIO()
    np.save(stream, original)
    assert b"'fortran_order': True" in stream.getvalue()
    _, (found,) = wire.read_message(io.BytesIO(b'{"arrays": 1}\n' + stream.getvalue()))
    np.testing.assert_array_equal(found, original)


def test_version_2_headers_are_read():
    _, (found,) = wire.read_message(io.BytesIO(blob(described(), version=2)))
    assert_same(found, np.zeros(8))


@pytest.mark.parametrize(
    "header",
    [
        b"{'shape': (2, 4), 'fortran_order': False, 'descr': '<f8'}",
        b'{"descr":"<f8","fortran_order":False,"shape":(2,4)}',
        b"{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 2 , 4 , ) , }  \n",
    ],
)
def test_headers_are_read_in_any_order_and_spacing(header):
    _, (array,) = wire.read_message(io.BytesIO(blob(header)[:-64] + np.arange(8.0).tobytes()))
    assert array.tolist() == np.arange(8.0).reshape(2, 4).tolist()


def test_large_and_small_arrays_stay_in_order():
    originals = [np.full(size, index) for index, size in enumerate([1, 1 << 16, 2, 3, 1 << 15])]
    _, found = wire.read_message(io.BytesIO(written({}, *originals)))
    for array, original in zip(found, originals, strict=True):
        assert_same(array, original)


def test_a_stream_that_dribbles_is_read_to_the_end():
    original = np.arange(100.0)
    _, (found,) = wire.read_message(Dribble(written({}, original)))
    assert_same(found, original)


def test_messages_follow_each_other():
    stream = io.BytesIO(written({"n": 1}, np.zeros(3)) + written({"n": 2}))
    assert [wire.read_message(stream)[0]["n"] for _ in range(2)] == [1, 2]
    with pytest.raises(EOFError, match="^end of stream$"):
        wire.read_message(stream)


@given(st.data())
def test_a_stream_cut_anywhere_ends_inside_a_message(data):
    whole = written({"answered": 0.5}, np.arange(4.0))
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(EOFError, match="inside a message"):
        wire.read_message(io.BytesIO(whole[:cut]))


@pytest.mark.parametrize(
    "line",
    [
        b"Segmentation fault\n",
        b"\x00\xff\xfe\n",
        b"\n",
        b"[1, 2]\n",
        b"null\n",
        b'"text"\n',
        b"[" * 100_000 + b"\n",
        b'{"arrays": -1}\n',
        b'{"arrays": 1.5}\n',
        b'{"arrays": true}\n',
        b'{"arrays": "1"}\n',
        b'{"arrays": null}\n',
        b'{"arrays": 65537}\n',
        b'{"arrays": ' + b"9" * 5000 + b"}\n",
    ],
    ids=lambda line: repr(line[:20]),
)
def test_lines_that_are_no_message_are_refused(line):
    with pytest.raises(wire.WireError, match="expected"):
        wire.read_message(io.BytesIO(line))


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(wire, "LINE_LIMIT", 100)
    with pytest.raises(wire.WireError, match="a line of more than 100 bytes"):
        wire.read_message(io.BytesIO(b"x" * 1000))


HUGE = 1 << 62


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"not a literal",
        b"[1, 2]",
        b"{}",
        b"(" * 5000,
        b"not " * 5000,
        b"1*" * 5000 + b"1",
        described().replace(b"{", b"{{"),
        described() + b"[]",
        described().replace(b"'shape'", b"'shape': (8,), 'more'"),
        described().replace(b"(8,)", b"(8 8,)"),
        b"__import__('os').abort()",
        b"\x00\x00",
        described(descr=None, shape=[8]),
        described(descr="no such type"),
        described(descr=["<f8"]),
        described(descr="|O"),
        described(descr="<U8"),
        described(descr="|S8"),
        described(descr="|V8"),
        described(descr="<M8[s]"),
        described(descr=[("a", "<f8"), ("b", "|O")]),
        described(shape=8),
        described(shape=[8]),
        described(shape=(-1,)),
        described(shape=(8.0,)),
        described(shape=(True,)),
        described(shape=("8",)),
        described(shape=(1,) * 33),
        described(shape=(HUGE,)),
        described(shape=(HUGE, HUGE)),
        described(shape=(0, HUGE)),
        described(shape=(1 << 20, 1 << 20)),
        described(shape=(10**30, 0)),
    ],
    ids=lambda header: repr(header[:60]),
)
@pytest.mark.parametrize("version", [1, 2])
def test_headers_that_announce_no_array_of_numbers_take_no_memory(header, version, monkeypatch):
    monkeypatch.setattr(wire.np, "empty", lambda *_, **__: pytest.fail("memory was taken"))
    with pytest.raises(wire.WireError):
        wire.read_message(io.BytesIO(blob(header, version)))


@pytest.mark.parametrize(
    "start",
    [b"\x93NUMPX\x01\x00\x10\x00", b"\x93NUMPY\x03\x00\x10\x00", b"\x93NUMPY\x00\x00\x10\x00", b"PK" + bytes(8)],
)
def test_blobs_that_are_not_npy_1_or_2_are_refused(start):
    with pytest.raises(wire.WireError, match="expected a .npy blob"):
        wire.read_message(io.BytesIO(b'{"arrays": 1}\n' + start + bytes(64)))


def test_a_header_that_is_too_long_is_refused_unread():
    with pytest.raises(wire.WireError, match="at most 65536"):
        wire.read_message(io.BytesIO(b'{"arrays": 1}\n\x93NUMPY\x02\x00' + struct.pack("<I", 1 << 31)))


@given(st.binary(max_size=120))
def test_any_header_gives_an_array_or_a_wire_error(noise):
    with contextlib.suppress(wire.WireError, EOFError):
        wire.read_message(io.BytesIO(blob(noise)))


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["text"]), np.zeros(2, "<f8,<i4"), np.zeros(2, "M8[s]")])
def test_arrays_that_are_not_numbers_are_not_written(array):
    stream = io.BytesIO()
    with pytest.raises(wire.WireError, match="arrays of numbers"):
        wire.write_message(stream, {}, [array])
    assert not stream.getvalue()


def test_a_message_is_one_line_whatever_its_texts_hold():
    line, _, rest = written({"text": "two\nlines"}).partition(b"\n")
    assert json.loads(line) == {"text": "two\nlines", "arrays": 0}
    assert not rest

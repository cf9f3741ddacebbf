"""The wire format of protocol buffers: what is written is read again, in both forms of a list of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker import protobuf
from harness.worker.protobuf import ProtobufError, bytes_field, fields, integers, varint


@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), st.binary(max_size=9)), max_size=5))
def test_fields_are_read_in_order(written):
    data = b"".join(bytes_field(number, content) for number, content in written)
    assert [(number, bytes(protobuf.message(value))) for number, value in fields(memoryview(data))] == written


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
def test_numbers_are_read_packed_and_one_by_one(numbers):
    """As 64 bits in two's complement."""
    packed = b"".join(varint(number % 2**64) for number in numbers)
    single = b"".join(b"\x08" + varint(number % 2**64) for number in numbers)
    assert integers([memoryview(packed)]) == numbers
    assert integers(value for _, value in fields(memoryview(single))) == numbers


def test_numbers_of_fixed_length_are_bytes():
    assert [(n, bytes(v)) for n, v in fields(memoryview(b"\x0d1234\x1112345678"))] == [(1, b"1234"), (2, b"12345678")]


def test_a_list_may_have_so_many_numbers():
    assert len(integers([memoryview(b"\1" * 64)])) == 64
    with pytest.raises(ProtobufError, match="a list of more than 64 numbers"):
        integers([memoryview(b"\1" * 65)])


def test_text_that_is_not_utf_8_is_read_as_far_as_it_goes():
    assert protobuf.text(memoryview(b"a\xff")) == "a\ufffd"


def test_zeros_are_no_message():
    """As a file has that was cut and filled up; a field has no number 0."""
    with pytest.raises(ProtobufError, match="a field of number 0 at byte 2"):
        list(fields(memoryview(b"\x08\x01\x00\x00")))

"""Pickles read as data: plain values as Python makes them, and nothing that a pickle asks for is imported or called."""

from __future__ import annotations

import contextlib
import pickle
import pickletools
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grammar.files import pickled
from harness.grammar.files.pickled import Name, Pairs
from harness.grammar.files.stored import FileError

FUNCTIONS = {"collections.OrderedDict": lambda *given: Pairs([pair for each in given for pair in each])}


def read(data: bytes) -> Any:
    return pickled.value(data, FUNCTIONS, ("torch.float32",), lambda given: ("stored", given))


def plain(value: Any) -> Any:
    """A value as Python has it."""
    if isinstance(value, Pairs):
        return {key: plain(each) for key, each in value.items}
    return type(value)(map(plain, value)) if isinstance(value, list | tuple) else value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=VALUES, protocol=st.integers(3, 5))
def test_plain_values_are_those_that_python_makes(value: Any, protocol: int) -> None:
    """Before protocol 3 bytes are written as a call, which is refused."""
    assert plain(read(pickle.dumps(value, protocol))) == value


@pytest.mark.parametrize("protocol", range(6))
def test_shared_values_and_ordered_dictionaries(protocol: int) -> None:
    inner = [1, 2.5, "x", None, True, 2**70]
    value = OrderedDict(a=inner, b=(inner, {"c": (), "d": (1,), "e": (1, 2, 3)}))
    value.attribute = "left out"  # type: ignore[attr-defined]
    assert plain(read(pickle.dumps(value, protocol))) == value


def test_sets_are_lists() -> None:
    assert sorted(read(pickle.dumps({1, 2}, 4))) == [1, 2]
    assert read(pickle.dumps(frozenset([3]), 4)) == [3]


def test_names_and_references_come_as_they_are() -> None:
    assert read(b"ctorch\nfloat32\n.") == Name("torch.float32")
    assert read(b"X\x01\x00\x00\x00aQ.") == ("stored", "a")


class Touch:
    """Asks for a file to be made when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def written(path: Path) -> str:
    return f"open({str(path)!r}, 'w')"


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_is_named_and_not_made(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps({"weights": [1, 2], "more": Touch(tmp_path / "made")}, protocol)
    with pytest.raises(FileError, match=r"it asks for \w+(\.\w+)+ at byte \d+, and only tensors are read"):
        read(data)
    assert not list(tmp_path.iterdir())
    pickle.loads(data)
    assert list(tmp_path.iterdir()), "the pickle itself is harmless"


HOSTILE = {
    "eval": b"c__builtin__\neval\n(X%s\x00\x00\x00%stR.",
    "exec of a stack": b"\x8c\x08builtins\x8c\x04exec\x93(X%s\x00\x00\x00%stR.",
    "instance": b"(X%s\x00\x00\x00%si__builtin__\neval\n.",
    "object": b"(c__builtin__\neval\nX%s\x00\x00\x00%so.",
    "the state of an object": b"c__builtin__\nset\n(X%s\x00\x00\x00%stRb.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_code_does_not_run(tmp_path: Path, kind: str) -> None:
    code = written(tmp_path / "made").encode()
    with pytest.raises(FileError, match="and only tensors are read"):
        read(HOSTILE[kind] % (bytes([len(code)]), code))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ctorch\nfloat32\n)\x81.", "NEWOBJ at byte 16 builds an object"),
        (b"ctorch\nfloat32\n)}\x92.", "NEWOBJ_EX at byte 17 builds an object"),
        (b"\x82\x01.", "EXT1 at byte 0 builds an object"),
        (b"Pfile\n.", "PERSID at byte 0 builds an object"),
        (b"ctorch\nfloat32\n)R.", "a broken pickle, at byte 16: 'torch.float32'"),
        (b"K\x01K\x02\x85R.", "a broken pickle, at byte 5: "),
        (b"K\x01}b.", "expected a dictionary"),
        (b"K\x01K\x02a.", "expected a list"),
        (b"K\x01K\x02K\x03s.", "expected a dictionary"),
        (b"}(K\x02u.", "a broken pickle"),
        (b"K\x02\x86.", "there are too few values"),
        (b"(K\x02\x86.", "there are too few values"),
        (b"K\x02t.", "a broken pickle, at byte 2"),
        (b"t.", "a broken pickle, at byte 0"),
        (b"h\x05.", "a broken pickle, at byte 0: 5"),
        (b"2.", "a broken pickle, at byte 0"),
        (b".", "a broken pickle, at byte 0"),
        (b"K\x01", "pickle exhausted before seeing STOP"),
        (b"K", "a broken pickle"),
        (b"", "pickle exhausted before seeing STOP"),
        (b"\xff.", "at position 0, opcode b'.xff' unknown"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "a broken pickle"),
    ],
)
def test_what_is_broken_is_told(data: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(data)


def test_a_pickle_may_have_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled, "MOST_OPCODES", 3)
    assert read(b"]2.") == []
    with pytest.raises(FileError, match="a pickle of more than 3 steps"):
        read(b"]22.")


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_message(data: bytes) -> None:
    with contextlib.suppress(FileError):
        read(data + b".")


@given(st.lists(st.sampled_from([opcode.code.encode("latin-1") for opcode in pickletools.opcodes]), max_size=20))
def test_any_opcodes_give_a_value_or_a_message(opcodes: list[bytes]) -> None:
    with contextlib.suppress(FileError):
        read(b"K\x01]}(K\x02" + b"".join(opcodes) + b".")

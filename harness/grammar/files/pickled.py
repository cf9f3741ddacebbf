"""A pickle read as data: only opcodes that make plain values are carried out, and nothing is called or built by name.

A pickle is a program for a small machine with a stack. This machine has no way to import, call or construct anything:
a name is looked up in a table of the caller's, and one that is not there ends the reading. The opcodes are taken apart
by the standard library's `pickletools`, which executes nothing.
"""

from __future__ import annotations

import itertools
import pickletools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.grammar.files.stored import FileError

MOST_OPCODES = 2**22
MOST_COPIED = 2**22
"""Values that functions may be given, those within lists, tuples and dictionaries among them: they may copy them."""

Build = Callable[..., Any]


@dataclass(frozen=True)
class Pairs:
    """A dictionary: its keys and values in order. Nothing is hashed, as keys are not trusted."""

    items: list[tuple[Any, Any]]


@dataclass(frozen=True)
class Name:
    """A function, a class or an object of another program, as `module.name`."""

    text: str


def value(data: bytes, functions: Mapping[str, Build], names: Sequence[str], stored: Build) -> Any:
    """What a pickle makes: numbers, text, tuples, lists (of sets, too), Pairs, and what the caller's functions return.

    functions: `module.name` -> what is called instead of it. names: others that may stand in the pickle, and come as
    Name. stored: makes something of a persistent id, by which a pickle refers to what is kept beside it. Raises
    FileError for any other name, opcodes that build objects, and pickles that are cut, broken or too long.
    """
    machine, at = _Machine(functions, names, stored), 0
    try:
        for opcode, argument, place in itertools.islice(pickletools.genops(data), MOST_OPCODES):
            at = place or 0
            machine.do(opcode.name, argument, at)
        if opcode.name != "STOP":
            raise FileError(f"a pickle of more than {MOST_OPCODES} steps")
        return machine.stack[-1]
    except FileError:
        raise
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise FileError(f"a broken pickle, at byte {at}: {problem}") from problem


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": lambda: Pairs([]),
}
_PLAIN = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
"""Opcodes whose argument is the value."""
_IDLE = ("PROTO", "FRAME", "STOP")
_MARK = object()


class _Machine:
    """The stack and the memo of a pickle that is being read."""

    def __init__(self, functions: Mapping[str, Build], names: Sequence[str], stored: Build) -> None:
        self.functions, self.names, self.stored = functions, frozenset(names), stored
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.copied = 0

    def do(self, opcode: str, argument: Any, at: int) -> None:
        """One step."""
        if opcode in _IDLE:
            return
        if opcode in _PLAIN:
            self.stack.append(argument)
        elif opcode in _CONSTANTS:
            self.stack.append(_CONSTANTS[opcode])
        elif opcode in _EMPTY:
            self.stack.append(_EMPTY[opcode]())
        elif opcode in _STEPS:
            _STEPS[opcode](self, argument)
        elif opcode == "GLOBAL":
            self.stack.append(self.known(argument.replace(" ", ".", 1), at))
        elif opcode == "STACK_GLOBAL":
            self.stack.append(self.known(".".join(self.pop(2)), at))
        else:
            raise FileError(f"{opcode} at byte {at} builds an object, and only tensors are read")

    def known(self, text: str, at: int) -> Name:
        if text not in self.functions and text not in self.names:
            raise FileError(f"it asks for {text} at byte {at}, and only tensors are read")
        return Name(text)

    def pop(self, count: int) -> list[Any]:
        """The last values of the stack, in their order."""
        if len(self.stack) < count or any(each is _MARK for each in self.stack[-count:]):
            raise IndexError("there are too few values")
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def since_mark(self) -> list[Any]:
        """The values behind the last mark, which goes, too."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1  # below 0 it ends with an IndexError
        if at < 0:
            raise IndexError("there is no mark")
        taken = self.stack[at + 1 :]
        del self.stack[at:]
        return taken

    # --- steps -------------------------------------------------------------------------------------------------------

    def mark(self, _: Any) -> None:
        self.stack.append(_MARK)

    def drop(self, _: Any) -> None:
        self.stack.pop()

    def drop_mark(self, _: Any) -> None:
        self.since_mark()

    def again(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def keep(self, index: int | None) -> None:
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def recall(self, index: int) -> None:
        self.stack.append(self.memo[index])

    def several(self, _: Any) -> None:
        self.stack.append(self.since_mark())

    def tuple_of(self, _: Any) -> None:
        self.stack.append(tuple(self.since_mark()))

    def tuple_of_1(self, _: Any) -> None:
        self.stack.append(tuple(self.pop(1)))

    def tuple_of_2(self, _: Any) -> None:
        self.stack.append(tuple(self.pop(2)))

    def tuple_of_3(self, _: Any) -> None:
        self.stack.append(tuple(self.pop(3)))

    def pairs(self, _: Any) -> None:
        self.stack.append(Pairs(_paired(self.since_mark())))

    def append(self, _: Any) -> None:
        _as_list(self.stack[-2]).append(self.pop(1)[0])

    def extend(self, _: Any) -> None:
        values = self.since_mark()
        _as_list(self.stack[-1]).extend(values)

    def set_item(self, _: Any) -> None:
        values = self.pop(2)
        _as_pairs(self.stack[-1]).items.extend(_paired(values))

    def set_items(self, _: Any) -> None:
        values = self.since_mark()
        _as_pairs(self.stack[-1]).items.extend(_paired(values))

    def call(self, _: Any) -> None:
        """What stands for a function in the caller's table."""
        name, arguments = self.pop(2)
        self.copied += sum(map(_size, arguments))
        if self.copied > MOST_COPIED:
            raise FileError(f"functions are given more than {MOST_COPIED} values")
        self.stack.append(self.functions[name.text](*arguments))

    def state(self, _: Any) -> None:
        """Attributes of a dictionary, which are not needed."""
        _as_pairs(self.stack[-2])
        self.pop(1)

    def refer(self, _: Any) -> None:
        self.stack.append(self.stored(self.pop(1)[0]))


_STEPS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "POP": _Machine.drop,
    "POP_MARK": _Machine.drop_mark,
    "DUP": _Machine.again,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.keep),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    **dict.fromkeys(("LIST", "FROZENSET"), _Machine.several),
    "TUPLE": _Machine.tuple_of,
    "TUPLE1": _Machine.tuple_of_1,
    "TUPLE2": _Machine.tuple_of_2,
    "TUPLE3": _Machine.tuple_of_3,
    "DICT": _Machine.pairs,
    "APPEND": _Machine.append,
    **dict.fromkeys(("APPENDS", "ADDITEMS"), _Machine.extend),
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.state,
    "BINPERSID": _Machine.refer,
}


def _size(given: Any) -> int:
    """How many values a function may copy of an argument."""
    return len(given.items) if isinstance(given, Pairs) else len(given) if isinstance(given, list | tuple) else 1


def _paired(values: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _as_list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise TypeError("expected a list")
    return given


def _as_pairs(given: Any) -> Pairs:
    if not isinstance(given, Pairs):
        raise TypeError("expected a dictionary")
    return given

"""Edits of arrays in the dtypes that they have in the user's files: what a system does not compute with is cast.

A case holds its arrays in one dtype. A call of PyTorch takes no two of them, and gives whole numbers for whole numbers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from harness.operations.stated import LIST, WHOLE_LIST

_CAST = re.compile(r'(np\.ascontiguousarray\(a), "(float32|float64)"\)')
"""The cast of all arrays at the head of what is run."""


def _torch(name: str, dtype: str) -> str:
    return f"{name}.{'float' if dtype == 'float32' else 'double'}()"


def _tensorflow(name: str, dtype: str) -> str:
    return f"tf.cast({name}, tf.{dtype})"


def _arrays(name: str, dtype: str) -> str:
    return f'{name}.astype("{dtype}")'


_WRITTEN: Mapping[str, Callable[[str, str], str]] = {"torch": _torch, "tensorflow": _tensorflow}
"""System -> how it casts an array, of those that have a way of their own."""


IN_NUMPY = {"bfloat16": "float32", WHOLE_LIST: "int64", LIST: "float64"}
"""What NumPy has in place of dtypes that it has not."""
OF_LIST = {"torch": "float32", "jax": "float32"}
"""What lists are made into by systems whose own arrays edits take; others take those of NumPy."""
ANY_DTYPE = ("numpy", "scipy")
"""Systems that compute with whole numbers as they are."""


def known(stored: Mapping[str, str]) -> dict[str, str]:
    """Name of an array -> its dtype in its file, of those that are dtypes, or what its list is made of."""
    return {name: dtype for name, dtype in stored.items() if dtype in IN_NUMPY or _is_dtype(dtype)}


def _is_dtype(name: str) -> bool:
    return name in {np.dtype(kind).name for kind in np.typecodes["AllInteger"] + np.typecodes["Float"] + "?"}


def held_as(dtype: str, system: str) -> str:
    """The dtype in which NumPy holds what a system is given."""
    return OF_LIST[system] if dtype == LIST and system in OF_LIST else IN_NUMPY.get(dtype, dtype)


def stand_as_they_are(dtypes: Mapping[str, str]) -> bool:
    """Whether a system computes with them as they are: all of one floating dtype, and that wide enough."""
    return len(set(dtypes.values())) < 2 and set(dtypes.values()) <= {"float32", "float64", LIST}


class Cast(NamedTuple):
    """An edit, and the program that is run to prove it."""

    line: str
    program: str


def in_own_dtypes(system: str, line: str, program: str, dtypes: Mapping[str, str]) -> Cast:
    """The edit with a cast of each array that needs one; its program runs it on arrays that nothing else has cast."""
    found = _CAST.search(program)
    if not found:
        return Cast(line, program)
    before, _, after = program.rpartition(line)
    if not stand_as_they_are(dtypes):
        write = _WRITTEN.get(system, _arrays)
        left = (found[2], WHOLE_LIST, LIST) if system in ANY_DTYPE else (found[2],)
        owned = {name: held_as(own, system) if own == LIST else own for name, own in dtypes.items() if own not in left}
        casts = {name: write(name, found[2]) for name, own in owned.items() if own != found[2]}
        line = _renamed(line, casts)
    return Cast(line, _CAST.sub(r"\1)", before) + line + after)


def _renamed(line: str, into: Mapping[str, str]) -> str:
    """An expression with other expressions in place of names."""
    found = [node for node in ast.walk(ast.parse(line, mode="eval")) if isinstance(node, ast.Name) and node.id in into]
    for node in sorted(found, key=lambda each: -each.col_offset):
        line = line[: node.col_offset] + into[node.id] + line[node.end_col_offset :]
    return line

"""The cases of a run: all are read before it begins, so that a typo is told at once, and then given in their order."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from harness.case.read import Case, Expect, load
from harness.options.taken import Shard

T = TypeVar("T")
KEPT_BYTES = 128 << 20
"""Of cases that are kept between the two readings; files beyond them are read again, so that memory stays flat."""
CASE_BYTES = 1 << 12
"""What a case takes besides its arrays."""


class Members:
    """All members of some case files, or those of a shard.

    expected: (id, what is expected) of all of them. places: (file, number in it, id) of all of them. fingerprint: equal
    for equal cases, whatever the machine; "" where there is no shard. Raises CaseError where a file is wrong.
    """

    def __init__(self, files: Sequence[Path], shard: Shard | None = None) -> None:
        self._files, self._shard = files, shard
        self._kept: dict[Path, list[Case]] = {}
        self.expected: list[tuple[str, Expect]] = []
        self.places: list[tuple[Path, int, str]] = []
        digest, left = hashlib.sha256(), KEPT_BYTES
        for path in files:
            cases: list[Case] = []
            for number, case in enumerate(load(path)):
                self.places.append((path, number, case.id))
                self.expected.append((case.id, case.expect))
                for part in _bytes(case) if shard else ():
                    digest.update(part)
                cases += [case] if left > 0 else []
                left -= CASE_BYTES
            left -= _held(cases)
            if left > 0:
                self._kept[path] = cases
        self.fingerprint = digest.hexdigest()[:16] if shard else ""

    def __len__(self) -> int:
        return len(range(self._first, len(self.expected), self._step))

    def __iter__(self) -> Iterator[Case]:
        """The cases in their order; what was kept of them is given once."""
        return self.part(case for path in self._files for case in self._kept.pop(path, None) or load(path))

    def part(self, whole: Iterable[T]) -> Iterator[T]:
        """Of something about all members, what is about those of the shard."""
        return itertools.islice(whole, self._first, None, self._step)

    @property
    def _first(self) -> int:
        return self._shard.number - 1 if self._shard else 0

    @property
    def _step(self) -> int:
        return self._shard.of if self._shard else 1


def _held(cases: Sequence[Case]) -> int:
    """Bytes of the arrays of cases of one file, which share them."""
    shared = [each.values for case in cases for each in case.arrays.values()]
    shared += [each.values for case in cases for each in case.recorded]
    return sum({id(array): array.nbytes for array in shared}.values())


def _bytes(value: Any) -> Iterator[bytes]:
    """All that a value consists of; where a file lies is no part of a case."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif is_dataclass(value):
        for field in fields(value):
            yield field.name.encode()
            yield from _bytes(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield key.encode()
            yield from _bytes(value[key])
    elif isinstance(value, tuple | list | frozenset):
        yield str(len(value)).encode()
        for each in sorted(value) if isinstance(value, frozenset) else value:
            yield from _bytes(each)
    elif not isinstance(value, Path):
        yield (value.__name__ if isinstance(value, ModuleType) else repr(value)).encode() + b"\0"

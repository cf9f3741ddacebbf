"""Operations: what a case may be about. One module or package each, with the names of `operation.Operation`.

`harness.worker.computed` is the table of their names. What a command line says of them is there at once; an operation
itself is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, cast

from harness.operations.spoken import Spoken
from harness.worker.computed import OPERATIONS

if TYPE_CHECKING:
    from harness.operations.operation import Operation

SPOKEN: Mapping[str, Spoken] = {
    name: cast("Spoken", importlib.import_module(f"{__name__}.{name}_spoken")) for name in OPERATIONS
}
"""What is said of each operation, by its name in a case file, which is that of its module here."""
USUAL = OPERATIONS[0]
"""The operation that is meant where a file names none."""


class _Table(Mapping[str, "Operation"]):
    def __getitem__(self, name: str) -> Operation:
        return _imported(name)

    def __iter__(self) -> Iterator[str]:
        return iter(OPERATIONS)

    def __len__(self) -> int:
        return len(OPERATIONS)


@cache
def _imported(name: str) -> Operation:
    if name not in OPERATIONS:
        raise KeyError(name)
    return cast("Operation", importlib.import_module(f"{__name__}.{name}"))


TABLE: Mapping[str, Operation] = _Table()
"""Every operation by its name in a case file."""

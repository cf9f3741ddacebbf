"""The faults of several parts of a file, told all at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.ending import Mistake
from harness.grammar.document import CaseError

MOST = 12
"""Faults that one message names."""


class Gathered:
    """Parts of a file are read one by one, each within `part`; `demand` raises what went wrong in all of them."""

    def __init__(self) -> None:
        self.faults: list[CaseError] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """What is wrong inside is kept, and what comes after it is read all the same."""
        try:
            yield
        except CaseError as fault:
            self.faults += fault.each
        except Mistake as fault:  # of a file, say
            self.faults.append(CaseError(str(fault)))

    def demand(self) -> None:
        """Raises one CaseError with all faults, if there are any."""
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            rest = [f"and {len(self.faults) - MOST} more"] if len(self.faults) > MOST else []
            lines = [*map(str, self.faults[:MOST]), *rest]
            raise CaseError("\n".join(lines), each=tuple(self.faults))

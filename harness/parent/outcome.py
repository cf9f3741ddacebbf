"""What a call came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Answered:
    """The system gave an array; `seconds` is its own time for the call.

    not_repeatable: how an identical call, made at once, differed; "" where it did not or was not made.
    """

    array: np.ndarray
    seconds: float
    warnings: tuple[str, ...] = ()
    not_repeatable: str = ""


@dataclass(frozen=True)
class Declined:
    """The system, or our adapter for it, does not offer this call."""

    reason: str


@dataclass(frozen=True)
class Raised:
    """The system raised an exception of type `kind`."""

    kind: str
    message: str

    @property
    def reason(self) -> str:
        return f"{self.kind}: {self.message}"


NOT_CALLED = "not called: "
"""What the reason of a Died begins with where the worker was gone before the call."""


@dataclass(frozen=True)
class Died:
    """The worker ended, hung or broke the protocol; `stderr` is the end of what it wrote there."""

    reason: str
    stderr: str = ""


@dataclass(frozen=True)
class Broken:
    """The harness's own worker failed at the call, which says nothing of the system; `fault` says how and where."""

    fault: str

    @property
    def reason(self) -> str:
        return f"a fault of the harness's own worker, not of the system: {self.fault}"


Outcome = Answered | Declined | Raised | Died | Broken

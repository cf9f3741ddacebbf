"""The card of an entry point: what probes found of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

FIRST_CALL = "the first call"
ANSWERS = f"{FIRST_CALL} answers"
"""In why a card is unreadable: there are answers, and nothing explains them."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, the smallest call that shows it, and that call as a case file ("" where no case can say it).

    excluded: whether its declaration or the grammar of cases has no such call, as one with an empty input: a finding
    that no case can hold.
    """

    words: str
    call: str
    case: str = ""
    excluded: bool = False


@dataclass(frozen=True)
class Card:
    """What was measured of one entry point; `unreadable` says why nothing could be.

    conventions, precision, algorithm: property -> finding. faults: what contradicts itself. differences: what the
    declaration says otherwise. declined: whether it is unreadable because it declines every call, as recordings do.
    note: what its declaration says of how it is called.
    alike: of a user's own program, which known functions compute the same, and what to change for others.
    ending: what is made of its sums, as `clip(y + 1, 0, 6)`; `conventions` are then those of the sums, and `beneath`
    says of a user's own program what `alike` says of others.
    """

    entry_point: str
    backend: str
    version: str
    conventions: dict[str, Any] = field(default_factory=dict)
    precision: dict[str, Any] = field(default_factory=dict)
    algorithm: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    unreadable: str = ""
    declined: bool = False
    operation: str = "convolution"
    note: str = ""
    alike: list[str] = field(default_factory=list)
    ending: str = ""
    beneath: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

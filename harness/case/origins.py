"""What users call the arrays of a case that was made of them: files, or nothing but their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.case.read import CaseError


@dataclass(frozen=True)
class Origins:
    """names: role -> what a user calls the array, "" for nothing. outputs: those of the case, in their order.

    kept: role -> the file that the array was put into, which no user has heard of.
    """

    names: Mapping[str, str]
    outputs: Sequence[str]
    kept: Mapping[str, str] = field(default_factory=dict)

    def told(self, error: CaseError) -> CaseError:
        """The faults of the case in the user's words, each with its array or its setting, and what is wrong."""
        return CaseError("\n".join(filter(None, [*map(self._told, error.each), error.hint])), hint=error.hint)

    def _told(self, fault: CaseError) -> str:
        role = self._role(fault)
        origin = self.names.get(role, "")
        where = role.replace("_", " ") + (f" ({origin})" if origin else "")
        told = fault.told.replace(self.kept[role], origin or "the array") if role in self.kept else fault.told
        return f"{where}: {told}" if where else told

    def _role(self, fault: CaseError) -> str:
        """The array or the setting that a fault is about."""
        first = fault.keys.partition(".")[0]
        number = first.removeprefix("recorded[").removesuffix("]")
        return self.outputs[int(number)] if first.startswith("recorded[") and number.isdecimal() else first

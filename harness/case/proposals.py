"""Layouts that would fit arrays, where none are said or those that are said do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.case.schema import is_setting
from harness.grammar.document import CaseError, Item
from harness.grammar.kinds import Record
from harness.grammar.shapes import shape
from harness.operations.operation import Operation
from harness.operations.spoken import main_roles

OUTPUT = "output"


def proposed(operation: Operation, shapes: Mapping[str, Sequence[int]], verb: str = "try") -> str:
    """A sentence on the orders of axes that fit shapes by role, "" where nothing is known of them.

    verb: what to do, or what was done, with the likeliest.
    """
    roles = [role for role in (*main_roles(operation), OUTPUT) if role in shapes]
    fitting = operation.new_cases().layouts(shapes)
    if fitting is None:
        return ""
    if not fitting:
        return f"no order of axes fits these shapes: {', '.join(f'{role} {sized(shapes[role])}' for role in shapes)}"
    first, *others = [",".join(each[role] for role in roles) for each in fitting]
    named = ", ".join(f"{role} {sized(shapes[role])} as {fitting[0][role]}" for role in roles)
    also = f"; others fit, too: {' '.join(others)}" if others else ""
    return f"{verb} the layout {first}, which fits: {named}{also}"


def likely(
    operation: Operation, shapes: Mapping[str, Sequence[int]], stated: Mapping[str, str], usual: Mapping[str, str]
) -> dict[str, str]:
    """Layouts of these arrays: as stated, else the usual ones; where these do not fit, the likeliest that do."""
    own = {**usual, **stated}
    known = operation.new_cases().layouts(shapes) or []
    fitting = [each for each in known if all(each[role] == stated[role] for role in stated)]
    if not fitting or any(all(each.get(role) == own[role] for role in own) for each in fitting):
        return own
    return fitting[0]


def sized(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def told(fault: CaseError, operation: Operation, top: Record, folder: Path) -> CaseError:
    """The faults of a case file with the layouts that would fit, where its arrays do not fit as they are said."""
    given = _arrays(operation, top)
    if not all(role in given for role in main_roles(operation)):
        return fault
    shapes = {role: found for role, each in given.items() if (found := shape(each, folder))}
    if len(shapes) < len(given) or not any(_of_axes(each, given, shapes) for each in fault.each):
        return fault
    hint = proposed(operation, shapes)
    return CaseError(f"{fault}\n{hint}", fault.keys, fault.told, fault.each, hint) if hint else fault


def _arrays(operation: Operation, top: Record) -> dict[str, Record | Item]:
    """What a file says of each array by role, and of the first output that it records."""
    said = {role: top[role] for role in operation.ROLES} | {OUTPUT: next(iter(top["recorded"]), None)}
    return {role: each for role, each in said.items() if each is not None and not is_setting(top.at(role))}


def _of_axes(fault: CaseError, given: Mapping[str, Record | Item], shapes: Mapping[str, Sequence[int]]) -> bool:
    """Whether a fault is at a layout, at a whole array, or at one that has another number of axes than letters."""
    role = OUTPUT if fault.keys.startswith("recorded[0]") else fault.keys.partition(".")[0]
    if role not in given:
        return False
    said = given[role]
    counted = not isinstance(said, Record) or len(said["layout"] or "") == len(shapes[role])
    return not counted or fault.keys in (role, f"{role}.layout", "recorded[0]", "recorded[0].layout")

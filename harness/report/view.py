"""What a report shows of one case, whatever it is written in: classes, table rows and reasons, equal ones as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from harness.explanation.answers import edit_words
from harness.operations import TABLE, USUAL
from harness.operations.operation import Operation
from harness.operations.panels import Picture
from harness.operations.spoken import main_roles
from harness.operations.transforms import number_pictures
from harness.report import words
from harness.report.text import one_line

MODES = {"as_written": "As written", "normalized": "Normalized"}
NO_ANSWER = ("declined", "raised", "died", "broken")

Piece = Mapping[str, Any]
Result = Mapping[str, Any]


@dataclass(frozen=True)
class AgreementClass:
    """Entry points whose numbers agree.

    everyone: whether no other class is there. result: of the first member. output: its numbers. figure: the number of
    the output that stands for the class, its own unless what the case means was shown before. repeated: whether that
    was shown before.
    """

    members: Sequence[str]
    everyone: bool
    result: Result
    output: Mapping[str, Any]
    figure: int
    repeated: bool


@dataclass(frozen=True)
class Reason:
    """Why some entry points gave no answer, or none that is explained."""

    verdict: str
    modes: tuple[str, ...]
    names: tuple[str, ...]
    reason: str


def operation_name(about: Mapping[str, Any]) -> str:
    """What a case, a card or a declaration is about; older ones do not say it."""
    return str(about.get("operation", USUAL))


def operation(about: Mapping[str, Any]) -> Operation:
    """The operation that a case, a card or a declaration is about."""
    return TABLE[operation_name(about)]


def by_operation(found: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Cards or declarations by the name of their operation, in the order of the table."""
    groups: dict[str, list[Mapping[str, Any]]] = {name: [] for name in TABLE}
    for each in found:
        groups[operation_name(each)].append(each)
    return {name: group for name, group in groups.items() if group}


def arrays(case: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The arrays of a case by role."""
    return {role: case[role] for role in main_roles(operation(case))}


def settings(case: Mapping[str, Any]) -> str:
    """The settings of a case in one line."""
    own = operation(case).shown().settings(case["settings"])
    return f"{own}, then {case['then']}" if "then" in case else own


def classes(piece: Piece) -> dict[str, list[AgreementClass]]:
    """Mode -> its agreement classes, those that agree with what the case means first."""
    results = {(result["mode"], result["entry_point"]): result for result in piece["results"]}
    shown: dict[str, list[AgreementClass]] = {}
    figures: set[int] = set()
    meant: int | None = None
    for mode in MODES:
        found = list(piece["classes"].get(mode, []))
        found.sort(key=lambda members: results[mode, members[0]]["verdict"] != "agrees")
        shown[mode] = []
        for members in found:
            first = results[mode, members[0]]
            figure = number = first["output"]
            if first["verdict"] == "agrees":
                figure = meant = number if meant is None else meant
            output, repeated = piece["outputs"][number], figure in figures
            shown[mode].append(AgreementClass(members, len(found) == 1, first, output, figure, repeated))
            figures.add(figure)
    return shown


def meant(piece: Piece) -> Mapping[str, Any] | None:
    """The numbers that the case means, where no entry point gave them."""
    if any(each.result["verdict"] == "agrees" for found in classes(piece).values() for each in found):
        return None
    return {**piece["case"]["reference"], "dtype": piece["case"]["settings"]["dtype"]}


def who_gives_it(piece: Piece, told: Result) -> str:
    """What the case means, by another one that gives it: a recorded output, or the first entry point as written."""
    agreeing = [each for each in piece["results"] if each["verdict"] == "agrees" and each is not told]
    by_mode = {mode: [each for each in agreeing if each["mode"] == mode] for mode in ("recorded", "as_written")}
    first = next(iter([*by_mode["recorded"], *by_mode["as_written"]]), None)
    if first is None or told["verdict"] == "agrees":
        return words.MEANT
    name = one_line(first["entry_point"])
    return f'what "{name}" gives' if first["mode"] == "recorded" else f"what {name} gives"


def recordings(piece: Piece) -> Iterator[tuple[Mapping[str, Any], Result]]:
    """Each recorded output and what became of it; a report of old results may not have the former."""
    results = [result for result in piece["results"] if result["mode"] == "recorded"]
    yield from zip(piece["case"].get("recorded", [{}] * len(results)), results)


def rows(piece: Piece, to_the_bit: bool = False) -> list[tuple[tuple[str, ...], Mapping[str, Result]]]:
    """(entry points, mode -> result) for entry points that did not decline everything, equal ones as one.

    With `to_the_bit` those are equal whose outputs are, too.
    """
    found: dict[Any, tuple[list[str], Mapping[str, Result]]] = {}
    for name, modes in _by_name(piece).items():
        if any(result["verdict"] != "declined" for result in modes.values()):
            said = [_said(mode, modes.get(mode)) for mode in MODES]
            outputs = [modes[mode]["output"] for mode in modes if to_the_bit]
            found.setdefault((*said, *outputs), ([], modes))[0].append(name)
    return [(tuple(names), modes) for names, modes in found.values()]


def reasons(piece: Piece) -> Iterator[Reason]:
    """One for each distinct reason for having no answer, or none that is explained."""
    named: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, modes in _by_name(piece).items():
        for mode, result in modes.items():
            if result["verdict"] in (*NO_ANSWER, "unexplained"):
                reason = result["reason"].removeprefix(f"{name} ")
                named.setdefault((result["verdict"], reason), {}).setdefault(name, []).append(mode)
    for (verdict, reason), modes_of in named.items():
        by_modes: dict[tuple[str, ...], list[str]] = {}
        for name, modes_found in modes_of.items():
            by_modes.setdefault(tuple(modes_found), []).append(name)
        for when, names in by_modes.items():
            yield Reason(verdict, when, tuple(names), reason)


def when(modes: Sequence[str]) -> str:
    """The modes in words, nothing where it is all of them."""
    return "" if len(modes) == len(MODES) else MODES[modes[0]].lower()


def said(mode: str, result: Result) -> str:
    """What became of a call, in words."""
    return words.as_written(result) if mode == "as_written" else words.normalized(result)


def code(result: Result) -> Mapping[str, str]:
    """System -> the code that gives an output, of its first explanation; older results have none."""
    first: Mapping[str, Any] = next(iter(result.get("explanations", ())), {})
    return first.get("code") or {}


def edits(result: Result) -> list[tuple[str, str]]:
    """(what it is for, call) of each shortest edit of a result, those of its own system first."""
    first: Mapping[str, Any] = next(iter(result.get("explanations", ())), {})
    own = [(edit_words(system, mends=True), line) for system, line in (result.get("own_edits") or {}).items()]
    return own + [(edit_words(system, mends=False), line) for system, line in (first.get("edits") or {}).items()]


def pictures(case: Mapping[str, Any], result: Result) -> list[Picture]:
    """Pictures of what a result differs by, of its first explanation."""
    first: Mapping[str, Any] = next(iter(result.get("explanations", ())), {})
    changes = [each for key in ("settings", "transforms") for each in first.get(key) or ()]
    found = [each for each in changes if isinstance(each, Mapping)]
    return [*operation(case).shown().pictures(case, found), *number_pictures.pictures(found)]


def tied(result: Result) -> list[str]:
    """In words, the explanations that the data cannot tell from the first one."""
    others = result.get("explanations", ())[1:]
    return [_sentence(each["words"]) for each in others if each.get("tied")]


def _sentence(given: str | Sequence[str]) -> str:
    return given if isinstance(given, str) else "; ".join(given)


def file_and_label(name: str) -> tuple[str, str]:
    """The file of a case's id, and the label of a member of its matrix."""
    file, bracket, label = name.rpartition("[")
    return (file, label.removesuffix("]")) if bracket and name.endswith("]") else (name, "")


def short_name(name: str) -> str:
    """A case's id without folder and suffix."""
    file, label = file_and_label(name)
    return " ".join(filter(None, [PurePosixPath(file).stem, label.replace(",", ", ")]))


def _by_name(piece: Piece) -> dict[str, dict[str, Result]]:
    by_name: dict[str, dict[str, Result]] = {}
    for result in piece["results"]:
        if result["mode"] in MODES:
            by_name.setdefault(result["entry_point"], {})[result["mode"]] = result
    return by_name


def _said(mode: str, result: Result | None) -> str:
    return f"{said(mode, result)} {result['expected'] is False}" if result else ""

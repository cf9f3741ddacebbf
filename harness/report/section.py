"""The section of one case: what it is, its numbers, the agreement classes, the recordings, and every entry point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.report import verdicts
from harness.report.arrays import block, kind
from harness.report.tables import table
from harness.report.text import brief, code, fenced, plain
from harness.window import numbers_text, pairs_text

MODES = {"as_written": "As written", "normalized": "Normalized"}
NO_ANSWER = ("declined", "raised", "died")

Piece = Mapping[str, Any]
Result = Mapping[str, Any]


def introduction(case: Mapping[str, Any]) -> Iterator[str]:
    """What the members of a case file have in common: why, source, commentary."""
    if case["why"]:
        yield f"Why: {plain(case['why'])}"
    if case["source"]:
        yield f"Source: {plain(case['source'])}"
    if case["text"]:
        yield fenced(case["text"]) if "\n" in case["text"].strip() else f"Note: {plain(case['text'])}"


def data(case: Mapping[str, Any]) -> Iterator[str]:
    """Input and kernel."""
    for role in ("input", "kernel"):
        yield f"{role.capitalize()}, {kind(case[role], role)}:\n\n{block(case[role], role)}"


def body(piece: Piece) -> Iterator[str]:
    """What one case came to: settings, power, failures, classes, recordings, entry points."""
    case, results = piece["case"], piece["results"]
    yield settings(case["settings"])
    yield power(case["power"]["blind"])
    for failure in case["failures"]:
        yield f"**{verdicts.UNEXPECTED} not as expected** - {plain(failure)}"
    yield from classes(piece)
    yield from recordings(case, [result for result in results if result["mode"] == "recorded"])
    yield from entry_points([result for result in results if result["mode"] in MODES])


def settings(given: Mapping[str, Any]) -> str:
    """The settings in one line; what is left at 1, zero or none is not named."""
    pairs = f"({pairs_text(given['padding_pairs'])}, low:high per axis)"
    parts = [
        given["means"],
        given["dtype"],
        f"stride {_per_axis(given['stride'])}",
        f"dilation {_per_axis(given['dilation'])}" if max(given["dilation"]) > 1 else "",
        f"padding {given['padding']} {pairs}" if isinstance(given["padding"], str) else f"padding {pairs}",
        f"{given['groups']} groups" if given["groups"] > 1 else "",
        f"boundary {given['boundary']}" if given["boundary"] != "zero" else "",
        "bias" if given["bias"] else "",
    ]
    return f"Settings: {plain(', '.join(filter(None, parts)))}."


def power(blind: Sequence[str]) -> str:
    """What the data of the case cannot see."""
    if not blind:
        return "The data tells every convention looked at apart."
    return f"The data cannot tell: {plain('; '.join(blind))}."


def classes(piece: Piece) -> Iterator[str]:
    """The agreement classes of both modes, each output once; the reference where nothing agrees with it."""
    results = {(result["mode"], result["entry_point"]): result for result in piece["results"]}
    meant_is_shown = False
    for mode, title in MODES.items():
        found = list(zip(piece["classes"].get(mode, []), piece["outputs"].get(mode, [])))
        found.sort(key=lambda pair: results[mode, pair[0][0]]["verdict"] != "agrees")
        yield f"**{title}:** {_count(found)}"
        for members, output in found:
            first = results[mode, members[0]]
            agrees = first["verdict"] == "agrees"
            who = f"all {len(members)} that answered" if len(found) == 1 else _names(members)
            yield f"- {who}: {verdicts.explanation(first)}"
            if not (agrees and meant_is_shown):
                yield _numbers(output)
            meant_is_shown |= agrees
    if not meant_is_shown:
        meant = {**piece["case"]["reference"], "dtype": piece["case"]["settings"]["dtype"]}
        yield f"What the case means, in numbers:\n\n{_numbers(meant)}"


def _numbers(output: Mapping[str, Any]) -> str:
    return f"{kind(output, 'output')}:\n\n{block(output, 'output')}"


def recordings(case: Mapping[str, Any], results: Sequence[Result]) -> Iterator[str]:
    """What became of each recording, and its numbers."""
    for recorded, result in zip(case.get("recorded", [{}] * len(results)), results):
        origin = f" ({plain(recorded['origin'])})" if recorded.get("origin") else ""
        sentence = f"The output of {code(result['entry_point'])}{origin} {verdicts.recording(result)}."
        numbers = f"\n\n{_numbers(recorded)}" if "shape" in recorded else ""
        yield f"**Recorded:** {sentence}{numbers}"


def entry_points(results: Iterable[Result]) -> Iterator[str]:
    """The table of what each entry point came to, equal rows as one, and why some gave no answer."""
    by_name: dict[str, dict[str, Result]] = {}
    for result in results:
        by_name.setdefault(result["entry_point"], {})[result["mode"]] = result
    rows: dict[tuple[str, str], list[str]] = {}
    for name, modes in by_name.items():
        if any(result["verdict"] != "declined" for result in modes.values()):
            rows.setdefault(_row(modes), []).append(name)
    if rows:
        cells = [[_names(names), *row] for row, names in rows.items()]
        yield table(cells, ["entry point", *map(str.lower, MODES.values())])
    yield from _reasons(by_name)


def _row(modes: Mapping[str, Result]) -> tuple[str, str]:
    words = {"as_written": verdicts.as_written, "normalized": verdicts.normalized}
    written, normalized = (words[mode](modes[mode]) if mode in modes else "" for mode in MODES)
    return written, normalized


def _reasons(by_name: Mapping[str, Mapping[str, Result]]) -> Iterator[str]:
    """One line for each distinct reason for having no answer, or none that is explained."""
    reasons: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, modes in by_name.items():
        for mode, result in modes.items():
            if result["verdict"] in (*NO_ANSWER, "unexplained"):
                reason = result["reason"].removeprefix(f"{name} ")
                reasons.setdefault((result["verdict"], reason), {}).setdefault(name, []).append(mode)
    lines = []
    for (verdict, reason), named in reasons.items():
        by_modes: dict[str, list[str]] = {}
        for name, modes_of in named.items():
            by_modes.setdefault(_when(modes_of), []).append(name)
        lines += [f"- {plain(verdict)}{when}: {_names(who)} - {brief(reason)}" for when, who in by_modes.items()]
    if lines:
        yield "\n".join(lines)


def _when(modes: Sequence[str]) -> str:
    return "" if len(modes) == len(MODES) else f" {MODES[modes[0]].lower()}"


def _count(found: Sequence[Any]) -> str:
    return {0: "no output.", 1: "one class."}.get(len(found), f"{len(found)} classes.")


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def _per_axis(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else numbers_text(tuple(values))

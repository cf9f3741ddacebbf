"""The section of one case: what it is, its numbers, the agreement classes, the recordings, and every entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report import verdicts, view, words
from harness.report.blocks import block, kind
from harness.report.tables import table
from harness.report.text import brief, code, fenced, plain
from harness.report.view import MODES, Piece, Result
from harness.report.words import UNEXPECTED


def introduction(case: Mapping[str, Any]) -> Iterator[str]:
    """What the members of a case file have in common: why, source, commentary."""
    if case["why"]:
        yield f"Why: {plain(case['why'])}"
    if case["source"]:
        yield f"Source: {plain(case['source'])}"
    if case["text"]:
        yield fenced(case["text"]) if "\n" in case["text"].strip() else f"Note: {plain(case['text'])}"


def data(case: Mapping[str, Any]) -> Iterator[str]:
    """The arrays."""
    for role, array in view.arrays(case).items():
        yield f"{role.capitalize()}, {kind(array, role)}:\n\n{block(array, role)}"


def body(piece: Piece) -> Iterator[str]:
    """What one case came to: settings, power, failures, classes, recordings, entry points."""
    case = piece["case"]
    yield f"Settings: {plain(view.settings(case))}."
    yield plain(words.power(case["power"]["blind"]))
    for failure in case["failures"]:
        yield f"**{UNEXPECTED} not as expected** - {plain(failure)}"
    yield from classes(piece)
    yield from recordings(piece)
    yield from entry_points(piece)


def classes(piece: Piece) -> Iterator[str]:
    """The agreement classes of both modes, each output once; the reference where nothing agrees with it."""
    for mode, found in view.classes(piece).items():
        yield f"**{MODES[mode]}:** {words.count(len(found))}"
        for each in found:
            who = f"all {len(each.members)} that answered" if each.everyone else _names(each.members)
            yield f"- {who}: {verdicts.explanation(each.result)}"
            if not each.repeated:
                yield _numbers(each.output)
            yield from explained(each.result)
    meant = view.meant(piece)
    if meant:
        yield f"What the case means, in numbers:\n\n{_numbers(meant)}"


def _numbers(output: Mapping[str, Any]) -> str:
    return f"{kind(output, 'output')}:\n\n{block(output, 'output')}"


def recordings(piece: Piece) -> Iterator[str]:
    """What became of each recording, and its numbers."""
    for recorded, result in view.recordings(piece):
        origin = f" ({plain(recorded['origin'])})" if recorded.get("origin") else ""
        sentence = f"The output of {code(result['entry_point'])}{origin} {verdicts.recording(result)}."
        numbers = f"\n\n{_numbers(recorded)}" if "shape" in recorded else ""
        yield f"**Recorded:** {sentence}{numbers}"
        yield from explained(result)


def explained(result: Result) -> Iterator[str]:
    """What else would explain an output, and the code that gives it."""
    remarks = result.get("remarks")
    if remarks:
        yield "\n".join(f"- {plain(remark)}" for remark in remarks)
    others = view.tied(result)
    if others:
        yield f"These data cannot tell it from: {plain('; or: '.join(others))}."
    for use, line in view.edits(result):
        yield f"The shortest edit {plain(use)}: {code(line)}"
    programs = [f"{plain(system)}:\n\n{fenced(text)}" for system, text in view.code(result).items()]
    if programs:
        yield "\n\n".join([f"<details><summary>{words.CODE}</summary>", *programs, "</details>"])


def entry_points(piece: Piece) -> Iterator[str]:
    """The table of what each entry point came to, equal rows as one, and why some gave no answer."""
    cells = [
        [_names(names), *(verdicts.said(mode, modes[mode]) if mode in modes else "" for mode in MODES)]
        for names, modes in view.rows(piece)
    ]
    if cells:
        yield table(cells, ["entry point", *map(str.lower, MODES.values())])
    reasons = [_reason(each) for each in view.reasons(piece)]
    if reasons:
        yield "\n".join(reasons)


def _reason(given: view.Reason) -> str:
    what = " ".join(filter(None, [plain(given.verdict), view.when(given.modes)]))
    return f"- {what}: {_names(given.names)} - {brief(given.reason)}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(code, names))

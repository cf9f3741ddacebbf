"""Convention cards: as text for a terminal, one after another, and as markdown tables of entry points x properties.

Cards come as JSON has them (`harness.operations.card.Card.as_json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.operations import TABLE
from harness.report import prose
from harness.report.tables import named, table
from harness.report.text import code, plain
from harness.report.view import by_operation, operation

Found = Mapping[str, Any]
TITLE = "# Convention cards"
OURS = re.compile(TITLE.encode())
"""What a page of cards begins with."""
ENTRY = "entry point"


def text(card: Found) -> str:
    """One card for a terminal."""
    head = f"{card['entry_point']}  ({card['backend']} {card['version']})"
    if card["unreadable"]:
        return f"{head}\n  cannot be read: {card['unreadable']}"
    lines = [head, *(f"  {name:<23} {value}" for name, value in _lines(card))]
    return "\n".join(lines)


def markdown(cards: Iterable[Found]) -> str:
    """The page of many cards: tables, what the words for settings come to, and the faults."""
    cards = list(cards)
    groups = by_operation(cards)
    contradictions = [f"- {code(name)}: {plain(words)}; {code(call)}" for name, words, call in faults(cards)]
    left_out = [f"- {code(name)}: {plain(reason)}" for name, reason in unreadable(cards).items()]
    parts = [
        TITLE,
        *(part for name, group in groups.items() for part in _of_operation(name, group, alone=len(groups) == 1)),
        "## Contradictions",
        "\n".join(contradictions) or "None was found.",
        *(("## Not measured", "\n".join(left_out)) if left_out else ()),
    ]
    return "\n\n".join(parts) + "\n"


def _of_operation(name: str, cards: list[Found], alone: bool) -> Iterator[str]:
    """The cards of one operation, under its name where there are others."""
    versions = dict.fromkeys(f"{card['backend']} {card['version']}" for card in cards)
    if not alone:
        yield f"## {prose.in_words(name).capitalize()}"
    yield prose.measured(name)
    yield f"Measured: {plain(', '.join(versions))}."
    yield named(rows(cards), heads(name))
    yield "## Rules" if alone else "### Rules"
    formulas = [[code(rule), code(formula)] for rule, formula in rules(cards).items()]
    yield table(formulas, ["rule", TABLE[name].shown().RULE])


def heads(name: str) -> list[str]:
    """The heads of a table of cards of an operation."""
    return [ENTRY, *TABLE[name].shown().MEASURED_HEADS]


def rows(cards: Iterable[Found]) -> list[list[str]]:
    """A row of plain texts under `heads` for each card that can be read; a cell may have several lines."""
    return [[card["entry_point"], *operation(card).shown().measured(card)] for card in cards if not card["unreadable"]]


def rules(cards: Iterable[Found]) -> dict[str, str]:
    """The rules that words follow, and their formulas."""
    readable = [card for card in cards if not card["unreadable"]]
    found = [operation(card).shown().rules(card["conventions"]) for card in readable]
    return dict(sorted(pair for each in found for pair in each.items()))


def faults(cards: Iterable[Found]) -> Iterator[tuple[str, str, str]]:
    """(entry point, what is wrong, the call that shows it) of what contradicts itself."""
    for card in cards:
        for fault in card["faults"]:
            yield card["entry_point"], fault["words"], fault["call"]


def unreadable(cards: Iterable[Found]) -> dict[str, str]:
    """Why an entry point could not be measured."""
    return {card["entry_point"]: card["unreadable"] for card in cards if card["unreadable"]}


def _lines(card: Found) -> Iterator[tuple[str, str]]:
    """(property, finding) of a card, in the order in which people ask."""
    yield from operation(card).shown().conventions(card["conventions"])
    if card.get("ending"):
        yield "what y becomes", card["ending"]
    for dtype, precise in card["precision"].items():
        yield dtype, "; ".join(f"{name}: {value}" for name, value in precise.items())
    yield "algorithm", card["algorithm"]["algorithm"]
    yield "integers exact below", card["algorithm"]["integers exact below"]
    for difference in card["differences"]:
        yield "DECLARED OTHERWISE", difference
    for fault in card["faults"]:
        yield "FAULT", f"{fault['words']}: {fault['call']}"
    if card.get("note"):
        yield "note", card["note"]
    for sentence in (*card.get("alike", ()), *card.get("beneath", ())):
        yield "", sentence

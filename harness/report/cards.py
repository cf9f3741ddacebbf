"""Convention cards: as text for a terminal, one after another, and as one markdown table of entry points x properties.

Cards come as JSON has them (`harness.operations.card.Card.as_json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.canonical.layout import SPATIAL
from harness.report.prose import MEASURED
from harness.report.tables import named, table
from harness.report.text import code, plain

HEADS = (
    "entry point",
    "computes",
    "axes",
    "padding",
    "boundaries",
    "groups",
    "kernel larger",
    "integer overflow",
    "input, kernel, sum",
    "algorithm",
)
Found = Mapping[str, Any]
TITLE = "# Convention cards"
OURS = re.compile(TITLE.encode())
"""What a page of cards begins with."""


def text(card: Found) -> str:
    """One card for a terminal."""
    head = f"{card['entry_point']}  ({card['backend']} {card['version']})"
    if card["unreadable"]:
        return f"{head}\n  cannot be read: {card['unreadable']}"
    lines = [head, *(f"  {name:<24}{value}" for name, value in _lines(card))]
    return "\n".join(lines)


def markdown(cards: Iterable[Found]) -> str:
    """The page of many cards: the table, what the words for padding come to, and the faults."""
    cards = list(cards)
    versions = dict.fromkeys(f"{card['backend']} {card['version']}" for card in cards)
    formulas = [[code(name), code(formula)] for name, formula in rules(cards).items()]
    contradictions = [f"- {code(name)}: {plain(words)}; {code(call)}" for name, words, call in faults(cards)]
    left_out = [f"- {code(name)}: {plain(reason)}" for name, reason in unreadable(cards).items()]
    parts = [
        TITLE,
        MEASURED,
        f"Measured: {plain(', '.join(versions))}.",
        named(rows(cards), HEADS),
        "## Rules",
        table(formulas, ["rule", "(low, high)"]),
        "## Contradictions",
        "\n".join(contradictions) or "None was found.",
        *(("## Not measured", "\n".join(left_out)) if left_out else ()),
    ]
    return "\n\n".join(parts) + "\n"


def rows(cards: Iterable[Found]) -> list[list[str]]:
    """A row of plain texts under HEADS for each card that can be read; a cell may have several lines."""
    return [_row(card) for card in cards if not card["unreadable"]]


def rules(cards: Iterable[Found]) -> dict[str, str]:
    """The rules that padding words follow, and their formulas."""
    found = {rule["rule"]: rule["formula"] for card in cards for rule in _padding(card).values() if rule["rule"]}
    return dict(sorted(found.items()))


def faults(cards: Iterable[Found]) -> Iterator[tuple[str, str, str]]:
    """(entry point, what is wrong, the call that shows it) of what contradicts itself."""
    for card in cards:
        for fault in card["faults"]:
            yield card["entry_point"], fault["words"], fault["call"]


def unreadable(cards: Iterable[Found]) -> dict[str, str]:
    """Why an entry point could not be measured."""
    return {card["entry_point"]: card["unreadable"] for card in cards if card["unreadable"]}


def _row(card: Found) -> list[str]:
    found = card["conventions"]
    precise = card["precision"].get("float32", {})
    larger = dict.fromkeys(f"{word}: {_short(words)}" for word, words in found["kernel larger"].items())
    return [
        card["entry_point"],
        _computes(found),
        _axes(found),
        "\n".join(f"{name}: {_rule(rule)}" for name, rule in _padding(card).items()),
        ", ".join(own if own == what else f"{own}: {what}" for own, what in found["boundaries"].items()) or "none",
        _short(found["groups"] if found["groups"] != "none" else found["depthwise"]),
        "\n".join(larger),
        ", ".join(dict.fromkeys(found["overflow"].values())) or "integers refused",
        ", ".join(value.split(" bits")[0] for value in precise.values()),
        card["algorithm"]["algorithm"],
    ]


def _lines(card: Found) -> Iterator[tuple[str, str]]:
    """(property, finding) of a card, in the order in which people ask."""
    found = card["conventions"]
    yield "computes", _computes(found)
    yield "axes", _axes(found)
    for name, rule in _padding(card).items():
        yield f"padding {name}", _rule(rule, f" = {rule['formula']}" if rule["formula"] else "")
        for exception in rule["exceptions"] if rule["rule"] or rule.get("nearest") else ():
            yield "", f"not for {exception}"
    yield "unknown padding", found["unknown word"]
    yield "padding by numbers", found["numbers"]
    for name in ("boundaries", "kernel larger", "empty", "dtypes", "promotion", "overflow"):
        yield name, "; ".join(f"{key}: {value}" for key, value in found[name].items()) or "none"
    yield "groups", found["groups"]
    yield "depthwise", found["depthwise"]
    yield "conjugated", found["conjugation"]
    for dtype, precise in card["precision"].items():
        yield dtype, "; ".join(f"{name}: {value}" for name, value in precise.items())
    yield "algorithm", card["algorithm"]["algorithm"]
    yield "integers exact below", card["algorithm"]["integers exact below"]
    for difference in card["differences"]:
        yield "DECLARED OTHERWISE", difference
    for fault in card["faults"]:
        yield "FAULT", f"{fault['words']}: {fault['call']}"


def _padding(card: Found) -> dict[str, Found]:
    found = card["conventions"]
    return {name.removeprefix("padding "): rule for name, rule in found.items() if name.startswith("padding ")}


def _rule(rule: Found, formula: str = "") -> str:
    near = f"; nearest is {rule['nearest']}" if rule.get("nearest") else ""
    words = rule["rule"] + formula if rule["rule"] else f"no known rule{near}"
    if rule.get("boundary", "zero") != "zero":
        words += f" with boundary {rule['boundary']}"
    if rule["exceptional"] and words != "no known rule":
        words += f", except {rule['exceptional']} of {rule['checked']} sizes"
    return words + (f"; refuses {rule['refuses'].split(':')[0]}" if rule["refuses"] else "")


def _computes(found: Found) -> str:
    """Convolution, cross-correlation, or along which axes the kernel is read backwards."""
    flags = {rank: tuple(reversal) for rank, reversal in found["reversal"].items()}
    if all(all(each) for each in flags.values()):
        return "convolution"
    if not any(any(each) for each in flags.values()):
        return "cross-correlation"
    rank, reversal = next((rank, each) for rank, each in flags.items() if any(each))
    letters = [letter for letter, backwards in zip(SPATIAL[int(rank)], reversal) if backwards]
    return f"reads the kernel backwards along {', '.join(letters)} only"


def _short(words: str) -> str:
    """A finding without the message of what was refused."""
    return "refused" if words.startswith(("raises", "declines")) else words


def _axes(found: Found) -> str:
    rank = str(found["ranks"][-1])
    return ", ".join(
        next(letters for key, letters in found[role].items() if str(key) == rank)
        for role in ("input", "kernel", "output")
    )

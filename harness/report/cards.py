"""Convention cards: as text for a terminal, one after another, and as one markdown table of entry points x properties.

Cards come as JSON has them (`harness.probe.Card.as_json`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.layout import SPATIAL
from harness.report.tables import table
from harness.report.text import code, plain

HEADS = ("entry point", "computes", "axes", "padding", "groups", "kernel larger", "input, kernel, sum", "algorithm")
INTRODUCTION = """\
# Convention cards

Measured, entry point by entry point, by `harness probe`: nothing here is read from a declaration. **Computes**:
convolution reads the kernel backwards along every spatial axis, cross-correlation does not. **Padding**: what each word
comes to, as (low, high) on each axis; n is the input's size, k the kernel's, s the stride, d the dilation,
e = (k - 1) d + 1. **Input, kernel, sum**: bits of the fraction that are kept of float32 data."""

Found = Mapping[str, Any]


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
    rules = {rule["rule"]: rule["formula"] for card in cards for rule in _padding(card).values() if rule["rule"]}
    parts = [
        INTRODUCTION,
        f"Measured: {plain(', '.join(versions))}.",
        table([_row(card) for card in cards if not card["unreadable"]], HEADS),
        "## Rules",
        table([[code(name), code(formula)] for name, formula in sorted(rules.items())], ["rule", "(low, high)"]),
        "## Contradictions",
        "\n".join(line for card in cards for line in _faults(card)) or "None was found.",
    ]
    return "\n\n".join(parts) + "\n"


def _row(card: Found) -> list[str]:
    found = card["conventions"]
    precise = card["precision"].get("float32", {})
    larger = dict.fromkeys(f"{word}: {_short(words)}" for word, words in found["kernel larger"].items())
    return [
        code(card["entry_point"]),
        plain(_computes(found)),
        plain(_axes(found)),
        "<br>".join(plain(f"{name}: {_rule(rule)}") for name, rule in _padding(card).items()),
        plain(_short(found["groups"] if found["groups"] != "none" else found["depthwise"])),
        "<br>".join(plain(each) for each in larger),
        plain(", ".join(value.split(" bits")[0] for value in precise.values())),
        plain(card["algorithm"]["algorithm"]),
    ]


def _lines(card: Found) -> Iterator[tuple[str, str]]:
    """(property, finding) of a card, in the order in which people ask."""
    found = card["conventions"]
    yield "computes", _computes(found)
    yield "axes", _axes(found)
    for name, rule in _padding(card).items():
        yield f"padding {name}", _rule(rule, f" = {rule['formula']}" if rule["formula"] else "")
        for exception in rule["exceptions"] if rule["rule"] else ():
            yield "", f"not for {exception}"
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
    words = (rule["rule"] or "no known rule") + formula
    if rule["exceptional"]:
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


def _faults(card: Found) -> Iterator[str]:
    for fault in card["faults"]:
        yield f"- {code(card['entry_point'])}: {plain(fault['words'])}; {code(fault['call'])}"
    for name, rule in _padding(card).items():
        for exception in rule["exceptions"][:1] if rule["rule"] else ():
            words = f"{rule['rule']}, but not for {exception}"
            yield f"- {code(card['entry_point'])}: padding {plain(name)} is {plain(words)}"

"""What a user's own program may be told of a window, and what a project file declares of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.backends.program_words import AS_IT_IS
from harness.grammar.document import Item
from harness.grammar.kinds import FLAG, Field, Kind, Record, word
from harness.worker.entry import RECIPES, EntryPoint

if TYPE_CHECKING:  # for a card only, which few commands make
    from harness.operations.card import Card

GROUPS = ("any", "depthwise", "one")
NUMBERS = "numbers"
"""What stands for the words of a padding where a program takes numbers."""


def _read_padding(item: Item) -> tuple[dict[str, list[str | None]], str]:
    """(word of a case -> [its own, recipe], whether it takes numbers)."""
    if item.scalar == NUMBERS:
        return {}, "even"
    if not item.is_mapping or not item.entries():
        raise item.expected('its words, as {valid = "VALID"}, or "numbers"')
    return {name: _read_word(name, own) for name, own in item.entries().items()}, "no"


def _read_word(name: str, item: Item) -> list[str | None]:
    """A program's own word for a padding, and what it comes to."""
    given = item.elements() if item.is_list else [item]
    native, recipe = given[0].scalar if given else None, given[1].scalar if len(given) == 2 else name
    if not isinstance(native, str) or len(given) > 2:
        raise item.expected("the program's own word for it")
    if recipe not in RECIPES:
        raise item.error(f"{recipe!r} is no padding that is known here")
    return [native or None, "same_upper" if recipe == "same" else str(recipe)]


FIELDS: Mapping[str, Field] = {
    "reversal": Field(FLAG, "whether it reads the kernel backwards", default=False),
    "padding": Field(
        Kind(_read_padding, {}),
        'padding of a case -> its own word, "" where it has none, or "numbers"',
        default=({"valid": [None, "valid"]}, "no"),
    ),
    "groups": Field(word(*GROUPS), "the groups that it takes; as its placeholders or parameters say where left out"),
    "bias": Field(FLAG, "whether it takes one; as its placeholders or parameters say where left out"),
}
"""Keys of a declaration that are about the operation."""


def takes(found: Record) -> dict[str, Any]:
    """What `harness.backends.own_program` is told for these keys. Raises CaseError."""
    for key, needed in (("bias", found["bias"]), ("groups", found["groups"] == "any")):
        if needed and "command" in found and f"{{{key}}}" not in found["command"]:
            place = f"has no {{{key}}}, the place where the program is told it"
            raise found.at(key).error(f"{found['command']!r} {place}")
    words, explicit = found["padding"]
    given = {key: found[key] for key in ("groups", "bias") if found[key] is not None}
    return {"reversal": found["reversal"], "padding": words, "explicit": explicit, **given}


def told(words: tuple[str, ...]) -> dict[str, Any]:
    """The keys of a program that takes these words for a padding, as a command line gives them."""
    known = {word: [word, "same_upper" if word == "same" else "valid"] for word in words}
    return {"padding": known or {AS_IT_IS: ["", "valid"]}}  # what it does by itself is measured


def learned(found: Mapping[str, Any]) -> dict[str, Any]:
    """The conventions of a card without the words that were tried and are refused: the program has no such words."""
    gone = {name for name, rule in found.items() if name.startswith("padding ") and _refused(rule)}
    words = {name.removeprefix("padding ") for name in gone}
    larger = {word: what for word, what in found["kernel larger"].items() if word not in words}
    return {**{name: rule for name, rule in found.items() if name not in gone}, "kernel larger": larger}


def _refused(rule: Mapping[str, Any]) -> bool:
    return bool(rule["refuses"].startswith("every call"))


def beside(card: Card, entries: Iterable[EntryPoint]) -> Card:
    """A card with what to say of it, or of the sums of which it makes something, beside known functions."""
    from harness.operations.windowed import likeness

    if card.ending:
        return replace(card, beneath=list(likeness.of_sums(card, entries)))
    return replace(card, alike=list(likeness.sentences(card, entries)))

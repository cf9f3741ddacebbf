"""What a user's own program may be told of a window, and what a project file declares of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.backends.program_words import AS_IT_IS
from harness.operations.windowed import likeness
from harness.worker.entry import RECIPES, EntryPoint

DEFAULTS: Mapping[str, Any] = {"reversal": False, "padding": {"valid": ""}, "groups": None, "bias": None}
"""Keys of a declaration that are about the operation. reversal: whether the program reads the kernel backwards;
padding: padding of a case -> its own word, "" where it has none, or "numbers"; groups: "any", "depthwise" or "one";
bias: whether it takes one. None: as its placeholders or parameters say."""
GROUPS = ("any", "depthwise", "one")


def takes(about: Mapping[str, Any]) -> dict[str, Any]:
    """What `harness.backends.own_program` is told for these keys. Raises ValueError, which begins with the key."""
    if not isinstance(about["reversal"], bool):
        raise ValueError(f"reversal: found {about['reversal']!r}, expected, say, {DEFAULTS['reversal']!r}")
    words, explicit = _padding(about["padding"])
    return {"reversal": about["reversal"], "padding": words, "explicit": explicit, **_optional(about)}


def _optional(about: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that say what a program takes besides, as far as they are given."""
    groups, bias = about["groups"], about["bias"]
    if groups not in (None, *GROUPS):
        raise ValueError(f"groups: found {groups!r}, expected one of {', '.join(GROUPS)}")
    if bias not in (None, True, False):
        raise ValueError(f"bias: found {bias!r}, expected true or false")
    for key, needed in (("bias", bias), ("groups", groups == "any")):
        if needed and "command" in about and f"{{{key}}}" not in about["command"]:
            raise ValueError(f"{key}: {about['command']!r} has no {{{key}}}, the place where the program is told it")
    return {key: value for key, value in (("groups", groups), ("bias", bias)) if value is not None}


def told(words: tuple[str, ...]) -> dict[str, Any]:
    """The keys of a program that takes these words for a padding, as a command line gives them."""
    known = {word: [word, "same_upper" if word == "same" else "valid"] for word in words}
    return {"padding": known or {AS_IT_IS: ["", "valid"]}}  # what it does by itself is measured


def _padding(found: Any) -> tuple[dict[str, list[str | None]], str]:
    """(word of a case -> [its own, recipe], whether it takes numbers)."""
    if found == "numbers":
        return {}, "even"
    if not isinstance(found, dict) or not found:
        raise ValueError(f'padding: found {found!r}, expected, say, {{valid = "VALID"}} or "numbers"')
    words: dict[str, list[str | None]] = {}
    for word, own in found.items():
        native, recipe = own if isinstance(own, list) and len(own) == 2 else (own, word)
        if not isinstance(native, str):
            raise ValueError(f"padding.{word}: found {own!r}, expected the program's own word for it")
        if recipe not in RECIPES:
            raise ValueError(f"padding.{word}: {recipe!r} is no padding that is known here")
        words[word] = [native or None, "same_upper" if recipe == "same" else str(recipe)]
    return words, "no"


def learned(found: Mapping[str, Any]) -> dict[str, Any]:
    """The conventions of a card without the words that were tried and are refused: the program has no such words."""
    gone = {name for name, rule in found.items() if name.startswith("padding ") and _refused(rule)}
    words = {name.removeprefix("padding ") for name in gone}
    larger = {word: what for word, what in found["kernel larger"].items() if word not in words}
    return {**{name: rule for name, rule in found.items() if name not in gone}, "kernel larger": larger}


def _refused(rule: Mapping[str, Any]) -> bool:
    return bool(rule["refuses"].startswith("every call"))


def alike(found: Mapping[str, Any], entries: Iterable[EntryPoint]) -> list[str]:
    """What to say of the conventions of a card beside known functions."""
    return list(likeness.sentences(found, entries))

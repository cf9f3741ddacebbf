"""What a user's own program may be told of a window, and what a project file declares of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.worker.entry import RECIPES

DEFAULTS: Mapping[str, Any] = {"reversal": False, "padding": {"valid": ""}}
"""Keys of a declaration that are about the operation. reversal: whether the program reads the kernel backwards;
padding: padding of a case -> its own word, "" where it has none, or "numbers"."""


def takes(about: Mapping[str, Any]) -> dict[str, Any]:
    """What `harness.backends.own_program` is told for these keys. Raises ValueError, which begins with the key."""
    if not isinstance(about["reversal"], bool):
        raise ValueError(f"reversal: found {about['reversal']!r}, expected, say, {DEFAULTS['reversal']!r}")
    words, explicit = _padding(about["padding"])
    return {"reversal": about["reversal"], "padding": words, "explicit": explicit}


def told(words: tuple[str, ...]) -> dict[str, Any]:
    """The keys of a program that takes these words for a padding, as a command line gives them."""
    known = {word: [word, "same_upper" if word == "same" else "valid"] for word in words}
    return {"padding": known or {"as it is": ["", "valid"]}}  # what it does by itself is measured


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

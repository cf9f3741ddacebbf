"""What is otherwise in one of two models: each change says itself as JSON and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """What B has where A has the other. about: as JSON, with the `id` of its kind. words: the same for people."""

    about: Mapping[str, Any]
    words: str


def as_json(changes: Iterable[Change]) -> tuple[Mapping[str, Any], ...]:
    """What results hold of changes."""
    return tuple(each.about for each in changes)


def in_words(changes: Iterable[Change]) -> tuple[str, ...]:
    """What people read of changes."""
    return tuple(each.words for each in changes)

"""Expectations: agreement classes that a case names, held against the classes that came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.worker.entry import function_of

Classes = Sequence[Sequence[str]]


def classes_held(expected: Classes, groups: Mapping[str, int | None]) -> dict[str, str]:
    """Entry point that `expected` names -> "" where it came out as expected, or a sentence that says what did not.

    `groups` holds, for the entry points that were called, the class each came to be in (None: it gave no output).
    Expected members that were not called are left out, as are entry points that `expected` does not name. A function is
    expected to do the same in every environment that it was called in.
    """
    held: dict[str, str] = {}
    taken: dict[int, str] = {}
    environments: dict[str, list[str]] = {}
    for name in groups:
        environments.setdefault(function_of(name), []).append(name)
    for names in expected:
        called = [name for function in names for name in environments.get(function, ())]
        home = _majority(groups[name] for name in called)
        members = [name for name in called if groups[name] == home]
        for name in called:
            if groups[name] is None:
                held[name] = f"{name} gave no output to compare"
            elif groups[name] != home:
                held[name] = f"{name} was expected to agree with {members[0]} and does not"
            elif home in taken:
                held[name] = f"{name} was expected to differ from {taken[home]} and agrees with it"
            else:
                held[name] = ""
        if home is not None:
            taken.setdefault(home, members[0])
    return held


def all_agree(verdicts: Mapping[str, str]) -> dict[str, str]:
    """The same for a case that expects nothing of its normalized results: all that are not declined must agree."""
    return {
        name: "" if verdict == "agrees" else f"{name} was expected to agree with what the case means: {verdict}"
        for name, verdict in verdicts.items()
        if verdict != "declined"
    }


def named(expected: Classes) -> list[str]:
    """The entry points that `expected` names."""
    return [name for names in expected for name in names]


def _majority(groups: Iterable[int | None]) -> int | None:
    counts = Counter(group for group in groups if group is not None)
    return max(counts, key=lambda group: (counts[group], -group)) if counts else None

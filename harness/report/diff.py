"""What changed between two saved runs: verdicts, numbers, versions, speed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report import words
from harness.report.tables import table
from harness.report.text import code, plain, quantity

Document = Mapping[str, Any]
Result = Mapping[str, Any]
Key = tuple[str, str, str]

NOTICEABLE = 0.05
"""Seconds below which a call is not said to be slower: smaller ones vary by themselves, each being timed once."""


@dataclass(frozen=True)
class Change:
    """A result of both runs, named by case, entry point and mode."""

    key: Key
    old: Result
    new: Result


@dataclass(frozen=True)
class Differences:
    """What differs between two runs.

    verdicts: results with another verdict, or explained by other transforms. numbers: the same verdict by other numbers
    (another rung, or another largest difference from what the case means). slower: calls that take longer. gone, added:
    results of one run only. facts: (what, then, now) of versions and environment.
    """

    verdicts: tuple[Change, ...]
    numbers: tuple[Change, ...]
    slower: tuple[Change, ...]
    gone: tuple[Key, ...]
    added: tuple[Key, ...]
    facts: tuple[tuple[str, str, str], ...]


def differences(old: Document, new: Document, slower: float) -> Differences:
    """Compares two documents of `results.load`; `slower` is the ratio of times from which on a call is slower."""
    before, after = _by_key(old), _by_key(new)
    both = [Change(key, result, after[key]) for key, result in before.items() if key in after]
    changed = [change for change in both if _verdict(change.old) != _verdict(change.new)]
    same = [change for change in both if _verdict(change.old) == _verdict(change.new)]
    return Differences(
        tuple(changed),
        tuple(change for change in same if _numbers(change.old) != _numbers(change.new)),
        tuple(sorted((change for change in both if _slower(change, slower)), key=_ratio, reverse=True)),
        tuple(key for key in before if key not in after),
        tuple(key for key in after if key not in before),
        tuple(_facts(old, new)),
    )


def markdown(found: Differences) -> str:
    """The differences as markdown."""
    return "\n\n".join(_parts(found)) + "\n"


def _by_key(document: Document) -> dict[Key, Result]:
    return {(each["case"], each["entry_point"], each["mode"]): each for each in document["results"]}


def _verdict(result: Result) -> tuple[str, tuple[str, ...]]:
    explains = result["verdict"] == "convention"
    return result["verdict"], tuple(sorted(result["transforms"])) if explains else ()


def _numbers(result: Result) -> tuple[str | None, float | None]:
    return result["rung"], result["max_abs"]


def _slower(change: Change, ratio: float) -> bool:
    return (change.new["seconds"] or 0) >= NOTICEABLE and bool(change.old["seconds"]) and _ratio(change) >= ratio


def _ratio(change: Change) -> float:
    return float(change.new["seconds"] / change.old["seconds"])


def _facts(old: Document, new: Document) -> Iterator[tuple[str, str, str]]:
    before, after = _versions(old), _versions(new)
    for name in {**before, **after}:
        then, now = before.get(name, "not there"), after.get(name, "not there")
        if then != now:
            yield name, then, now


def _versions(document: Document) -> dict[str, str]:
    environment = document["environment"]
    machine = {name: environment[name] for name in ("python", "platform", "processor")}
    machine["instructions"] = " ".join(environment.get("features", ()))
    settings = environment.get("settings", {})
    backends = environment["backends"]
    return {
        "harness": document["harness"],
        **machine,
        **settings,
        **{name: about["version"] for name, about in backends.items()},
        **{f"{name} computes with": told for name, about in backends.items() if (told := words.computing(about))},
    }


def _parts(found: Differences) -> Iterator[str]:
    yield "# What changed between two runs"
    yield f"**{len(found.verdicts) or 'No'} verdict{'s' if len(found.verdicts) > 1 else ''} changed.**"
    yield from _section("Versions", (list(map(plain, fact)) for fact in found.facts), ["", "old", "new"])
    columns = ["case", "entry point", "mode", "old", "new"]
    yield from _section("Verdicts that changed", map(_told, found.verdicts), columns)
    yield from _section("The same verdict by other numbers", map(_told, found.numbers), columns)
    yield from _section("Slower calls", map(_times, found.slower), [*columns, "ratio"])
    yield from _section("Results of the old run only", _by_entry_point(found.gone), columns[:3])
    yield from _section("Results of the new run only", _by_entry_point(found.added), columns[:3])


def _section(title: str, rows: Iterable[Sequence[str]], heads: Sequence[str]) -> Iterator[str]:
    lines = list(rows)
    if lines:
        yield f"## {title}"
        yield table(lines, heads)


def _names(key: Key) -> list[str]:
    case, entry_point, mode = key
    return [plain(case), code(entry_point), plain(mode.replace("_", " "))]


def _by_entry_point(keys: Iterable[Key]) -> Iterator[list[str]]:
    """A row for each entry point and mode: its first case, and how many more there are."""
    cases: dict[tuple[str, str], list[str]] = {}
    for case, entry_point, mode in keys:
        cases.setdefault((entry_point, mode), []).append(case)
    for (entry_point, mode), found in cases.items():
        first, *names = _names((found[0], entry_point, mode))
        yield [f"{first} and {len(found) - 1} more" if len(found) > 1 else first, *names]


def _told(change: Change) -> list[str]:
    told = (plain(words.as_written(result)) for result in (change.old, change.new))
    return [*_names(change.key), *told]


def _times(change: Change) -> list[str]:
    times = (f"{quantity(1000 * result['seconds'])} ms" for result in (change.old, change.new))
    return [*_names(change.key), *times, f"{_ratio(change):.1f}"]

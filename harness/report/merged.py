"""Shards of one run as the run: `harness run --shard I/N --json` wrote them, and they are held to be of one whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report.results import Piece, ResultsError, pieces

Document = Mapping[str, Any]
SAME = {
    "cases": "of different cases; run all shards on the same case files",
    "of": "shards of different numbers of them; run all with one N of --shard I/N",
    "backends": "of runs that were asked for different backends (--backend); ask all for the same",
    "entry_points": "of runs that were asked for different entry points (--entry); ask all for the same",
}
"""What shards must share, and what they are said to be where they do not."""


def in_order(documents: Mapping[str, Document]) -> list[Document]:
    """The shards of a whole run, by the names of their files. Raises ResultsError where they are not such."""
    for name, document in documents.items():
        _demand_shard(name, document)
    (first, model), *others = documents.items()
    for name, document in others:
        for key, words in SAME.items():
            if document["shard"][key] != model["shard"][key]:
                raise ResultsError(f"{first} and {name} are {words}")
        if differs := _versions(model, document):
            raise ResultsError(f"{first} and {name} are of different versions: {differs}; run all shards with the same")
    return _complete(documents, model["shard"]["of"])


def _demand_shard(name: str, document: Document) -> None:
    if "shard" not in document:
        raise ResultsError(f"{name}: no shard of a run; expected what `harness run --shard I/N --json FILE` wrote")
    number, of, members = (document["shard"][key] for key in ("number", "of", "members"))
    if len(document["cases"]) != len(range(number - 1, members, of)):
        raise ResultsError(f"{name}: the run was interrupted; run shard {number}/{of} again")


def _versions(a: Document, b: Document) -> str:
    """In what versions two runs differ; "" where they are the same."""
    for what, one, other in (
        ("harness", a["harness"], b["harness"]),
        ("results", a.get("format"), b.get("format")),
        *((name, *(_version(each, name) for each in (a, b))) for name in {**_backends(a), **_backends(b)}),
    ):
        if one != other:
            return f"{what} {one} and {other}"
    return ""


def _backends(document: Document) -> Mapping[str, Any]:
    backends: Mapping[str, Any] = document["environment"]["backends"]
    return backends


def _version(document: Document, backend: str) -> str:
    return str(_backends(document)[backend]["version"]) if backend in _backends(document) else "not there"


def _complete(documents: Mapping[str, Document], of: int) -> list[Document]:
    found: dict[int, str] = {}
    for name, document in documents.items():
        number = document["shard"]["number"]
        if number in found:
            raise ResultsError(f"{found[number]} and {name} are both shard {number}/{of}; leave one out")
        found[number] = name
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in found]
    if missing:
        raise ResultsError(f"shard {', '.join(missing)} is missing; give the results of all {of}")
    return [documents[found[number]] for number in sorted(found)]


def header(shards: Sequence[Document]) -> dict[str, Any]:
    """What the results of the whole run say of it: the latest time, and of each machine what differs between them."""
    first = shards[0]
    head = {key: first[key] for key in ("format", "harness", "created", "environment", "entry_points") if key in first}
    cards = next((shard["cards"] for shard in shards if "cards" in shard), None)
    return {
        **head,
        "created": max(shard["created"] for shard in shards),
        "environment": _joined([shard["environment"] for shard in shards]),
        **({"cards": cards} if cards is not None else {}),
    }


def _joined(found: Sequence[Any]) -> Any:
    """What some machines say of themselves: what they share as it is, texts that differ side by side."""
    first = found[0]
    if isinstance(first, Mapping):
        keys = dict.fromkeys(key for each in found for key in each)
        return {key: _joined([each[key] for each in found if key in each]) for key in keys}
    if isinstance(first, list):
        return [each for each in first if all(each in other for other in found)]
    return " / ".join(dict.fromkeys(found))


def all_pieces(shards: Sequence[Document]) -> Iterator[Piece]:
    """The pieces of the whole run, in the order of its cases."""
    for row in itertools.zip_longest(*map(pieces, shards)):
        yield from (each for each in row if each is not None)

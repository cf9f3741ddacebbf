"""Probe: what an entry point does, measured as a black box; its convention, precision and algorithm cards, its faults.

    card = probe(pool, entries)["torch.nn.functional.conv2d"]

All entry points are probed at the same time, each by rounds of many calls, so that most of the time is the frameworks'
own start and compilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.operations import TABLE
from harness.operations.card import Card
from harness.parent.asking import ask_all
from harness.parent.pool import Pool
from harness.progress import Progress
from harness.worker.entry import EntryPoint


def probe(pool: Pool, entries: Sequence[tuple[str, EntryPoint]], progress: Progress | None = None) -> dict[str, Card]:
    """Name of each (backend, entry point) -> its card; `progress` is told of every answer."""
    askings = {
        entry.name: (backend, TABLE[entry.operation].probes().card(backend, pool.hellos[backend].version, entry))
        for backend, entry in entries
    }
    if progress:
        progress.expect(len(askings))
    found = ask_all(pool, askings, progress.heard) if progress else ask_all(pool, askings)
    asked = {entry.name: entry for _, entry in entries}
    return {name: of_entry(card, asked[name]) for name, card in found.items()}


def of_entry(card: Card, entry: EntryPoint) -> Card:
    """A card with what its entry point says of itself."""
    return replace(card, operation=entry.operation, note=entry.note)

"""`harness probe`: which backends have what is to be probed, and their cards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.backends import TABLE, Backend, entry_points
from harness.canonical.layout import canonical
from harness.case.read import find, load
from harness.operations.card import ANSWERS, Card
from harness.operations.operation import Operation
from harness.operations.spoken import example, files, plain_layout
from harness.output import free_path, replacing
from harness.parent.pool import Pool
from harness.parent.talk import left_out
from harness.parent.worker_limits import Limits
from harness.probing import probe
from harness.progress import Progress
from harness.systems import own_programs, selection
from harness.worker.entry import EntryPoint, function_of

HERE = "own_program"
"""Name of the program that a command line gives."""

GRACE = 1.0
"""Seconds by which the limit of a worker is longer than that of its program, which is to be told as the reason."""


def backends(globs: Sequence[str], asked: Sequence[str]) -> list[Backend]:
    """The backends that are asked for, or that have entry points of these names; all where nothing is named.

    Raises SelectionError for a name that nobody has, before anything is started.
    """
    chosen = selection.backends(asked, "--backend")
    if not globs or asked:
        return chosen
    names = {backend.name: _names(backend) for backend in selection.known().values()}
    usual = [backend.name for backend in chosen]
    having = {name for glob in globs for name in _having(glob, names, usual)}
    return [backend for backend in selection.known().values() if backend.name in having]


def _having(glob: str, names: Mapping[str, Sequence[str]], usual: Collection[str]) -> list[str]:
    """The backends that have `glob`: of those that run as a rule, else of those that run on request."""
    having = [name for name, own in names.items() if any(selection.matches(each, glob) for each in own)]
    if not having and glob in names:
        raise selection.SelectionError(
            f"{glob} is a backend; for all of its entry points: harness probe --backend {glob}"
        )
    if not having:
        raise selection.no_entry_point(glob, [each for own in names.values() for each in own])
    return [name for name in having if name in usual] or having


def declared(name: str) -> list[EntryPoint]:
    """The entry points that `name` means, as they are declared before a backend is started.

    Raises SelectionError for a name that nobody has. There are none of a backend that says what it has when it starts.
    """
    every = [entry for backend in backends([name], []) for entry in entry_points(backend)]
    return [each for each in every if each.name == name] or [
        each for each in every if selection.matches(each.name, name)
    ]


def _names(backend: Backend) -> list[str]:
    """Of its entry points, before it is started: that of a program is called as itself."""
    return [entry.name for entry in entry_points(backend)] or [backend.name]


def tried_layouts(operation: Operation) -> list[str]:
    """Layouts of which one is likely that of a program, where nobody says it: of planes, images, one image, lines."""
    images = [",".join(canonical(role, 2) for role in files(operation)), example(operation)]
    plain = plain_layout(operation)
    return [plain, *images, *(each.replace("N", "") for each in images), plain.replace("H", "")]


def read_by(layout: str | None, made: Callable[[str], Card]) -> Card:
    """The card of a user's own program with axes of this layout, or with the first that it can be read by.

    made: its card by a layout. Others than the first are tried where that has no answer at all.
    """
    first, *others = [layout] if layout else tried_layouts(own_programs.OPERATION)
    card = made(first)
    if not card.unreadable or ANSWERS in card.unreadable:
        return card
    for letters in others:
        found = made(letters)
        if not found.unreadable:
            own = ",".join(next(iter(found.conventions[role].values())) for role in own_programs.ROLES)
            return found if own == letters else made(own)
    operation = own_programs.OPERATION
    hint = "" if layout else f"; say its axes by a layout, as {example(operation)}"
    hint += f"; what is no {operation.NAME} is held against a function that is, by `harness.assert_same`"
    return replace(card, unreadable=card.unreadable + hint)


def card_of_program(letters: str, way: Mapping[str, str], files: str, padding: Sequence[str], seconds: float) -> Card:
    """The card of a program that a command line gives; raises OwnProgramError where it cannot be one."""
    words = own_programs.OPERATION.own_words().told(tuple(padding))
    backend = own_programs.backend(HERE, {**way, "layout": letters, "files": files, **words, "seconds": seconds})
    return own_card(cards([backend], [], [backend.name], seconds + GRACE)[0])


def about(name: str, layout: str, words: tuple[str, ...]) -> dict[str, Any]:
    """What is known of a function that a caller holds; its name, where a backend can have it."""
    usable = name.isidentifier() and name not in selection.known()
    return own_programs.about(name if usable else HERE, layout, words)


def cards(
    chosen: Sequence[Backend], globs: Sequence[str], demanded: Sequence[str], seconds: float | None = None
) -> list[Card]:
    """The cards of the entry points that match, in the order of the backends; `seconds` for one call.

    Raises MissingBackend where what is `demanded`, or has what is named, is not here, but for a few recorded answers.
    """
    with Progress() as progress, Pool(chosen, Limits(call=seconds) if seconds else Limits()) as pool:
        recited = {name: f"only what was recorded of it is answered here; {why}" for name, why in pool.recited.items()}
        missing = {**pool.unavailable, **recited}
        selection.demand([*demanded, *_needed(chosen, globs, missing)], pool.hellos, missing)
        entries = selection.entry_points(globs, pool.entry_points(), left_out=left_out(pool.hellos))
        found = probe(pool, entries, progress).values()
    own = {backend.name for backend in chosen if own_programs.is_own(backend)}
    return [beside_known(card) if card.backend in own else card for card in found]


def _needed(chosen: Sequence[Backend], globs: Sequence[str], missing: Collection[str]) -> Iterator[str]:
    """The backends without which nothing that is here has what a glob names."""
    for glob in globs:
        having = [each.name for each in chosen if any(selection.matches(name, glob) for name in _names(each))]
        if set(having) <= set(missing):
            yield from having


def known_faults(folder: Path) -> frozenset[str]:
    """The entry points whose faults are known: those that a case in `folder` keeps apart from its first class."""
    if not folder.is_dir():
        return frozenset()
    expected = [case.expect.classes for path in find([folder]) for case in load(path)]
    classes = [found for modes in expected for found in modes.values()]
    return frozenset(name for found in classes for names in found[1:] for name in names)


def unexpected(card: Card, known: Collection[str], by_name: bool) -> list[str]:
    """What nobody could expect of a card, in words.

    That is a declaration that says otherwise, a contradiction where `known` has no fault of the entry point, and axes
    that cannot be read; but that it declines every call only where it was asked for by name.
    """
    found = list(card.differences)
    if function_of(card.entry_point) not in known:
        found += [f"{fault.words}: {fault.call}" for fault in card.faults if not fault.excluded]
    if card.unreadable and (by_name or not card.declined):
        found.append(f"cannot be read: {card.unreadable}")
    return found


def own_card(card: Card) -> Card:
    """The card of a user's own program that declares nothing, beside functions that are known."""
    if card.unreadable:
        return replace(card, differences=[])
    words = own_programs.OPERATION.own_words()
    return beside_known(replace(card, differences=[], conventions=words.learned(card.conventions)))


def beside_known(card: Card) -> Card:
    """The card of a user's own program, beside functions that are known; as it is where it cannot be read."""
    known = [entry for backend in TABLE.values() for entry in entry_points(backend)]
    alike = [entry for entry in known if entry.operation == card.operation]
    return card if card.unreadable else own_programs.OPERATION.own_words().beside(card, alike)


def write_faults(folder: Path, found: Sequence[Card]) -> list[Path]:
    """Writes the faults of cards as case files into `folder`, beside those that are there; their paths."""
    paths = []
    for card in found:
        for fault in (fault for fault in card.faults if fault.case):
            paths.append(free_path(folder, card.entry_point, fault.case))
            with replacing(paths[-1]) as file:
                file.write(fault.case)
    return paths

"""The rooms of an operation that moves a window, each imported when it is first asked for: most commands need few."""

from __future__ import annotations

from harness.operations.operation import Draws, Lowering, NewCases, OwnWords, Powers, Probes, Programs, Searching, Shown


def lowering() -> Lowering:
    from harness.operations.windowed import lowering

    return lowering


def search() -> Searching:
    from harness.operations.windowed import search

    return search


def program() -> Programs:
    from harness.operations.windowed import program

    return program


def power() -> Powers:
    from harness.operations.windowed import power

    return power


def probes() -> Probes:
    from harness.operations.windowed.probes import measure

    return measure


def own_words() -> OwnWords:
    from harness.operations.windowed import own_words

    return own_words


def draws() -> Draws:
    from harness.operations.windowed import draws

    return draws


def shown() -> Shown:
    from harness.operations.windowed import shown

    return shown


def new_cases() -> NewCases:
    from harness.operations.windowed import new_cases

    return new_cases

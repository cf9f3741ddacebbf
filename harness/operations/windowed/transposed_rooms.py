"""The rooms of the transposed convolution, each imported when it is first asked for."""

from __future__ import annotations

from harness.operations.operation import Draws, Lowering, NewCases, Probes, Programs, Searching, Shown


def lowering() -> Lowering:
    from harness.operations.windowed import transposed_lowering

    return transposed_lowering


def search() -> Searching:
    from harness.operations.windowed.search import transposed_search

    return transposed_search


def program() -> Programs:
    from harness.operations.windowed import transposed_program

    return transposed_program


def probes() -> Probes:
    from harness.operations.windowed.probes import transposed_probes

    return transposed_probes


def draws() -> Draws:
    from harness.operations.windowed import transposed_draws

    return transposed_draws


def shown() -> Shown:
    from harness.operations.windowed import transposed_shown

    return transposed_shown


def new_cases() -> NewCases:
    from harness.operations.windowed import transposed_new_cases

    return transposed_new_cases

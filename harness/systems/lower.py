"""Lowering: a case and an entry point to a call in the system's own terms.

As written is the call that a person would first write: axes permuted, the system's own words for the settings, the
arrays as they are. Normalized is the call that computes what the case means, by named transforms.
"""

from __future__ import annotations

from dataclasses import replace

from harness.backends.program_words import OWN
from harness.case.read import Case
from harness.operations.call import Call, RefusedHere, Unsupported
from harness.worker.entry import EntryPoint

REFUSED = "; that depends on the machine: here such a call was tried when the worker started, and refused"
LACKED = "; that depends on the version: others take such a call, and this one was tried when the worker started"
WRONG = "; such a call was tried when the worker started, and is not made again"


def lower(case: Case, entry: EntryPoint, mode: str) -> Call:
    """The call of `entry` for `case` in a mode of MODES; raises Unsupported with the reason, RefusedHere where it is
    this machine's, or this version's."""
    try:
        return _offered(case, entry, mode)
    except Unsupported as reason:
        if isinstance(reason, RefusedHere) or entry.elsewhere is None:
            raise
        _offered(case, entry.elsewhere, mode)  # raises what holds of every version
        raise RefusedHere(f"{reason}{LACKED}") from None


def _offered(case: Case, entry: EntryPoint, mode: str) -> Call:
    _check(case, entry)
    return replace(_lowered(case, entry, mode), then=case.then)


def _lowered(case: Case, entry: EntryPoint, mode: str) -> Call:
    lowering, here = case.operation.lowering(), entry.at(case.dtype, case.rank)
    if mode == "normalized":
        return lowering.normalized(case, here)
    try:
        return lowering.as_written(case, here)
    except Unsupported as reason:
        lowering.as_written(case, entry)  # raises what holds on every machine
        raise RefusedHere(f"{reason}{REFUSED}") from None


def _check(case: Case, entry: EntryPoint) -> None:
    if entry.operation != case.operation.NAME:
        raise Unsupported(f"{entry.name} computes {entry.operation}; the case is about {case.operation.NAME}")
    if case.partial:
        raise Unsupported(f"the case's {case.partial[0]} is not known in full: only recordings are compared")
    if case.unknown:
        raise Unsupported(f"the case leaves open: {', '.join(sorted(case.unknown))}; only its recordings are looked at")
    if case.rank not in entry.ranks:
        offered = " or ".join(f"{rank}-D" for rank in entry.ranks)
        raise Unsupported(f"{entry.name} is {offered}; the case is {case.rank}-D")
    if case.dtype not in entry.dtypes:
        taken = (
            f", but {' or '.join(entry.dtypes)}: say so as the `dtype` of the input, or more `dtypes` of the program"
        )
        raise Unsupported(f"{entry.name} does not take {case.dtype}{taken if entry.note.startswith(OWN) else ''}")
    if (case.rank, case.dtype) in entry.refused.get(case.dtype, ()):
        if case.dtype in entry.wrong:
            raise RefusedHere(f"{entry.name} answers {case.dtype} wrongly in {case.rank}-D{WRONG}")
        raise RefusedHere(f"{entry.name} does not take {case.dtype}{REFUSED}")

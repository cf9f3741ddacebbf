"""What `import harness` offers: the questions of the command line as functions, with the same answers.

Arrays are anything that NumPy takes for one, in the caller's own layouts; settings are the keys of a case file
(`harness.operations`), and what is not said of them is found with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.backends import own_program
from harness.case.read import Case as Case
from harness.case.read import CaseError as CaseError
from harness.case.read import load
from harness.explanation import asked
from harness.explanation.asked import Explained as Explained
from harness.held import (
    Array,
    Call,
    Computed,
    NotANumber,
    as_wide,
    demand_numbers,
    drawn,
    entry_points,
    needing_digits,
    operation_of,
)
from harness.judge.verdict import Judge
from harness.models.traces import opened
from harness.models.walk import Walked as Walked
from harness.models.walk import walk as compare_models
from harness.operations import TABLE, USUAL
from harness.operations.card import Card as Card
from harness.parent.worker_limits import Limits
from harness.probing import here, of_entry, session
from harness.report import cards, results
from harness.report.tally import Tally
from harness.report.words import sided
from harness.runner import run as run_on
from harness.started import started
from harness.systems import selection
from harness.worker import shipped


def load_case(path: str | Path) -> Case:
    """The case of a file. Raises CaseError where the file is wrong, or holds several: `load_cases` gives them."""
    found = load_cases(path)
    if len(found) != 1:
        raise CaseError(f"{path}: holds {len(found)} cases, as its matrix says; harness.load_cases gives all of them")
    return found[0]


def load_cases(path: str | Path) -> list[Case]:
    """All cases of a file: one, or one for each combination of its matrix. Raises CaseError.

    `shipped/seeds/apple-data.yaml` is one of those that come with the harness.
    """
    return list(load(shipped.resolved(str(path))))


def explain(
    *arrays: Array,
    bias: Array | None = None,
    layout: str | Sequence[str] | None = None,
    operation: str = USUAL,
    systems: Sequence[str] = (),
    **settings: Any,
) -> Explained:
    """Which changes of the intended call give an output.

    arrays: those of the operation in their order, then the output that was observed, in which NaN is not known.
    layout: the axes of each, as "NHWC,HWIO,NHWC"; where it is None, the usual ones for so many axes (NCHW). settings:
    keys of a case file, arrays of one axis among them (`mean`, `scale`, `slope` ...), and `dtype`, `digits`, `decimals`
    of the output. systems: write code for these, which is run
    before it is given, in workers that are started for it. Raises CaseError where arrays and settings do not fit,
    SelectionError for an unknown system.
    """
    asked.demand_systems(systems)
    if not arrays:
        raise CaseError("no arrays: give those of the operation in their order, then the output that was observed")
    *given, output = arrays
    case = Call.of(operation, given, {"bias": bias}, layout, settings).case(output)
    (found,) = asked.recordings(case)
    return asked.mended(case, found, systems)


def explain_recordings(case: Case, systems: Sequence[str] = ()) -> list[Explained]:
    """Which changes of the call that a case means give each of its recordings. Raises CaseError where it has none."""
    asked.demand_systems(systems)
    return [asked.mended(case, each, systems) for each in asked.recordings(case)]


def compare(
    actual: Computed,
    desired: Computed,
    *arrays: Array,
    bias: Array | None = None,
    layout: str | Sequence[str] | None = None,
    operation: str | None = None,
    systems: Sequence[str] = (),
    **settings: Any,
) -> Explained:
    """`actual` in terms of the call that gave `desired`: what to change in `actual` so that it gives the latter.

    Each is an output, a function of the arrays, or the name of an entry point, which is called as one would first write
    it. arrays: those of the operation in their order; where they are left out, numbers are drawn for functions: whole
    ones, and where these agree, such as need all digits of float32. operation: by default that of the entry point, or
    else the usual one; what an entry point is about need not be said again. The rest as in `explain`. Raises
    SelectionError where something gives no output, or NaN where the other does not.
    """
    asked.demand_systems(systems)
    of = operation or operation_of([actual, desired])
    if arrays:
        return _compared(actual, desired, Call.of(of, arrays, {"bias": bias}, layout, settings), systems)
    letters, whole = drawn(of, layout, [actual, desired], settings)
    for given in (whole, needing_digits(whole)):
        call = Call.of(of, given, {"bias": bias}, letters, settings)
        found = _compared(actual, desired, call, systems)
        if found.verdict != "agrees":
            break
    return found


def _compared(actual: Computed, desired: Computed, call: Call, systems: Sequence[str]) -> Explained:
    """`actual` in terms of `desired`, by what both give for the arrays of a call."""
    if any(isinstance(each, str) for each in (actual, desired)):
        call = call.named(entry_points([actual, desired]))
    of_actual, of_desired = as_wide(call.output(actual), call.output(desired))
    demand_numbers(of_actual, of_desired)
    case = call.case(of_actual, desired=of_desired)
    seen, meant = map(Judge(case).observe, case.recorded)
    return asked.mended(case, asked.between(case, meant, seen, "actual"), systems)


def assert_same(
    actual: Computed,
    desired: Computed,
    *arrays: Array,
    bias: Array | None = None,
    layout: str | Sequence[str] | None = None,
    operation: str | None = None,
    **settings: Any,
) -> None:
    """Raises AssertionError where `actual` is not what the call of `desired` gives, within rounding.

    Its message names the convention in which they differ, and what to change. Arguments as in `compare`.
    """
    __tracebackhide__ = True  # pytest shows the line that calls it
    try:
        found = compare(actual, desired, *arrays, bias=bias, layout=layout, operation=operation, **settings)
    except NotANumber as error:
        raise AssertionError(f"the outputs differ: {error}") from None
    change = f"{sided(found.words, '`actual`')} (to change in `actual`)"
    if found.verdict == "convention" and found.answer.ambiguous:
        raise AssertionError(f"the outputs differ; these arrays allow several causes, the likeliest first: {change}")
    if found.verdict == "convention":
        raise AssertionError(f"the outputs differ by a convention, {' + '.join(found.transforms)}: {change}")
    if found.verdict == "unexplained":
        raise AssertionError(f"the outputs differ: {found.words}")


def probe(
    what: str | Callable[..., Any], layout: str | None = None, *, words: Sequence[str] = (), seconds: float = 30
) -> Card:
    """What a function computes, measured: its convention card; `harness.text(card)` is what the command prints.

    what: a function, called in this process; or the name of an entry point, called in a worker of its framework.
    layout: the axes of each array of a function and of its output; where it is None, usual ones are tried. words: those
    that it takes for a padding, where its parameters do not say so. seconds: for one call of an entry point. Raises
    SelectionError for an unknown name, NotUnderstood for a function whose parameters cannot be told.
    """
    if isinstance(what, str):
        found = session.cards(session.backends([what], []), [what], [], seconds)
        return found[0]
    if not callable(what):
        raise selection.SelectionError(
            f"what: expected a function, or the name of an entry point, found {_shown(what)}"
        )
    if layout is not None and not isinstance(layout, str):
        raise selection.SelectionError(f"layout: expected a text as 'HW,HW,HW', found {_shown(layout)}")

    def made(letters: str) -> Card:
        entry = own_program.entry(session.about(getattr(what, "__name__", ""), letters, tuple(words)), what)
        card = here.asked(TABLE[entry.operation].probes().card("this process", "own", entry))
        return session.own_card(of_entry(card, entry))

    return session.read_by(layout, made)


def _shown(given: object) -> str:
    """What somebody gave for something else, short."""
    return f"{type(given).__name__} {given!r:.40}"


def text(card: Card) -> str:
    """A card as `harness probe` prints it."""
    return cards.text(card.as_json())


def walk(a: str | Path, b: str | Path, pairs: Mapping[str, str] | None = None) -> Walked:
    """Which layers of a port differ from those of the original, and why; `agrees` where none does.

    a, b: traces of the original and of the port, as `harness trace` writes them. pairs: layers of `a` -> those of `b`,
    where they are known. `harness.report.walked.text` says it as the command does.
    """
    with opened(Path(a)) as mine, opened(Path(b)) as its:
        return compare_models(mine, its, {other: one for one, other in (pairs or {}).items()})


@dataclass(frozen=True)
class Ran:
    """What a run came to. results: as `harness run --json` has them. failures: what did not come out as expected."""

    results: Mapping[str, Any]
    failures: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        return not self.failures


def run(
    cases: Case | str | Path | Iterable[Case | str | Path],
    *,
    backends: Sequence[str] = (),
    entries: Sequence[str] = (),
    jobs: int | None = None,
    seconds: float = Limits().call,
) -> Ran:
    """Runs cases, or case files, on backends, all that are there where none is named.

    entries: patterns of entry points. jobs: backends that work at a time. seconds: for one call. Raises CaseError,
    SelectionError, and MissingBackend where a backend that is asked for is missing.
    """
    given = [cases] if isinstance(cases, Case | str | Path) else list(cases)
    found = [case for each in given for case in ([each] if isinstance(each, Case) else load(each))]
    with started(backends, entries, Limits(call=seconds), jobs) as on:
        selection.check_names(((case.id, case.expect) for case in found), on.offered, on.left_out)
        header = results.header(on.hellos, on.pool.unavailable)
        tally = Tally(backends, entries, header["environment"])
        pieces = [results.piece(report) for report in run_on(found, on.pool, on.entries, coded=True)]
        for piece in pieces:
            tally.add(piece)
        header["failures"] = tally.unanswered()
    failures = [f"{piece['case']['id']}: {each}" for piece in pieces for each in piece["case"]["failures"]]
    return Ran(results.document(header, pieces), (*failures, *header["failures"]))

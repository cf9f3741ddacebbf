"""A small share of the fuzzer: mutants of case files, files and command lines work or end in one clear message."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import fuzz, mutants
from benchmarks.mutants import cases, trees
from harness.case.read import CaseError

pytestmark = pytest.mark.filterwarnings("ignore")


def test_mutants_of_case_files_and_of_the_files_beside_them_are_read_or_refused(tmp_path: Path) -> None:
    found = fuzz.fuzzed("reader", 600, "tests", seconds=0)
    assert found["faults"] == {}
    assert min(found["worked"], found["refused"]) > 120


def test_a_mutant_follows_from_its_seed_alone() -> None:
    assert mutants.mutant("a/1") == mutants.mutant("a/1")
    assert len({mutants.mutant(f"a/{number}").files["case.yaml"] for number in range(50)}) > 45


def test_what_is_written_is_a_case_before_it_is_mutated(tmp_path: Path) -> None:
    """So the mutators start from what the grammar takes; data may be whole numbers that a dtype does not hold."""
    worked = 0
    for number in range(100):
        tree, files = cases.plain(random.Random(number))
        case = mutants.Mutant({**files, "case.yaml": trees.written(tree, True).encode()})
        worked += fuzz.outcome(reading(case), "", tmp_path, 0).kind == "worked"
    assert worked > 60


def reading(mutant: mutants.Mutant) -> fuzz.Way:
    return lambda _, folder: (None for _ in fuzz.cases_of(mutant, folder))


def failing(error: BaseException) -> fuzz.Way:
    def way(seed: str, folder: Path) -> Iterator[None]:
        yield
        raise error

    return way


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (CaseError("case.yaml: no such key"), "refused", "case.yaml: no such key"),
        (CaseError("short"), "fault", "an unclear message: 'short'"),
        (CaseError("long" * 999), "fault", "an unclear message: 'long"),
        (CaseError("one\ntwo\nthree lines"), "fault", "an unclear message: 'one"),
        (KeyError("key"), "fault", "KeyError: 'key'"),
        (fuzz.TooSlow(), "fault", "more than 7 s of processor time"),
    ],
)
def test_everything_but_an_answer_or_a_clear_message_is_a_fault(
    tmp_path: Path, error: BaseException, kind: str, said: str
) -> None:
    found = fuzz.outcome(failing(error), "", tmp_path, 7)
    assert found.kind == kind
    assert found.said.startswith(said)


def test_what_does_not_end_is_a_fault(tmp_path: Path) -> None:
    def way(seed: str, folder: Path) -> Iterator[None]:
        yield
        while True:
            pass

    found = fuzz.outcome(way, "", tmp_path, 0.1)
    assert found.kind == "fault"
    assert found.said.endswith("s of processor time")


def test_each_question_of_a_mutant_has_the_time_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a matrix or of several recordings, say."""
    times = iter([0.0, 4.0, 4.0, 9.0, 9.0, 9.0])
    monkeypatch.setattr(fuzz, "_processor_time", lambda: next(times))
    found = fuzz.outcome(lambda *_: iter([None, None]), "", tmp_path, 6.0)
    assert (found.kind, found.seconds) == ("worked", 5.0)

"""What a run comes to as a whole: counts, cases that all declined, and who was asked for and answered nothing."""

from __future__ import annotations

from harness.report.results import piece
from harness.report.tally import Tally
from harness.result import Result
from tests.pieces import report, result


def tally(*results: tuple[Result, ...], backends: tuple[str, ...] = (), globs: tuple[str, ...] = ()) -> Tally:
    """Of a case for each tuple of results."""
    found = Tally(backends, globs)
    for number, each in enumerate(results):
        found.add(piece(report(f"{number}.yaml", each, failures=("sad",) * number)))
    return found


def test_it_counts() -> None:
    found = tally((result(),), (result(), result("g")), (result(),))
    assert (found.cases, found.results, found.unexpected) == (3, 4, 3)


def test_who_answered_once_has_answered() -> None:
    found = tally((result(verdict="died"),), (result(),), backends=("torch",), globs=("torch.*",))
    assert found.unanswered({}) == []


def test_who_answered_nothing_is_told_with_the_usual_reason() -> None:
    died = result(verdict="died", reason="exited with code 3\nand more")
    found = tally((died, died, result(verdict="raised", reason="TypeError: no")), backends=("torch",))
    told = "torch was asked for and answered none of 3 calls; most often died: exited with code 3 and more"
    assert found.unanswered({}) == [told]


def test_an_entry_point_that_was_asked_for_must_answer_too() -> None:
    found = tally((result("torch.a"), result("torch.b", verdict="declined")), globs=("torch.a", "torch.b", "*.a"))
    assert found.unanswered({}) == ["torch.b was asked for and answered none of 1 calls; most often declined: a reason"]


def test_who_was_never_called_or_is_not_there_is_told() -> None:
    found = tally((result(),), backends=("jax", "mine"))
    assert found.unanswered({"mine": "no module"}) == [
        "jax was asked for and was called in no case",
        "mine was asked for and is not available: no module",
    ]


def test_a_recording_is_no_answer() -> None:
    found = tally((result("torch.a", "recorded"),), globs=("torch.a",))
    assert found.unanswered({}) == ["torch.a was asked for and was called in no case"]


def test_cases_that_every_entry_point_declined_are_told_with_the_first() -> None:
    declined = (result(verdict="declined"),)
    assert tally((result(),)).silent() == ""
    told = "no output: every entry point declined 2 of the cases, as 0.yaml: a reason"
    assert tally(declined, (result(),), declined).silent() == told

"""What a run comes to as a whole: counts, cases that all declined, and who was asked for and answered nothing."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.results import piece
from harness.report.tally import Tally
from harness.result import Result
from tests.pieces import report, result


def tally(
    *results: tuple[Result, ...],
    backends: tuple[str, ...] = (),
    globs: tuple[str, ...] = (),
    unavailable: Mapping[str, str] | None = None,
) -> Tally:
    """Of a case for each tuple of results; `mine` is a program of the user's own."""
    recorded = {"version": "recorded (Knet 1.4.10); julia: Knet cannot be loaded"}
    versions = {"torch": {"version": "2.0"}, "mine": {"version": "own"}, "knet": recorded}
    found = Tally(backends, globs, {"backends": versions, "unavailable": unavailable or {}})
    for number, each in enumerate(results):
        found.add(piece(report(f"{number}.yaml", each, failures=("sad",) * number)))
    return found


def test_it_counts() -> None:
    found = tally((result(),), (result(), result("g")), (result(),))
    assert (found.cases, found.results, found.unexpected) == (3, 4, 3)


def test_who_answered_once_has_answered() -> None:
    found = tally((result(verdict="died"),), (result(),), backends=("torch",), globs=("torch.*",))
    assert found.unanswered() == []


def test_who_answered_nothing_is_told_with_the_usual_reason() -> None:
    died = result(verdict="died", reason="exited with code 3\nand more")
    found = tally((died, died, result(verdict="raised", reason="TypeError: no")), backends=("torch",))
    told = "torch was asked for and answered none of 3 calls; most often died: exited with code 3 and more"
    assert found.unanswered() == [told]


def test_an_entry_point_that_was_asked_for_must_answer_too() -> None:
    found = tally((result("torch.a"), result("torch.b", verdict="declined")), globs=("torch.a", "torch.b", "*.a"))
    assert found.unanswered() == ["torch.b was asked for and answered none of 1 call; most often declined: a reason"]


def test_who_was_never_called_or_is_not_there_is_told() -> None:
    found = tally((result(),), backends=("jax", "mine"), unavailable={"mine": "no module"})
    assert found.unanswered() == [
        "jax was asked for and was called in no case",
        "mine was asked for and is not available: no module",
    ]


def test_a_recording_is_no_answer() -> None:
    found = tally((result("torch.a", "recorded"),), globs=("torch.a",))
    assert found.unanswered() == ["torch.a was asked for and was called in no case"]


def test_cases_that_every_entry_point_declined_are_told_with_the_first() -> None:
    declined = (result(verdict="declined"),)
    assert tally((result(),)).silent() == ""
    told = "no output: every entry point declined 2 of the cases, as 0.yaml: a reason"
    assert tally(declined, (result(),), declined).silent() == told


OWN = result("mine", backend="mine")
RAISED = result("mine", "normalized", "raised", backend="mine", reason="exit code 3")


def test_a_program_of_the_users_own_answers_in_each_case_that_it_is_called_in() -> None:
    """A framework declines what is not its own; a program is what the run is about."""
    told = "mine was asked for and answered nothing in 2 of the cases, as 1.yaml: raised: exit code 3"
    cases = (OWN,), (RAISED,), (result(), RAISED)
    assert tally(*cases, backends=("mine",)).unanswered() == [told]
    assert tally((result(),), (result(verdict="declined"),), backends=("torch",)).unanswered() == []
    assert tally((OWN,), (OWN, RAISED), backends=("mine",)).unanswered() == []  # one of its calls answered
    assert tally((OWN,), (result(),), backends=("mine",)).unanswered() == []  # it is about something else


def test_a_case_for_which_nothing_is_called_is_none_that_a_program_answered() -> None:
    found = Tally(("mine",), (), {"backends": {"mine": {"version": "own"}}, "unavailable": {}})
    for number, results in enumerate([1, 0]):
        whole = piece(report(f"{number}.yaml", (OWN,)))
        found.add(whole if results else {**whole, "results": [], "classes": {}})
    told = "mine was asked for and answered nothing in 1 of the cases, as 1.yaml: nothing was called"
    assert found.unanswered() == [told]


def test_why_only_recordings_answer_is_told_beside() -> None:
    declined = result("Knet.conv4", backend="knet", verdict="declined", reason="not among the recorded calls")
    told = "knet was asked for and answered none of 1 call; most often declined: not among the recorded calls"
    assert tally((declined,), backends=("knet",)).unanswered() == [f"{told} (julia: Knet cannot be loaded)"]

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from harness import progress
from harness.parent.pool import Pool
from harness.probing import probe
from harness.progress import Progress, waited_for
from tests.fakes import FAKES, PATIENT


@pytest.fixture
def screen(monkeypatch) -> io.StringIO:
    """What a terminal is shown."""
    shown = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(file=shown, force_terminal=True, width=120))
    return shown


def test_a_probe_shows_how_many_calls_were_answered_and_by_whom(screen):
    with Progress() as bar:
        bar.expect(2)
        bar.heard("Knet.conv4(mode=0)", last=False)
        bar.heard("Knet.conv4(mode=1)", last=True)
    assert "1/2" in screen.getvalue()
    assert "2 calls answered, this one by Knet.conv4(mode=1)" in screen.getvalue()


def test_a_run_shows_its_cases_and_what_stays_above_the_bar(screen):
    with Progress(3) as bar:
        bar.advance("cases/a.yaml")
        bar.say("NOT AS EXPECTED  [bold]a[/bold]")
    assert "1/3" in screen.getvalue()
    assert "cases/a.yaml" in screen.getvalue()
    assert "NOT AS EXPECTED  [bold]a[/bold]" in screen.getvalue()


def test_nothing_but_lines_is_shown_where_there_is_no_terminal(capsys):
    with Progress(3) as bar:
        bar.advance("cases/a.yaml")
        bar.heard("f", last=True)
        bar.say("a line")
    assert capsys.readouterr().err == "a line\n"


def test_every_answer_to_a_probe_is_heard_and_the_last_of_each_entry_point_as_such():
    heard: list[tuple[str, bool]] = []

    class Ear(Progress):
        def heard(self, entry_point: str, last: bool) -> None:
            heard.append((entry_point, last))

    with Pool([FAKES["raising"], FAKES["declining"]], PATIENT) as pool:
        probe(pool, pool.entry_points(), Ear())
    names = {"fake.raising", "fake.declining"}
    assert {name for name, _ in heard} == names
    assert sorted(name for name, last in heard if last) == sorted(names)
    assert len(heard) > 10


class AtOnce:
    """A timer that does not wait."""

    def __init__(self, seconds: float, start: Callable[[], None]) -> None:
        self.start = start

    def cancel(self) -> None: ...
    def join(self) -> None: ...


def test_what_takes_long_is_shown_while_it_is_waited_for(screen, monkeypatch, capsys):
    monkeypatch.setattr(progress, "Timer", AtOnce)
    for item in waited_for(["answer"], "what explains [b]a[/b]"):
        print(item)
    assert capsys.readouterr().out == "answer\n"
    assert "what explains [b]a[/b]" in screen.getvalue()
    assert "answer" not in screen.getvalue()


def test_what_is_there_at_once_is_not_announced(screen, monkeypatch):
    monkeypatch.setattr(progress, "AFTER", 3600.0)
    assert list(waited_for("abc", "letters")) == ["a", "b", "c"]
    assert screen.getvalue() == ""


def test_an_error_is_not_kept_back_and_ends_the_announcement(screen, monkeypatch):
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("lost")

    monkeypatch.setattr(progress, "Timer", AtOnce)
    numbers = waited_for(failing(), "numbers")
    assert next(numbers) == 1
    with pytest.raises(KeyError, match="lost"):
        next(numbers)


def test_without_a_terminal_nothing_is_announced(monkeypatch, capsys):
    monkeypatch.setattr(progress, "Timer", AtOnce)
    assert list(waited_for([1, 2], "numbers")) == [1, 2]
    assert capsys.readouterr().err == ""

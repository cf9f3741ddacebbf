"""Results as markdown: `harness.report.words`, made safe and marked where they are not what the case expects."""

from __future__ import annotations

from harness.report import view, words
from harness.report.matrix import Mark
from harness.report.text import plain
from harness.report.words import UNEXPECTED, Result


def symbol(mark: Mark) -> str:
    """The cell of the matrix."""
    return f"**{mark.sign}** {UNEXPECTED}" if mark.unexpected else mark.sign


def said(mode: str, result: Result) -> str:
    """What became of a call."""
    return _marked(result, view.said(mode, result))


def explanation(result: Result) -> str:
    """Why the members of a class differ from what the case means, or that they do not."""
    return plain(words.explanation(result))


def recording(result: Result) -> str:
    """What was found of a recorded output, as the end of a sentence."""
    return _marked(result, words.recording(result))


def _marked(result: Result, sentence: str) -> str:
    shown = plain(sentence)
    return f"{shown} **{UNEXPECTED} not as expected**" if result["expected"] is False else shown

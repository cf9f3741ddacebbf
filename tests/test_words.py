"""Sentences that people read: of at most so many words, and with no double negation; the glossary has their words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness
from harness.operations.call import MODES
from harness.report import words
from tests.sentences import LONGEST, faults, of_markdown, of_program, sentences

ROOT = Path(harness.__file__).parent.parent
GENERATED = {"cards.md", "conventions.md"}
FOR_USERS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted(path for path in ROOT.glob("docs/*.md") if path.name not in {*GENERATED, "design.md"}),
]
MODULES = sorted(ROOT.glob("harness/**/*.py"))


@pytest.mark.parametrize("path", FOR_USERS, ids=lambda path: path.name)
def test_sentences_of_documents_are_short_and_plain(path: Path) -> None:
    assert not [fault for text in of_markdown(path.read_text("utf-8")) for fault in faults(text)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "harness").as_posix())
def test_sentences_of_the_program_are_short_and_plain(path: Path) -> None:
    found = [f"line {line}: {fault}" for line, text in of_program(path) for fault in faults(text)]
    assert not found


@pytest.mark.parametrize("path", sorted(ROOT.glob("harness/report/templates/*.j2")), ids=lambda path: path.name)
def test_sentences_of_pages_are_short_and_plain(path: Path) -> None:
    shown = re.sub(r"\{%.*?%\}|<[^>]*>", "\n", re.sub(r"\{\{.*?\}\}", "X", path.read_text("utf-8"), flags=re.DOTALL))
    assert not list(faults(shown))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("word " * LONGEST, 0),
        ("word " * (LONGEST + 1), 1),
        ("word " * LONGEST + "end. " + "word " * LONGEST + "end.", 2),
        (f"{'word ' * 20}end; {'word ' * 20}end: {'word ' * 20}", 0),
        (f"{'word ' * 24}`a span of many words is one`", 0),
        ("Nothing is not known.", 1),
        ("There is no array that is not read.", 1),
        ("It is not there, and nothing was read.", 0),
        ("no kernel, no input", 0),
    ],
)
def test_the_rule_says_no_where_it_should(text: str, found: int) -> None:
    assert len(list(faults(text))) == found


def test_documents_are_read_as_people_see_them() -> None:
    text = "A [link](x.md) and\nmore.\n\n    code here\n\n> said\n\n| a | b |\n|---|---|\n| c d | e |\n\n- one\n- two"
    assert list(of_markdown(text)) == ["A link and more.", "a", "b", "---", "---", "c d", "e", "- one", "- two"]
    assert list(sentences("One `a. b` here. Two: three")) == ["One X here.", "Two:", "three"]


def test_texts_of_a_program_are_found_and_docstrings_are_not(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('"""Doc."""\nx = f"a {1 + 1} b" + "c"\n', "utf-8")
    assert sorted(text for _, text in of_program(path)) == ["a X b", "c"]


def test_the_glossary_has_every_verdict_mode_and_sign() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8").lower()
    kinds = {"agrees", "convention", "unexplained", "declined", "raised", "died", "broken"}
    for word in (*kinds, *(mode.replace("_", " ") for mode in MODES)):
        assert word in glossary
    assert set(words._OUTCOMES) <= kinds

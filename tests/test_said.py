"""What a run of a few cases says on the terminal."""

from __future__ import annotations

from harness.report.results import piece
from harness.report.said import FEW, Said
from tests.pieces import both, report, result


def said(count: int = 1) -> list[str]:
    turned = {"verdict": "convention", "transforms": ("reverse_kernel",), "words": ("turn it",)}
    results = (*both(result("a.f"), result("b.g", **turned)), result("mine 1.0", "recorded", **turned))
    found = Said()
    for number in range(count):
        found.add(piece(report(f"cases/{number}.yaml", results, recorded=[{"system": "mine 1.0", "origin": "a log"}])))
    return found.lines()


def test_classes_and_recordings_are_put_into_words() -> None:
    assert said() == [
        "0: X does Y",
        "  - as written, a.f: agrees with what the case means",
        "  - as written, b.g: what the case means, with this change: turn it",
        "  - recorded, mine 1.0 (a log): is what the case means, with this change: turn it. It fits exactly",
    ]


def test_of_many_cases_nothing_is_said() -> None:
    assert len(said(FEW)) == 4 * FEW
    assert said(FEW + 1) == []


def test_lines_are_short_and_hostile_text_stays_on_its_line() -> None:
    found = Said()
    found.add(piece(report(title="a\n\x1b[31mb", results=both(*(result(f"n{each}.function") for each in range(30))))))
    assert found.lines()[0] == "a: a [31mb"
    assert all(len(line) <= 100 for line in found.lines()) and len(found.lines()) > 2

"""What a run of a few cases says on the terminal."""

from __future__ import annotations

import pytest

from harness.report.results import piece
from harness.report.said import FEW, Said
from tests.pieces import both, report, result


def said(count: int = 1, width: int | None = None) -> list[str]:
    turned = {"verdict": "convention", "transforms": ("reverse_kernel",), "words": ("turn it",)}
    results = (*both(result("a.f"), result("b.g", **turned)), result("mine 1.0", "recorded", **turned))
    found = Said()
    for number in range(count):
        found.add(piece(report(f"cases/{number}.yaml", results, recorded=[{"system": "mine 1.0", "origin": "a log"}])))
    return found.lines(width)


def test_classes_and_recordings_are_put_into_words() -> None:
    assert said() == [
        "0: X does Y",
        "  - as written, a.f: agrees with what the case means",
        "  - as written, b.g: becomes what the case means, with this change: turn it",
        "  - recorded, mine 1.0 (a log): becomes what the case means, with this change: turn it. It fits exactly",
        "  - code for all frameworks: harness explain cases/0.yaml",
    ]


def test_of_many_cases_nothing_is_said() -> None:
    assert len(said(FEW)) == 5 * FEW
    assert said(FEW + 1) == []


def test_lines_are_short_and_hostile_text_stays_on_its_line() -> None:
    found = Said()
    found.add(piece(report(title="a\n\x1b[31mb", results=both(*(result(f"n{each}.function") for each in range(30))))))
    lines = found.lines(100)
    assert lines[0] == "a: a [31mb"
    assert all(len(line) <= 100 for line in lines) and len(lines) > 2
    assert len(found.lines()) == 2 and not any("\n" in line for line in found.lines())


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_is_filled_and_a_pipe_gets_whole_lines(width: int) -> None:
    wrapped = said(width=width)
    assert all(len(line) <= width for line in wrapped)
    assert len(wrapped) > len(said()) if width < 100 else wrapped == said()
    assert "".join(each.strip() for each in wrapped).replace(" ", "") == "".join(said()).replace(" ", "")


@pytest.mark.parametrize(
    ("verdict", "ambiguous"), [("unexplained", False), ("convention", True), ("convention", False)]
)
def test_of_what_is_not_certain_the_first_remarks_are_said(verdict: str, ambiguous: bool) -> None:
    found, remarks = Said(), ("one", "two", "three", "four")
    told = {"transforms": ("a",), "words": ("turn it",)} if verdict == "convention" else {}
    mine = result("mine", "recorded", verdict=verdict, remarks=remarks, ambiguous=ambiguous, **told)
    found.add(piece(report(results=(*both(result()), mine), recorded=[{"system": "mine", "origin": ""}])))
    shown = [line.removeprefix("  - ") for line in found.lines() if "harness explain" not in line]
    assert (shown[-3:] == ["one", "two", "three"]) is (verdict == "unexplained" or ambiguous)
    assert "four" not in shown


def test_what_the_data_do_not_show_is_one_sentence() -> None:
    found, blind = Said(), ["kernel reversed", "a", "b", "c", "d", "e"]
    found.add(piece(report(power={"sees": [], "blind": blind})))
    assert found.lines()[-1] == (
        "  - these data cannot tell what the case means from: kernel reversed; a; b; c and 2 more; "
        "`harness check --strengthen` draws data that can"
    )
    assert not any("cannot tell" in line for line in said())


def test_the_system_that_is_to_be_changed_is_named() -> None:
    bias = {"verdict": "convention", "transforms": ("bias",), "words": ("add the bias; the system left the bias out",)}
    found = Said()
    results = (*both(result("numpy.matmul")), result("y", "recorded", **bias), result("a" * 99, "recorded", **bias))
    recorded = [{"system": name, "origin": ""} for name in ("y", "a" * 99)]
    found.add(piece(report(results=results, recorded=recorded)))
    assert found.lines()[2:] == [
        '  - recorded, y: becomes what the case means, with this change: add the bias; "y" left the bias out. '
        "It fits exactly",
        f"  - recorded, {'a' * 99}: becomes what the case means, with this change: add the bias; "
        "the system of this output left the bias out. It fits exactly",
        "  - code for all frameworks: harness explain cases/a.yaml",
    ]

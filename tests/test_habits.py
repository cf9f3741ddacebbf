"""Which system does what: a row for each system, and functions named only where they differ."""

from __future__ import annotations

from typing import Any

from harness.report import habits
from harness.worker.entry import Word, windowed
from tests.test_probe import card_of, refusing


def declared(name: str, **takes: Any) -> dict[str, Any]:
    return windowed(name, (2,), **takes).as_json()


def test_functions_are_named_where_their_system_does_not_do_one_thing() -> None:
    same = {"same": Word("SAME", "same_upper")}
    entries = [
        declared("a.turned", reversal=True, words=same),
        *(declared(f"a.plain{number}", words=same) for number in range(4)),
        declared("b.only"),
    ]
    (table,) = habits.tables({"entry_points": entries}, ["convolution"])
    by_head = [dict(zip(table.heads, row)) for row in table.rows]
    first = next(head for head in table.heads if head.startswith("computes"))
    assert [row["system"] for row in by_head] == ["a", "b"]
    assert by_head[0][first] == "convolution (turned)\ncross-correlation (plain0, plain1, plain2 and 1 more)"
    assert by_head[0]["its word for `same`"] == "SAME: odd sample on the high side"
    assert by_head[1][first] == "cross-correlation"


def test_a_first_look_says_what_most_do_and_who_does_otherwise() -> None:
    high, low = {"same": Word("SAME", "same_upper")}, {"same_lower": Word("SAME_LOWER", "same_lower")}
    at_one = {"same": Word("same", "same_upper", strided=False)}
    entries = [
        declared("a.turned", reversal=True, words=high),
        declared("a.plain", words=high),
        declared("b.only", words={**high, **low}),
        declared("c.turned", reversal=True),
        *(declared(f"{name}.f", words=high) for name in "de"),
        declared("f.f", words=at_one),
    ]
    computes, same = habits.looks({"entry_points": entries}, ["activation", "convolution"])
    assert computes.question.startswith("Which functions reverse the kernel")
    assert computes.usual == "cross-correlation"
    assert computes.others == [("convolution", "a (turned), c")]
    assert (same.usual, same.others) == (
        "odd sample on the high side",
        [("odd sample on the low side", "b (only [SAME_LOWER])")],
    )


def test_where_all_do_the_same_there_is_no_first_look() -> None:
    assert habits.looks({"entry_points": [declared("a.f"), declared("b.f")]}, ["convolution"]) == []


def test_nothing_is_said_of_operations_that_nobody_declares() -> None:
    assert habits.tables({}, ["convolution"]) == []


def test_faults_of_a_card_stand_beside_what_its_function_declares() -> None:
    """What was measured and not declared, too; a function is named where its system has others."""
    card = card_of(refusing).as_json()
    fault = {"words": "numbers are wrong", "call": "x (1, 1)"}
    cards = [{**card, "entry_point": "a.f", "faults": [fault, fault]}]
    entries = [declared("a.f", words={"same": Word("same", "same_upper")}), declared("a.g"), declared("b.f")]
    (table,) = habits.tables({"entry_points": entries, "cards": cards}, ["convolution"])
    first, second = (dict(zip(table.heads, row)) for row in table.rows)
    assert first["faults in some calls"] == "numbers are wrong (f)"
    assert first["bits kept of input, kernel, sum (float32 has 23)"] == "23, 23, 23 (f)"
    assert first["its word for `same`"] == "same: odd sample on the high side (f)"
    assert second["faults in some calls"] == ""


def test_what_a_card_does_not_tell_at_a_first_look_is_taken_from_declarations() -> None:
    """And of functions that have an argument for everything nothing is told beside others."""
    from harness.worker.entry import settled

    def entry(name: str, **takes: Any) -> dict[str, Any]:
        about: dict[str, Any] = {"demands": {"function": "leaky_relu"}, **takes}
        return settled(name, "activation", "", **about)(lambda arrays, told: arrays["input"]).as_json()

    entries = [
        entry("a.free", free=("slope",)),
        entry("a.fixed", keeps={"slope": 0.2}),
        entry("b.free", free=("slope",)),
    ]
    (table,) = habits.tables({"entry_points": entries}, ["activation"])
    assert [row[1] for row in table.rows] == ["slope 0.2 (fixed)", "nothing"]

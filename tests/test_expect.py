import pytest

from harness.judge.expect import all_agree, classes_held, named

GROUPS = {"a": 0, "b": 0, "c": 1, "d": 1, "e": -1, "gone": None}


@pytest.mark.parametrize(
    ("expected", "blamed"),
    [
        ([["a", "b"], ["c", "d"]], {}),
        ([["a"], ["c"], ["e"]], {}),
        ([["a", "b", "c"]], {"c": "c was expected to agree with a and does not"}),
        ([["a", "c", "d"]], {"a": "a was expected to agree with c and does not"}),
        ([["c", "a"]], {"c": "c was expected to agree with a and does not"}),
        ([["a"], ["b"]], {"b": "b was expected to differ from a and agrees with it"}),
        ([["a", "gone"]], {"gone": "gone gave no output to compare"}),
        ([["a", "absent"], ["absent too"]], {}),
    ],
)
def test_classes_are_held_against_what_came_out(expected, blamed):
    held = classes_held(expected, GROUPS)
    assert {name: sentence for name, sentence in held.items() if sentence} == blamed
    assert set(held) == {name for name in named(expected) if name in GROUPS}


def test_a_case_that_expects_nothing_demands_agreement_of_all_that_is_not_declined():
    held = all_agree({"a": "agrees", "b": "convention", "c": "declined", "d": "died"})
    assert held["a"] == ""
    assert "convention" in held["b"]
    assert "died" in held["d"]
    assert "c" not in held

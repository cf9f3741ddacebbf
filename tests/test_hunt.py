"""Hunts: what is found is shrunk, told once, and found again by the same seed; known conventions are no finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness import backends, cli
from harness.array_json import describe
from harness.backends import Backend
from harness.canonical.reference import direct
from harness.case.read import load
from harness.hunting import casefile, chase
from harness.hunting.chase import Found, Hunt, Workers
from harness.hunting.finds import DIFFERS, Find, finds, is_convention
from harness.hunting.smallest import case_of, evaluated
from harness.operations import TABLE
from harness.operations.windowed.draws import Draw
from harness.operations.windowed.trials import Axis
from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits
from harness.result import CaseReport
from harness.systems import selection
from harness.worker import shipped
from tests.fakes import FAKES, PATIENT

CONVOLUTION, TRANSPOSED = WINDOWS = ("convolution", "transposed_convolution")
FEW = (5, 59, 77, 78)
"""Numbers of calls among which both faults of `hasty` show themselves."""


def hunting(names: Sequence[str], numbers: Sequence[int], known: Sequence[Path] = ()) -> Iterator[Found]:
    with Workers([FAKES[name] for name in names], PATIENT) as workers:
        hunt = Hunt(workers, workers.pool.entry_points())
        hunt.known(case for path in known for case in load(path))
        yield from hunt.found([CONVOLUTION], 0, numbers)


def hunted(names: Sequence[str], numbers: Sequence[int], known: Sequence[Path] = ()) -> list[Found]:
    return list(hunting(names, numbers, known))


@pytest.fixture(scope="module")
def both() -> list[Found]:
    """What the hunt for the faults of `hasty` finds, beside `honest`."""
    return hunted(["hasty", "honest"], FEW)


def told(found: Sequence[Found]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.find.function, each.find.kind, each.quarry.drawn.matters()) for each in found]


def test_what_is_right_and_what_follows_its_declaration_is_no_find():
    assert not hunted(["honest", "flipped", "declining"], range(12))


def test_each_fault_is_told_once_as_its_smallest_call(both: list[Found]):
    assert sorted(told(both)) == [
        ("fake.hasty", "died", ("int32", "dilation")),
        ("fake.hasty", "differs", ("stride",)),
    ]
    deadly, late = sorted(both, key=lambda each: each.find.kind)
    assert [array.values.size for array in late.quarry.case.arrays.values()] == [2, 1]
    assert late.quarry.case.settings["stride"] == (3,)
    assert "SIGABRT" in deadly.find.words
    assert deadly.quarry.case.settings["dilation"] == (3,)


def test_shards_find_together_what_the_whole_hunt_finds(both: list[Found]):
    parts = [each for number in range(2) for each in hunted(["hasty"], FEW[number::2])]
    assert set(told(parts)) == set(told(both))
    drawn = [TABLE[CONVOLUTION].draws().draw(chase._stream(seed, 5)) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_find_is_a_case_file_that_shows_it_and_a_known_one_is_no_find(both: list[Found], tmp_path: Path):
    deadly, late = sorted(both, key=lambda each: each.find.kind)
    for name, each in (("late", late), ("deadly", deadly)):
        (tmp_path / f"{name}.yaml").write_text(casefile.text(each, "1.0", 7))
    (case,) = load(tmp_path / "late.yaml")
    assert case.expect.classes["normalized"] == (("fake.hasty",), ("fake.honest",))
    assert "Seen in hasty 1.0: " in case.why
    with Pool([FAKES["hasty"], FAKES["honest"]], PATIENT) as pool:
        (quarry,) = evaluated(CONVOLUTION, [late.quarry.drawn], pool, pool.entry_points())
        assert [each.function for each in finds(quarry.report)] == ["fake.hasty"]
    known = [tmp_path / "late.yaml", tmp_path / "deadly.yaml"]
    assert not hunted(["hasty", "honest"], FEW, known=known)
    assert told(hunted(["hasty"], FEW, known=known[:1])) == told([deadly])


@pytest.mark.parametrize(
    ("fake", "kind", "words"),
    [
        ("raising", "raised", "ArithmeticError: the framework is not in the mood"),
        ("broken", "broken", "a fault of the harness's own worker"),
        ("unsteady", "differs", "two identical calls gave different values"),
        ("wrong", "differs", "differ"),
    ],
)
def test_what_is_wrong_everywhere_is_found_at_once_and_needs_nothing_special(fake: str, kind: str, words: str):
    first = next(hunting([fake], range(4)))
    assert told([first]) == [(f"fake.{fake}", kind, ())]
    assert words in first.find.words


def test_an_abort_and_a_hang_are_finds_and_the_hunt_goes_on(monkeypatch: pytest.MonkeyPatch):
    """Each call of the first ends its worker, which is given up and started anew with all others."""
    monkeypatch.setattr(chase, "DEADLY", 3)
    pools: list[Pool] = []
    monkeypatch.setattr(chase, "Pool", lambda *given: (pools.append(Pool(*given)), pools[-1])[1])
    found = hunted(["aborting", "honest"], range(8))
    assert told(found)[0][:2] == ("fake.aborting", "died")
    assert len([pool for pool in pools if list(pool.started) == ["aborting", "honest"]]) > 1
    with Workers([FAKES["hanging"]], Limits(start=600.0, call=0.2)) as workers:
        (hang, *_) = Hunt(workers, workers.pool.entry_points()).found([CONVOLUTION], 0, range(1))
    assert hang.find.words == "gave no answer within 0.2 s"


def test_what_a_worker_was_not_called_for_is_no_find():
    with Pool([FAKES["unavailable"], FAKES["honest"]], PATIENT) as pool:
        ((_, entry),) = pool.entry_points()
        drawn = TABLE[CONVOLUTION].draws().draw(chase._stream(0, 0))
        (quarry,) = evaluated(CONVOLUTION, [drawn], pool, [("unavailable", entry)])
        assert "died" in {result.outcome for result in quarry.report.results}
        assert not list(finds(quarry.report))


def test_an_output_as_written_is_looked_at_by_the_whole_search_and_an_empty_one_tells_nothing():
    """Cropped by a sample in front: the quick search may not know it, the whole one does; other numbers it does not."""
    drawn = TABLE[CONVOLUTION].draws().draw(chase._stream(0, 5))
    case = case_of(CONVOLUTION, drawn)
    assert case is not None
    y = direct(case.meant())
    outputs = [describe(each.astype("float32")) for each in (y[..., 1:], y[..., :0], y * np.arange(1, y.shape[-1] + 1))]
    report = CaseReport({}, (), {}, outputs, ())
    for number, known in enumerate((True, True, False)):
        seen = Find("f", "b", DIFFERS, "as_written", (), "", number)
        assert is_convention(case, report, seen, "direct") is known
        assert not is_convention(case, report, replace(seen, mode="normalized"), "direct")


def test_a_call_with_all_settings_of_a_find_is_held_to_it_at_the_powers_of_two():
    with Workers([FAKES["honest"]], PATIENT) as workers:
        hunt = Hunt(workers, workers.pool.entry_points())
        drawn = TABLE[CONVOLUTION].draws().draw(chase._stream(0, 1))
        (quarry,) = evaluated(CONVOLUTION, [drawn], workers.pool, hunt.entries)
    find = Find("fake.honest", "honest", "raised", "normalized", (), "no")
    some = find.signature(drawn.matters()[:1])
    more = find.signature(("something else",))
    hunt.repeats.update({some: 0, more: 100})
    taken = []
    for times in range(1, 18):
        hunt.repeats[some] = times
        taken += [times] if hunt._taken_for(quarry, find) == some else []
    assert taken == [5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17]


# --- what is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", TABLE)
def test_a_drawn_call_is_a_case_that_can_be_written_and_read_again(operation: str, tmp_path: Path):
    room, made = TABLE[operation].draws(), 0
    with Pool([FAKES["honest"]], PATIENT) as pool:
        for number in range(40):
            drawn = room.draw(chase._stream(1, number))
            case = case_of(operation, drawn)
            if case is None or sum(array.values.size for array in case.arrays.values()) > 200:
                continue
            made += 1
            (quarry,) = evaluated(operation, [drawn], pool, [])
            find = Find("f", "honest", "raised", "normalized", (), 'it said: "no"')
            (tmp_path / "a.yaml").write_text(casefile.text(Found(operation, number, find, quarry), "1", 1))
            (again,) = load(tmp_path / "a.yaml")
            assert room.of_case(again) == drawn
            assert again.meant().output_shape == case.meant().output_shape
            assert {role: array.values.tobytes() for role, array in again.arrays.items()} == {
                role: array.values.tobytes() for role, array in case.arrays.items()
            }
    assert made > 8


def test_the_call_of_a_case_is_filled_with_its_own_number():
    drawn = Draw("same", (Axis(5, 3),), boundary="constant", constant=0.25)
    case = case_of(CONVOLUTION, drawn)
    assert case is not None and case.settings["constant"] == 0.25
    assert TABLE[CONVOLUTION].draws().of_case(case) == drawn


@pytest.mark.parametrize("operation", TABLE)
def test_every_call_shrinks_to_one_that_has_nothing_special(operation: str):
    room = TABLE[operation].draws()
    for number in range(8):
        drawn = room.draw(chase._stream(2, number))
        while smaller := [each for each in drawn.smaller() if each.weight() < drawn.weight()]:
            drawn = min(smaller, key=lambda each: each.weight())
        assert drawn.matters() == ()
        assert {array.values.size for array in drawn.arrays().values()} == {1}


@pytest.mark.parametrize("operation", WINDOWS)
def test_all_that_a_case_can_say_is_drawn(operation: str):
    room = TABLE[operation].draws()
    words = {word for number in range(600) for word in room.draw(chase._stream(3, number)).matters()}
    assert {"2-D", "3-D", "float64", "float16", "int32", "stride", "dilation", "padding by numbers"} <= words
    assert {"groups", "channels", "batch", "bias", "same", "convolution"} <= words
    extra = {CONVOLUTION: {"same_lower", "full", "boundary wrap", "boundary reflect"}, TRANSPOSED: {"output padding"}}
    assert extra.get(operation, set()) <= words


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two fakes in place of the frameworks, in an empty folder; no fault of anybody is known."""
    two = {name: Backend(name, f"tests.fakes.{name}", "numpy") for name in ("hasty", "honest")}
    for module in (backends, selection):
        monkeypatch.setattr(module, "TABLE", two)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.setattr(shipped, "FOLDER", str(tmp_path / "nowhere"))
    monkeypatch.chdir(tmp_path)


HUNT = ["hunt", "--operation", CONVOLUTION, "--calls", "80", "--shard", "6/18"]


@pytest.mark.usefixtures("table")
def test_the_command_writes_what_it_finds_and_knows_it_the_next_time(capsys: pytest.CaptureFixture[str]):
    assert cli.main(HUNT) == 1
    said = capsys.readouterr()
    assert "5 calls drawn with seed 0: 2 found, " in said.out
    assert "FOUND  fake.hasty: died with int32, dilation: was ended by SIGABRT" in said.err
    assert sorted(path.name for path in Path("finds").iterdir()) == ["fake.hasty-1.yaml", "fake.hasty-2.yaml"]
    assert cli.main(HUNT) == 0
    assert "5 calls drawn with seed 0: 0 found, " in capsys.readouterr().out


@pytest.mark.usefixtures("table")
def test_as_json_each_find_is_an_object(capsys: pytest.CaptureFixture[str]):
    assert cli.main([*HUNT, "--json", "--out", "elsewhere"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["entry_point"] for each in found] == ["fake.hasty"] * 2
    keys = {"operation", "call", "entry_point", "backend", "kind", "mode", "transforms", "words", "matters", "case"}
    assert all(set(each) == keys and Path(each["case"]).is_file() for each in found)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--backend", "hasty", "--calls", "2", "--shard", "2/2"], 0, "1 calls drawn"),
        (["--backend", "nope"], 2, "there is no such backend"),
        (["--backend", "honest", "--operation", "activation", "--calls", "2"], 0, "2 calls drawn"),
        (["--out", "file", "--calls", "1"], 2, "--out file"),
    ],
)
def test_what_is_asked_of_the_command(arguments: list[str], code: int, message: str, capsys):
    Path("file").write_text("")
    assert cli.main(["hunt", *arguments]) == code
    said = capsys.readouterr()
    assert message in said.out + said.err

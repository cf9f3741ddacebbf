"""The worker in Julia, with a stand-in for each version of Knet, and with the real Knet where there is one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE, Backend, knet
from harness.canonical import reference
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.operations import TABLE as OPERATIONS
from harness.operations.call import MODES, RefusedHere, Unsupported
from harness.operations.pooling_formula import FIRST_CLIPPED, ZERO
from harness.operations.stated import Given
from harness.operations.windowed.probes.by_numbers import negative
from harness.operations.windowed.probes.properties import common
from harness.operations.windowed.probes.stamping import Stamping
from harness.operations.windowed.probes.subject import Limits, Subject
from harness.parent.asking import Question, ask_all
from harness.parent.outcome import Answered, Broken, Declined, Died, Outcome, Raised
from harness.parent.pool import Pool
from harness.probing import probe
from harness.report import results
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint
from tests.declared import case_of
from tests.fakes import PATIENT
from tests.plain import evaluate, integers
from tests.test_backends_transposed import example
from tests.test_knet import ARRAYS, MANIFEST
from tests.test_knet_pooling import DECONV4, POOL, UNPOOL

STAND_IN = Path(__file__).parent / "fakes" / "julia"
NNLIB = {"1.2.1": "", "1.3.0": "0.6.0", "1.4.10": "0.7.6"}
"""Version of Knet -> the version of NNlib below it; the oldest has none."""
FLOATS = ("float32", "float64")
NUMBERS = ("float16", *FLOATS, "int8", "uint8", "int16", "int32", "int64")
Started = Callable[[str], Pool]


def stand_in(folder: Path, version: str) -> dict[str, str]:
    """What Julia is told to find a stand-in that says that it is this version of Knet, on the NNlib below it.

    The oldest has no version in its Project.toml, as the real one: the manifest in use has it, and its release notes.
    """
    copy = shutil.copytree(STAND_IN, folder / version)
    for name, number in (("Knet", version), ("NNlib", NNLIB[version] or "0.0")):
        project = copy / name / "Project.toml"
        line = f'version = "{number}"' if NNLIB[version] else f'# version = "{number}"'
        project.write_text(re.sub(r'version = ".*"', line, project.read_text()))
    (folder / "Project.toml").write_text("")
    (copy / "Knet" / "NEWS.md").write_text(f"Knet v{version} Release Notes\n====\n\nKnet v0.1 Release Notes\n")
    manifest = f'[[Other]]\nversion = "9.9"\n\n[[Knet]]\ndeps = ["Other"]\nversion = "{version}"\n'
    (folder / "Manifest.toml").write_text(manifest)
    return {"JULIA_LOAD_PATH": f"{copy}{os.pathsep}@stdlib", "JULIA_PROJECT": str(folder)}


ENDS = "at first, then dies: was ended by SIGABRT,"


@pytest.fixture(scope="module")
def julia() -> None:
    if not shutil.which("julia"):
        pytest.skip("no julia on the PATH")


@pytest.fixture(scope="module")
def started(julia, tmp_path_factory) -> Iterator[Started]:
    """started(version): the worker in Julia on the stand-in for this version of Knet."""
    pools: dict[str, Pool] = {}

    def started(version: str) -> Pool:
        if version not in pools:
            here = replace(TABLE["knet"], variables=stand_in(tmp_path_factory.mktemp("knet"), version))
            pools[version] = Pool([here], PATIENT).__enter__()
            assert not pools[version].unavailable
        return pools[version]

    yield started
    for pool in pools.values():
        pool.close()


def entry_of(pool: Pool, name: str) -> EntryPoint:
    return next(entry for _, entry in pool.entry_points() if entry.name == name)


def ask(pool: Pool, *calls: Any) -> list[Outcome]:
    for index, call in enumerate(calls):
        pool.submit("knet", index, call)
    pool.flush()
    return [outcome for _, outcome in sorted((pool.collect() for _ in calls), key=lambda item: item[0])]


def question(pool: Pool, x: np.ndarray, w: np.ndarray, name: str = "Knet.conv4(mode=1)", **settings: Any) -> Question:
    """A call with arrays in Knet's own order of axes; ones and zeros where nothing is said."""
    rank = x.ndim - 2
    said = {
        "stride": (1,) * rank,
        "dilation": (1,) * rank,
        "padding": ((0, 0),) * rank,
        "groups": 1,
        "boundary": "zero",
    }
    return Question(entry_of(pool, name), {"input": x, "kernel": w}, {**said, **settings})


def pooling(pool: Pool, x: np.ndarray, mode: int = 0, **settings: Any) -> Question:
    """A call of `pool` with the input in Knet's own order of axes."""
    rank = x.ndim - 2
    usual = {"window": (2,) * rank, "stride": (2,) * rank, "padding": ((0, 0),) * rank}
    return Question(entry_of(pool, f"Knet.pool(mode={mode})"), {"input": x}, {**usual, **settings})


@pytest.mark.parametrize(
    ("version", "ranks", "explicit", "dilation", "dtypes"),
    [
        ("1.2.1", (2,), "even", (False, False), FLOATS),
        ("1.3.0", (1, 2, 3), "uneven", (True, False), NUMBERS),
        ("1.4.10", (1, 2, 3), "uneven", (True, True), NUMBERS),
    ],
)
def test_the_worker_declares_what_this_version_of_knet_does(started, version, ranks, explicit, dilation, dtypes):
    hello = started(version).hellos["knet"]
    assert hello.version == version
    assert hello.environment["julia"]
    assert hello.environment.get("NNlib", "") == NNLIB[version]
    conv, deconv = (entry_of(started(version), f"Knet.{name}(mode=0)") for name in ("conv4", "deconv4"))
    assert conv.ranks == deconv.ranks == ranks
    assert (conv.takes.explicit, deconv.takes.explicit) == (explicit, "even")
    assert (conv.takes.dilation, deconv.takes.dilation) == dilation
    assert conv.takes.stride and deconv.takes.stride
    assert conv.dtypes == deconv.dtypes == dtypes
    others = [dtype for dtype in NUMBERS if dtype not in FLOATS] if version == "1.3.0" else []
    assert deconv.refused == {dtype: ((3, dtype),) for dtype in others}  # images and channels are exchanged there
    assert deconv.wrong == tuple(others)


def spoiled(folder: Path, *changes: tuple[str, str]) -> Backend:
    """The worker on a stand-in for Knet 1.4.10 whose source is changed."""
    variables = stand_in(folder, "1.4.10")
    source = folder / "1.4.10" / "Knet" / "src" / "Knet.jl"
    text = source.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    source.write_text(text)
    return replace(TABLE["knet"], variables=variables)


def test_an_operation_that_fails_at_the_start_is_left_out_with_its_reason_and_the_others_are_kept(julia, tmp_path):
    raises = (
        "    broken && !old && any(per_axis(dilation",
        '    error("out of order")\n    broken && !old && any(per_axis(dilation',
    )
    text = ("    y = similar(x, counts", '    mode == 1 && return "a mean"\n    y = similar(x, counts')
    gone = ("function unpool(", "function unpool_of_old(")
    with Pool([spoiled(tmp_path, raises, text, gone)], PATIENT) as pool:
        hello = pool.hellos["knet"]
        assert not pool.unavailable
        names = {entry.name for entry in hello.entry_points}
        (outcome,) = ask(pool, question(pool, X, W))
    assert isinstance(outcome, Answered)
    assert names == {f"Knet.conv4(mode={mode})" for mode in (0, 1)} | {f"Knet.pool(mode={mode})" for mode in (0, 2, 3)}
    assert set(hello.left_out) == {"Knet.deconv4(mode=0)", "Knet.deconv4(mode=1)", "Knet.pool(mode=1)", "Knet.unpool"}
    assert hello.left_out["Knet.deconv4(mode=0)"] == "answers no plain call as expected; it raised out of order"
    assert "String" in hello.left_out["Knet.pool(mode=1)"]
    assert hello.left_out["Knet.unpool"] == "UndefVarError: unpool not defined"
    assert results.header(pool.hellos, {})["environment"]["unavailable"] == hello.left_out


def test_a_version_that_lacks_a_mode_says_which(started):
    assert started("1.3.0").hellos["knet"].left_out == {
        "Knet.pool(mode=3)": "answers no plain call as expected; it raised mode=3 is not supported for CPU pool."
    }
    assert not started("1.4.10").hellos["knet"].left_out


def test_a_knet_of_which_nothing_answers_leaves_the_recordings_and_says_why(julia, tmp_path):
    changes = [(f"function {name}(", f"function {name}_of_old(") for name in ("conv4", "deconv4", "pool", "unpool")]
    with Pool([spoiled(tmp_path, *changes)], PATIENT) as pool:
        assert "Knet.conv4(mode=0) UndefVarError: conv4 not defined" in pool.unavailable["knet"]
        assert pool.hellos["knet"].version.startswith("recorded ")


NO_ARRAYS = {
    901: ('"a text"', "String"),
    902: ("nothing", "Nothing"),
    903: ("1.5", "Float64"),
    904: ('["a"]', "Array{String,1}"),
}


def test_a_result_that_is_no_array_is_told_by_its_type(julia, tmp_path):
    returns = "".join(f"    first(x) == {first} && return {given}\n" for first, (given, _) in NO_ARRAYS.items())
    with Pool([spoiled(tmp_path, ("    first(x) == 777", f"{returns}    first(x) == 777"))], PATIENT) as pool:
        calls = [question(pool, np.where(X[0, 0, 0, 0] == X, float(first), X), W) for first in NO_ARRAYS]
        outcomes = ask(pool, *calls)
    told = "it gave a result of type {}, expected an array of numbers"
    assert outcomes == [Raised("TypeError", told.format(kind)) for _, kind in NO_ARRAYS.values()]


@pytest.mark.parametrize("left", ["Manifest.toml", "1.2.1/Knet/NEWS.md"])
def test_a_version_that_its_project_does_not_say_is_in_a_manifest_of_the_load_path_or_in_the_release_notes(
    julia, tmp_path, left
):
    variables = stand_in(tmp_path, "1.2.1")
    for other in {"Manifest.toml", "1.2.1/Knet/NEWS.md"} - {left}:
        (tmp_path / other).unlink()
    path = f"{variables['JULIA_LOAD_PATH']}{os.pathsep}{tmp_path}"
    with Pool([replace(TABLE["knet"], variables={"JULIA_LOAD_PATH": path})], PATIENT) as pool:
        assert pool.hellos["knet"].version == "1.2.1"


@pytest.mark.parametrize(
    ("spoiled", "error"),
    [
        ("1.4.10/Knet/src/Knet.jl", "UndefVarError: what_nobody_knows not defined"),
        ("1.4.10/NNlib/src/NNlib.jl", "UndefVarError: what_nobody_knows not defined"),
        ("1.4.10/NNlib", "ArgumentError: Package NNlib [872c559c-99b0-510c-b3b7-b6c96a88d5cd] is required"),
    ],
)
@pytest.mark.parametrize("compiled", ["yes", "no"])
def test_a_knet_that_is_installed_and_fails_to_load_is_told_with_its_own_first_error(
    julia, monkeypatch, tmp_path, spoiled, error, compiled
):
    variables = {**stand_in(tmp_path, "1.4.10"), "JULIA_DEPOT_PATH": str(tmp_path / "depot")}
    if (tmp_path / spoiled).is_dir():
        shutil.rmtree(tmp_path / spoiled)
    else:
        source = (tmp_path / spoiled).read_text()
        (tmp_path / spoiled).write_text(re.sub("^module .*", r"\g<0>\nwhat_nobody_knows", source, flags=re.MULTILINE))
    program = ("julia", f"--compiled-modules={compiled}", *TABLE["knet"].instead[1:])
    with Pool([replace(TABLE["knet"], instead=program, variables=variables)], PATIENT) as pool:
        version = pool.hellos["knet"].version
        assert pool.recited["knet"].startswith("julia: Knet cannot be loaded by version ")
    assert f", though it is installed: {error}" in version
    assert version.endswith("; the whole of it: julia -e 'import Knet'")
    assert "Pkg.add" not in version


@pytest.mark.parametrize(
    ("version", "mode", "found"),
    [
        ("1.4.10", 0, "as given"),
        (
            "1.3.0",
            0,
            f"not as given {ENDS} before, not as given {ENDS} after, dies: was ended by SIGABRT on both sides",
        ),
        ("1.3.0", 1, f"not as given {ENDS} before, as given {ENDS} after, dies: was ended by SIGABRT on both sides"),
    ],
)
def test_the_card_says_of_a_padding_below_zero_what_came_of_it_and_how_the_process_ended(started, version, mode, found):
    pool = started(version)
    entry = entry_of(pool, f"Knet.conv4(mode={mode})")
    one = Subject(entry, 1, "WCN", "WIO", "WCN", (mode == 0,), (0,))
    assert ask_all(pool, {"": ("knet", negative(one))}) == {"": f"; negative {found}"}
    assert isinstance(ask(pool, question(pool, X, W))[0], Answered)


def test_the_card_of_unpool_says_that_it_takes_complex_numbers(started):
    pool = started("1.4.10")
    one = Stamping(entry_of(pool, "Knet.unpool"), 1, "WCN", "WOI", "WCN", (False,), (0,), Limits(ones=True))
    assert ask_all(pool, {"": ("knet", common(one)["conjugation"])}) == {"": "none"}


@pytest.mark.parametrize(
    ("version", "ranks", "modes", "limits", "fills"),
    [
        ("1.2.1", (2,), [0, 1, 2], ("even",), (None, None)),
        ("1.3.0", (1, 2, 3), [0, 1, 2], (), (ZERO, FIRST_CLIPPED)),
        ("1.4.10", (1, 2, 3), [0, 1, 2, 3], (), (None, None)),
    ],
)
def test_the_worker_declares_how_this_version_pools(started, version, ranks, modes, limits, fills):
    found = {entry.name: entry for _, entry in started(version).entry_points() if entry.operation == "pooling"}
    assert list(found) == [f"Knet.pool(mode={mode})" for mode in modes]
    largest, mean, other, *_ = found.values()
    assert largest.ranks == mean.ranks == ranks
    assert largest.takes.limits == mean.takes.limits == limits
    assert (largest.takes.keeps.get("fill"), mean.takes.keeps.get("fill")) == fills
    assert (mean.takes.keeps["divisor"], other.takes.keeps["divisor"]) == ("window", "window")
    assert "padding" in mean.takes.free
    assert ("padding" in other.takes.free) == (version != "1.2.1")  # which then raises
    assert other.takes.demands.get("padding", "any") == (0 if version == "1.2.1" else "any")
    assert ("it takes no padding at all" in other.note, "it is mode 1" in other.note) == (
        (True, False) if version == "1.2.1" else (False, True)
    )


def mean_of(x: np.ndarray, padding: Any) -> Case:
    """The mean of windows of 2, one beside the other."""
    whole = {"reduce": "average", "divisor": "window", "rounding": "floor", "dilation": 1}
    return Case(
        id="made",
        path=Path("made.yaml"),
        operation=OPERATIONS["pooling"],
        arrays={"input": Given(x, "NCHW")},
        settings={**whole, "window": 2, "stride": 2, "padding": padding},
    )


@pytest.mark.parametrize("padding", ["valid", 0, ((0, 0), (0, 0))])
@pytest.mark.parametrize("mode", MODES)
def test_a_mode_that_pads_nothing_answers_a_case_without_padding(started, mode, padding):
    pool = started("1.2.1")
    case = mean_of(integers((1, 2, 5, 4), 3, "float64"), padding)
    call = lower(case, entry_of(pool, "Knet.pool(mode=2)"), mode)
    (outcome,) = ask(pool, call)
    assert isinstance(outcome, Answered)
    np.testing.assert_array_equal(call.canonical(outcome.array), reference.evaluate(case.meant()))


def test_a_mode_that_pads_nothing_is_not_asked_to_and_is_padded_for(started):
    pool = started("1.2.1")
    case = mean_of(integers((1, 2, 5, 4), 3, "float64"), ((1, 1), (0, 0)))
    entry = entry_of(pool, "Knet.pool(mode=2)")
    with pytest.raises(Unsupported, match="computes padding: 0; the case has padding: 1"):
        lower(case, entry, "as_written")
    call = lower(case, entry, "normalized")
    (outcome,) = ask(pool, call)
    assert isinstance(outcome, Answered) and call.transforms
    np.testing.assert_array_equal(call.canonical(outcome.array), reference.evaluate(case.meant()))


def test_a_mode_that_pads_nothing_has_a_card(started):
    pool = started("1.2.1")
    (card,) = probe(pool, [("knet", entry_of(pool, "Knet.pool(mode=2)"))]).values()
    assert card.conventions["dtypes"] == {"float32": "float32", "float64": "float64"}
    assert not card.differences and not card.unreadable


def test_what_a_version_answers_wrongly_is_told_so_at_its_rank_only(started):
    entry = entry_of(started("1.3.0"), "Knet.deconv4(mode=1)")
    with pytest.raises(Unsupported, match=r"answers int32 wrongly in 3-D"):
        lower(example(3, 1, dtype="int32"), entry, "as_written")
    assert isinstance(ask(started("1.3.0"), lower(example(2, 1, dtype="int32"), entry, "as_written"))[0], Answered)


def test_the_worker_declares_what_the_recordings_declare(started):
    def told(entry: EntryPoint) -> Mapping[str, Any]:
        return {**entry.as_json(), "note": ""}

    theirs = {entry.name: told(entry) for entry in started("1.4.10").hellos["knet"].entry_points}
    assert theirs == {entry.name: told(entry) for entry in knet.ENTRY_POINTS}


@pytest.mark.parametrize("version", ["1.2.1", "1.3.0", "1.4.10"])
def test_the_worker_says_what_other_versions_take_where_this_one_takes_less(started, version):
    """That is what the recordings declare, which are of the newest; what padding counts for is no matter of taking."""
    recorded = {entry.name: entry for entry in knet.ENTRY_POINTS}
    for entry in started(version).hellos["knet"].entry_points:
        newest, whole = recorded[entry.name], entry.elsewhere or entry
        lacks = (entry.ranks, entry.dtypes, free(entry)) != (newest.ranks, newest.dtypes, free(newest))
        assert (entry.elsewhere is not None) is lacks
        assert (whole.ranks, whole.dtypes, free(whole)) == (newest.ranks, newest.dtypes, free(newest))


def free(entry: EntryPoint) -> dict[str, Any]:
    """What a declaration says of a call, without what its answer is."""
    return {key: value for key, value in entry.takes.as_json().items() if key != "keeps"}


@pytest.mark.parametrize("mode", MODES)
def test_of_a_rank_that_only_other_versions_have_nothing_is_demanded(started, mode):
    with pytest.raises(RefusedHere, match="is 2-D; the case is 1-D; that depends on the version"):
        lower(example(1, 1), entry_of(started("1.2.1"), "Knet.deconv4(mode=1)"), mode)


def conv(rank: int, seed: int, dtype: str, **settings: Any) -> Linear:
    ones = (1,) * rank
    said = {"stride": ones, "dilation": ones, "padding": ((0, 0),) * rank, "reversal": (seed % 2 == 0,) * rank}
    x, w = integers((2, 2, *(7, 6, 5)[:rank]), seed, dtype), integers((3, 2, *(3, 2, 2)[:rank]), seed + 1, dtype)
    return Linear(x, w, None, Window(**{**said, **settings}))


def holds(pool: Pool, rank: int, dtype: str, **settings: Any) -> None:
    """Both modes of conv4 compute what two cases mean, to the last bit."""
    cases = [case_of(conv(rank, seed, dtype, **settings)) for seed in range(2)]
    entries = [entry for _, entry in pool.entry_points() if entry.operation == "convolution"]
    calls = [lower(case, entry, "normalized") for case in cases for entry in entries]
    meant = [evaluate(case.meant()) for case in cases for _ in entries]
    for call, expected, outcome in zip(calls, meant, ask(pool, *calls), strict=True):
        assert isinstance(outcome, Answered), outcome
        assert outcome.array.dtype == dtype
        np.testing.assert_array_equal(call.canonical(outcome.array), expected)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        lambda rank: {},
        lambda rank: {"stride": (2, 3, 1)[:rank]},
        lambda rank: {"dilation": (2, 1, 3)[:rank]},
        lambda rank: {"padding": ((1, 1), (2, 2), (0, 0))[:rank]},
        lambda rank: {"padding": ((1, 0), (0, 2), (1, 1))[:rank], "stride": (2,) * rank},
    ],
    ids=["plain", "stride", "dilation", "padding", "uneven"],
)
def test_the_worker_computes_what_the_case_means(started, rank, settings):
    holds(started("1.4.10"), rank, "float64", **settings(rank))


@pytest.mark.parametrize("dtype", [dtype for dtype in NUMBERS if dtype != "float64"])
def test_every_dtype_is_passed_on(started, dtype):
    holds(started("1.4.10"), 1, dtype)


X, W = integers((5, 4, 2, 1), 1), integers((2, 3, 2, 3), 2)


def test_what_knet_throws_is_raised_and_its_neighbours_are_answered(started):
    pool = started("1.4.10")
    good, bad = question(pool, X, W), question(pool, X, np.concatenate([W, W], 2))
    first, raised, last = ask(pool, good, bad, good)
    assert isinstance(first, Answered) and isinstance(last, Answered)
    assert isinstance(raised, Raised)
    assert raised.kind == "DimensionMismatch"
    assert "Input channels must match!" in raised.message


def test_a_dilated_deconv4_is_not_offered_by_1_3_0_which_throws(started):
    pool = started("1.3.0")
    entry = entry_of(pool, "Knet.deconv4(mode=0)")
    with pytest.raises(Unsupported, match="has no dilation"):
        lower(example(1, 1, dilation=(2,)), entry, "as_written")
    (raised,) = ask(pool, question(pool, X, W.swapaxes(2, 3), "Knet.deconv4(mode=0)", dilation=(2, 2)))
    assert raised == Raised("ErrorException", "deconv4 cannot handle dilation!=1 yet.")


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ["conv4", "deconv4"])
def test_complex_numbers_are_passed_on_and_neither_operand_is_conjugated(started, name, dtype):
    pool = started("1.4.10")
    one = question(pool, np.full((1, 1, 1), 1 + 2j, dtype), np.full((1, 1, 1), 3 + 5j, dtype), f"Knet.{name}(mode=0)")
    (outcome,) = ask(pool, one)
    assert isinstance(outcome, Answered)
    assert outcome.array.dtype == dtype
    assert outcome.array.item() == -7 + 11j


def test_numbers_that_julia_has_not_are_declined_and_the_next_call_is_answered(started):
    pool = started("1.4.10")
    wide = question(pool, X.astype(np.longdouble), W.astype(np.longdouble))
    declined, answered = ask(pool, wide, question(pool, X, W))
    assert declined == Declined("Julia has no numbers of dtype <f16")
    assert isinstance(answered, Answered)


def test_a_fault_of_the_worker_is_told_as_its_own_and_the_next_call_is_answered(started):
    pool = started("1.4.10")
    broken, answered = ask(pool, question(pool, X, W, padding="sideways"), question(pool, X, W))
    assert isinstance(broken, Broken)
    assert re.fullmatch(
        r"a fault of the harness's own worker, not .*\(backends/knet_entries\.jl, line \d+\)", broken.reason
    )
    assert isinstance(answered, Answered)


def test_an_abort_ends_the_process_at_once_without_julia_s_own_report_and_is_charged_to_its_call(started):
    """Julia's report allocates, and waits for ever where the heap is broken."""
    pool = started("1.3.0")
    good, bad = question(pool, X, W), question(pool, X, W, padding=((-1, -1), (0, 0)))
    first, died, last = ask(pool, good, bad, good)
    assert died == Died("was ended by SIGABRT", died.stderr if isinstance(died, Died) else "")
    assert "signal (6)" not in died.stderr
    assert isinstance(first, Answered) and isinstance(last, Answered)


def test_a_call_that_gives_something_else_the_second_time_is_not_repeatable(started):
    pool = started("1.4.10")
    steady, unsteady = ask(pool, question(pool, X, W), question(pool, np.where(X[0, 0, 0, 0] == X, 777.0, X), W))
    assert isinstance(steady, Answered) and steady.not_repeatable == ""
    assert isinstance(unsteady, Answered)
    assert unsteady.not_repeatable == "two identical calls differ in 1 of 24 outputs, first at (0, 0, 0, 0)"


def test_no_mean_is_offered_of_whole_numbers_and_knet_throws_where_one_is_asked_for(started):
    pool = started("1.4.10")
    assert (entry_of(pool, "Knet.pool(mode=1)").dtypes, entry_of(pool, "Knet.pool(mode=0)").dtypes) == (
        ("float16", *FLOATS),
        NUMBERS,
    )
    largest, raised = ask(pool, pooling(pool, X.astype(int)), pooling(pool, X.astype(int), 1))
    assert isinstance(largest, Answered) and largest.array.dtype == int
    assert isinstance(raised, Raised) and raised.kind == "InexactError"


def test_unpool_declines_a_kernel_that_is_not_of_ones(started):
    pool, ones = started("1.4.10"), np.ones((2, 2, 1, 2))
    asked = {"stride": (2, 2), "groups": 2}
    good, bad, shared = ask(
        pool,
        question(pool, X, ones, "Knet.unpool", **asked),
        question(pool, X, 2 * ones, "Knet.unpool", **asked),
        question(pool, X, ones, "Knet.unpool", **{**asked, "groups": 1}),
    )
    assert isinstance(good, Answered)
    np.testing.assert_array_equal(good.array, X.repeat(2, 0).repeat(2, 1))
    assert bad == shared == Declined(knet.ONES)


@pytest.mark.parametrize("version", ["1.3.0", "1.4.10"])
@pytest.mark.parametrize("calls", [POOL, UNPOOL, DECONV4], ids=["pool", "unpool", "deconv4"])
def test_the_stand_in_answers_as_this_version_was_recorded(started, version, calls):
    answers_as_recorded(started(version), version, calls)


def answers_as_recorded(pool: Pool, version: str, calls: list[dict[str, Any]]) -> None:
    """What this version answers, and where it throws, to the last bit."""
    having = {entry.name for _, entry in pool.entry_points()}
    sayable = [call for call in calls if set(call["params"]) <= KEYWORDS and name_of(call) in having]
    assert len(sayable) >= 10
    for call, outcome in zip(sayable, ask(pool, *(asked(pool, call) for call in sayable)), strict=True):
        wanted = call["y"][version]
        if "error" in wanted:
            assert isinstance(outcome, Raised) and outcome.kind == wanted["error"], (call["id"], outcome)
        else:
            assert isinstance(outcome, Answered), (call["id"], outcome)
            np.testing.assert_array_equal(outcome.array, knet.array(wanted))


KEYWORDS = {"window", "stride", "dilation", "padding", "mode"}


def name_of(call: dict[str, Any]) -> str:
    """The entry point of a recorded call; of `unpool` all modes are one."""
    return "Knet.unpool" if call["fn"] == "unpool" else f"Knet.{call['fn']}(mode={call['params'].get('mode', 0)})"


def asked(pool: Pool, call: dict[str, Any]) -> Question:
    """A call of pool.json or deconv4_strided.json."""
    x, rank = knet.array(call["x"]), len(call["x"]["shape"]) - 2
    if call["fn"] == "deconv4":
        said = knet.settings(call["params"], rank)
        return question(pool, x, knet.array(call["w"]), f"Knet.deconv4(mode={said.pop('mode')})", **said)
    said = knet.windows(call["params"], rank)
    mode, window = said.pop("mode"), said.pop("window")
    if call["fn"] == "pool":
        return pooling(pool, x, mode, window=window, **said)
    return question(pool, x, np.ones((*window, 1, x.shape[rank])), "Knet.unpool", groups=x.shape[rank], **said)


def test_julia_without_knet_leaves_the_recordings_and_names_the_command_that_brings_it(monkeypatch, tmp_path):
    if not shutil.which("julia"):
        pytest.skip("no julia on the PATH")
    monkeypatch.setenv("JULIA_LOAD_PATH", f"{tmp_path}{os.pathsep}@stdlib")
    with Pool([TABLE["knet"]], PATIENT) as pool:
        version = pool.hellos["knet"].version
    assert version.startswith("recorded (Knet 1.4.10); julia: Knet cannot be loaded by version ")
    assert f"looked in {tmp_path}, " in version
    assert "the active project is " in version or "no project is active" in version
    assert version.endswith("""run: julia -e 'import Pkg; Pkg.add("Knet")'""")


def test_a_project_that_is_not_there_is_named_with_the_julia_that_was_asked(julia, tmp_path):
    asked = replace(TABLE["knet"], variables={"JULIA_PROJECT": str(tmp_path / "gone"), "JULIA_LOAD_PATH": "@:@stdlib"})
    with Pool([asked], PATIENT) as pool:
        version = pool.hellos["knet"].version
    assert f"the active project is {tmp_path}/gone/Project.toml, which is not there" in version
    assert "/julia looked in " in version


def test_the_real_knet_reproduces_its_recordings():
    with Pool([TABLE["knet"]], PATIENT) as pool:
        version = pool.hellos["knet"].version
        if version not in NNLIB:
            pytest.skip(f"no Knet whose answers are recorded: {version}")
        calls = [call for call in MANIFEST if call["results"][version]["status"] == "ok" and sayable(call)]
        outcomes = ask(pool, *(recorded(pool, call) for call in calls))
        for others in (POOL, UNPOOL, DECONV4):
            answers_as_recorded(pool, version, others)
    assert len(calls) > 60
    for call, outcome in zip(calls, outcomes, strict=True):
        expected = ARRAYS[f"{call['id']}/y_knet{version}"]
        assert isinstance(outcome, Answered), (call["id"], outcome)
        assert outcome.array.dtype == expected.dtype
        np.testing.assert_allclose(outcome.array, expected, rtol=1e-6 if expected.dtype == np.float32 else 1e-12)


def sayable(call: dict[str, Any]) -> bool:
    """Whether settings can say the call, in the types of its arguments, too."""
    return set(call["params"]) <= {"mode", "padding", "stride", "dilation"} and call["params"].get("mode", 0) in (0, 1)


def recorded(pool: Pool, call: dict[str, Any]) -> Question:
    x, w = ARRAYS[call["id"] + "/x"], ARRAYS[call["id"] + "/w"]
    said = knet.settings(call["params"], x.ndim - 2)
    return question(pool, x, w, f"Knet.{call['fn']}(mode={said.pop('mode')})", **said)

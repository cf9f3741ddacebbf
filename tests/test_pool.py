"""The pool against the zoo: every fake gets the outcome it deserves, and nobody else notices it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.parent.lane import BEHIND, DEATHS_IN_A_ROW
from harness.parent.outcome import Answered, Broken, Declined, Died, Outcome, Raised
from harness.parent.pool import Pool
from harness.parent.process import Unavailable, Worker, WorkerDied
from harness.parent.talk import Program
from harness.parent.worker_limits import Limits
from harness.worker.entry import EntryPoint, Settings
from tests.fakes import ANSWERING, FAKES, PATIENT, Fake, honest, hurried

X = np.arange(2 * 4 * 7 * 6, dtype=np.float32).reshape(2, 4, 7, 6)
W = np.arange(1, 6 * 2 * 3 * 2 + 1, dtype=np.float32).reshape(6, 2, 3, 2)
SETTINGS = {"stride": (2, 1), "dilation": (1, 2), "padding": "SAME", "groups": 2, "boundary": "zero"}
EXPECTED = honest.correlate(X, W, Settings(**SETTINGS))


@dataclass
class NativeCall:
    entry: EntryPoint
    arrays: dict[str, np.ndarray] = field(default_factory=lambda: {"input": X, "kernel": W})
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))


def outcomes(pool: Pool, backend: str, *arrays: tuple[np.ndarray, ...]) -> list[Outcome]:
    """The outcomes of calls on `arrays` (default: one call on X and W), in the order of the calls."""
    entry = pool.hellos[backend].entry_points[0]
    calls = arrays or ((X, W),)
    for index, own in enumerate(calls):
        pool.submit(backend, index, NativeCall(entry, dict(zip(("input", "kernel", "bias"), own))))
    pool.flush()
    return [outcome for _, outcome in sorted((pool.collect() for _ in calls), key=lambda item: item[0])]


def numbered(*values: float) -> list[tuple[np.ndarray, ...]]:
    """Arrays of calls that tell themselves apart by the first input value."""
    return [(np.full_like(X, value), W) for value in values]


def running(pid: int) -> bool:
    """Whether the process still runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int, within: float = 600.0) -> bool:
    """Whether the process ends, and does not go on for ever."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        return bool(poll.poll(within * 1000))
    finally:
        os.close(descriptor)


@pytest.fixture(scope="module")
def zoo():
    """One pool with every fake that answers."""
    with Pool([FAKES[name] for name in ANSWERING], PATIENT) as pool:
        yield pool


@pytest.mark.parametrize("name", ["honest", "printing", "reading", "flooding", "warning"])
def test_a_correct_backend_is_heard_whatever_else_it_does(zoo, name):
    (outcome,) = outcomes(zoo, name)
    assert isinstance(outcome, Answered)
    np.testing.assert_array_equal(outcome.array, EXPECTED)
    assert outcome.array.dtype == np.float32
    assert outcome.seconds >= 0


@pytest.mark.parametrize("name", ["wrong", "flipped", "shifted", "noisy", "nan", "lying"])
def test_wrong_numbers_pass_unchanged(zoo, name):
    (outcome,) = outcomes(zoo, name)
    assert isinstance(outcome, Answered)
    assert outcome.array.shape == EXPECTED.shape
    assert not np.array_equal(outcome.array, EXPECTED)


def test_a_wrong_shape_passes_unchanged(zoo):
    (outcome,) = outcomes(zoo, "wrong_shape")
    assert isinstance(outcome, Answered)
    np.testing.assert_array_equal(outcome.array, EXPECTED[..., :-1])


def test_warnings_come_with_the_answer(zoo):
    (outcome,) = outcomes(zoo, "warning")
    assert isinstance(outcome, Answered)
    assert outcome.warnings == ("FutureWarning: this will change in version 2",)


@pytest.mark.parametrize(
    ("variable", "value", "name"), [("PYTHONWARNINGS", "error", "warning"), ("PYTHONIOENCODING", "ascii", "printing")]
)
def test_what_the_user_wishes_of_warnings_and_letters_ends_no_worker(monkeypatch, variable, value, name):
    monkeypatch.setenv(variable, value)
    with Pool([FAKES[name]], PATIENT) as pool:
        (outcome,) = outcomes(pool, name)
    assert isinstance(outcome, Answered)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ranks_and_dtypes_and_a_bias_travel(zoo, rank, dtype):
    x, w = np.ones((1, 2, *(5,) * rank), dtype), np.ones((2, 1, *(2,) * rank), dtype)
    ones, pairs = (1,) * rank, [(0, 1)] * rank
    settings = {"stride": ones, "dilation": ones, "padding": pairs, "groups": 2, "boundary": "zero"}
    call = NativeCall(
        zoo.hellos["honest"].entry_points[0], {"input": x, "kernel": w, "bias": np.array([10, 20], dtype)}, settings
    )
    zoo.submit("honest", "tag", call)
    zoo.flush()
    tag, outcome = zoo.collect()
    assert tag == "tag"
    assert isinstance(outcome, Answered)
    assert outcome.array.dtype == dtype
    assert outcome.array.shape == (1, 2, *(5,) * rank)
    assert outcome.array[0, :, *(0,) * rank].tolist() == [10 + 2**rank, 20 + 2**rank]


def test_arrays_larger_than_the_pipe_travel(zoo):
    x = np.arange(3 << 20, dtype=np.float32).reshape(1, 1, -1)
    w = np.ones((1, 1, 1), np.float32)
    settings = {"stride": (1,), "dilation": (1,), "padding": "VALID", "groups": 1, "boundary": "zero"}
    zoo.submit("honest", 0, NativeCall(zoo.hellos["honest"].entry_points[0], {"input": x, "kernel": w}, settings))
    zoo.flush()
    outcome = zoo.collect()[1]
    assert isinstance(outcome, Answered)
    np.testing.assert_array_equal(outcome.array, x)


def test_programs_travel_among_the_calls(zoo):
    entry = zoo.hellos["honest"].entry_points[0]
    zoo.submit("honest", "before", NativeCall(entry))
    zoo.submit("honest", "sum", Program("y = a + b\n", {"a": np.arange(3), "b": np.ones(3)}))
    zoo.submit("honest", "fault", Program("y = 1 / 0\n", {}))
    zoo.submit("honest", "after", NativeCall(entry))
    zoo.flush()
    found = dict(zoo.collect() for _ in range(4))
    np.testing.assert_array_equal(found["sum"].array, [1, 2, 3])
    assert found["fault"] == Raised("ZeroDivisionError", "division by zero")
    for tag in ("before", "after"):
        np.testing.assert_array_equal(found[tag].array, EXPECTED)


def test_a_program_that_ends_its_worker_costs_nothing_else():
    with Pool([FAKES["honest"]], PATIENT) as pool:
        pool.submit("honest", "end", Program("import os\nos._exit(3)\n", {}))
        pool.submit("honest", "next", Program("y = [2]\n", {}))
        found = dict(pool.collect() for _ in range(2))
    assert isinstance(found["end"], Died)
    assert found["next"].array.tolist() == [2]


def test_the_pool_knows_what_each_worker_offers(zoo):
    assert sorted(zoo.hellos) == sorted(ANSWERING)
    assert [name for name, _ in zoo.entry_points()] == list(ANSWERING)
    assert zoo.hellos["flipped"].entry_points[0].takes.reversal
    assert not zoo.hellos["lying"].entry_points[0].takes.reversal
    assert not zoo.unavailable


FAILING = [
    ("declining", Declined("not on a Saturday")),
    ("raising", Raised("ArithmeticError", "the framework is not in the mood")),
    ("hanging", Died("gave no answer within 0.5 s")),
    ("aborting", Died("was ended by SIGABRT", "Check failed: mood == good")),
    ("half_reply", Died("exited with code 3")),
    ("garbage", Died(r"broke the protocol: expected one JSON line, found b'\x00\xff Segmentation fault?\n'")),
    (
        "gigantic",
        Died("broke the protocol: an array of 8796093022208 bytes is announced; at most 4294967296 are taken"),
    ),
    ("many_arrays", Died("broke the protocol: expected `arrays` from 0 to 1, found 60000")),
]


@pytest.mark.parametrize(("name", "expected"), FAILING)
def test_a_failing_backend_gets_its_outcome_and_the_others_are_complete(name, expected):
    limits = Limits(call=0.5) if name == "hanging" else PATIENT
    with hurried(Pool([FAKES[name], FAKES["honest"]], PATIENT), name, limits) as pool:
        for backend in (name, "honest"):
            for index in range(2):
                pool.submit(backend, (backend, index), NativeCall(pool.hellos[backend].entry_points[0]))
        pool.flush()
        found = dict(pool.collect() for _ in range(4))
    assert [found[name, 0], found[name, 1]] == [expected, expected]
    for index in range(2):
        np.testing.assert_array_equal(found["honest", index].array, EXPECTED)


def test_a_fault_of_the_worker_s_own_code_is_told_as_the_harness_s():
    with Pool([FAKES["broken"]], PATIENT) as pool:
        (outcome,) = outcomes(pool, "broken")
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith(
        "a fault of the harness's own worker, not of the system: "
        "AttributeError: 'NoneType' object has no attribute 'shape' (backends/channels.py, line "
    )


def test_only_the_call_that_kills_the_worker_is_lost():
    with Pool([FAKES["dying_once"]], PATIENT) as pool:
        found = outcomes(pool, "dying_once", *numbered(*range(128)))
    assert found[57] == Died("exited with code 7")
    assert [index for index, outcome in enumerate(found) if not isinstance(outcome, Answered)] == [57]
    entry = Settings(**SETTINGS)
    for index, outcome in enumerate(found):
        if index != 57:
            np.testing.assert_array_equal(outcome.array, honest.correlate(np.full_like(X, index), W, entry))


def test_a_worker_is_started_again_after_each_death():
    with Pool([FAKES["dying_once"]], PATIENT) as pool:
        found = outcomes(pool, "dying_once", *numbered(57, 1, 57, 2))
    assert [type(outcome) for outcome in found] == [Died, Answered, Died, Answered]


def test_a_death_is_not_charged_to_a_call_that_another_one_before_it_broke_the_worker_for():
    with Pool([FAKES["spoiling"]], PATIENT) as pool:
        found = outcomes(pool, "spoiling", *numbered(58, 1, 58, 2))
    assert all(isinstance(outcome, Answered) for outcome in found)


@pytest.mark.parametrize(("apart", "right"), [(True, True), (False, False)])
def test_calls_apart_leave_their_worker_to_nobody(apart, right):
    with Pool([FAKES["spoiling"]], PATIENT) as pool:
        spoils, after = (
            NativeCall(pool.hellos["spoiling"].entry_points[0], {"input": x, "kernel": w}) for x, w in numbered(57, 1)
        )
        pool.submit_apart("spoiling", [("spoils", spoils)] if apart else [])
        if not apart:
            pool.submit("spoiling", "spoils", spoils)
        pool.submit("spoiling", "after", after)
        pool.flush()
        found = dict(pool.collect() for _ in range(2))
    assert found["spoils"].array.any()
    assert found["after"].array.any() == right


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, 57, 1, 57], ["", "exited with code 7", BEHIND.reason, BEHIND.reason]),
        ([57, 1], ["exited with code 7", BEHIND.reason]),
        ([1, 2], ["", ""]),
    ],
)
def test_of_calls_apart_the_one_at_which_the_worker_dies_died_and_those_behind_it_are_not_called(values, found):
    with Pool([FAKES["dying_once"]], PATIENT) as pool:
        entry = pool.hellos["dying_once"].entry_points[0]
        calls = [NativeCall(entry, {"input": x, "kernel": w}) for x, w in numbered(*values)]
        for _ in range(DEATHS_IN_A_ROW + 1):
            pool.submit_apart("dying_once", list(enumerate(calls)))
            outcomes = dict(pool.collect() for _ in calls)
            assert [getattr(outcomes[index], "reason", "") for index in range(len(calls))] == found


def test_calls_apart_that_are_refused_keep_their_worker():
    with Pool([FAKES["raising"]], PATIENT) as pool:
        call = NativeCall(pool.hellos["raising"].entry_points[0])
        worker = pool._lanes["raising"].worker
        pool.submit_apart("raising", [(0, call)])
        pool.submit("raising", 1, call)
        pool.flush()
        assert all(isinstance(pool.collect()[1], Raised) for _ in range(2))
        assert pool._lanes["raising"].worker is worker


def test_a_backend_that_only_dies_is_given_up():
    with Pool([FAKES["aborting"]], PATIENT) as pool:
        found = outcomes(pool, "aborting", *numbered(*range(DEATHS_IN_A_ROW + 3)))
    assert [outcome.reason for outcome in found[:DEATHS_IN_A_ROW]] == ["was ended by SIGABRT"] * DEATHS_IN_A_ROW
    assert {outcome.reason for outcome in found[DEATHS_IN_A_ROW:]} == {
        f"not called: the worker had died {DEATHS_IN_A_ROW} times in a row"
    }


def test_deaths_with_answers_between_them_give_nothing_up():
    values = [57, 1] * (DEATHS_IN_A_ROW + 1)
    with Pool([FAKES["dying_once"]], PATIENT) as pool:
        found = outcomes(pool, "dying_once", *numbered(*values))
    assert [isinstance(outcome, Answered) for outcome in found] == [value != 57 for value in values]


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process, which Linux can")
def test_memory_is_limited_where_it_is_asked():
    with Pool([FAKES["hungry"], FAKES["honest"]], replace(PATIENT, memory=4 << 30)) as pool:
        (refused,), (answered,) = (outcomes(pool, name) for name in ("hungry", "honest"))
    assert isinstance(refused, Raised)
    assert "MemoryError" in refused.kind
    assert isinstance(answered, Answered)


def test_backends_run_side_by_side():
    """The one that never answers was asked first; the other's answer comes nevertheless."""
    with Pool([FAKES["hanging"], FAKES["honest"]], PATIENT) as pool:
        for backend in ("hanging", "honest"):
            pool.submit(backend, backend, NativeCall(pool.hellos[backend].entry_points[0]))
        pool.flush()
        assert pool.collect()[0] == "honest"


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_results_come_whatever_the_jobs_and_the_backlog(jobs, monkeypatch):
    monkeypatch.setattr("harness.parent.lane.BACKLOG_BYTES", 1)
    monkeypatch.setattr("harness.parent.lane.BATCH_CALLS", 4)
    names = ("honest", "flipped", "wrong")
    with Pool([FAKES[name] for name in names], PATIENT, jobs) as pool:
        tags = [(name, index) for index in range(10) for name in names]
        for name, index in tags:
            pool.submit(name, (name, index), NativeCall(pool.hellos[name].entry_points[0]))
        pool.flush()
        found = dict(pool.collect() for _ in tags)
    assert set(found) == set(tags)
    assert all(isinstance(outcome, Answered) for outcome in found.values())


def test_leaving_the_pool_while_lanes_wait_for_the_run_ends_every_worker(monkeypatch):
    monkeypatch.setattr("harness.parent.lane.BACKLOG_BYTES", 1)
    with Pool([FAKES["honest"]], PATIENT) as pool:
        pids = pids_of(pool)
        for index in range(5):
            pool.submit("honest", index, NativeCall(pool.hellos["honest"].entry_points[0]))
        pool.flush()
        pool.collect()
    assert not any(map(running, pids))


UNAVAILABLE = [
    (FAKES["unavailable"], "ImportError: libmood.so: cannot open shared object file"),
    (FAKES["mute"], "could not be started: it gave no answer within 0.5 s"),
    (Fake("no_such_script", serves=False), "it exited with code 1 \\(.*No module named tests.fakes.no_such_script"),
]


@pytest.mark.parametrize(("fake", "reason"), UNAVAILABLE, ids=lambda value: getattr(value, "name", ""))
def test_a_backend_that_does_not_start_is_unavailable_and_the_others_run(fake, reason):
    limits = Limits(start=0.5) if fake.name == "mute" else PATIENT
    with hurried(Pool([fake, FAKES["honest"]], PATIENT), fake.name, limits) as pool:
        assert re.search(reason, pool.unavailable[fake.name])
        assert list(pool.hellos) == ["honest"]


def test_a_backend_whose_command_fails_is_unavailable():
    class Broken(Fake):
        def command(self) -> list[str]:
            raise LookupError("no interpreter")

    with Pool([Broken("broken")], PATIENT) as pool:
        assert pool.unavailable == {"broken": "LookupError: no interpreter"}


def test_a_command_that_does_not_exist_is_unavailable():
    class Nowhere(Fake):
        def command(self) -> list[str]:
            return ["/nowhere/python"]

    with Pool([Nowhere("nowhere")], PATIENT) as pool:
        assert "No such file" in pool.unavailable["nowhere"]


def test_what_is_asked_of_a_backend_that_does_not_start_has_an_outcome():
    """Nobody has to wait for its hello before asking."""
    with Pool([FAKES["unavailable"], FAKES["honest"]], PATIENT) as pool:
        assert list(pool.started) == ["unavailable", "honest"]
        pool.submit("unavailable", "tag", Program("y = 1", {}))
        tag, outcome = pool.collect()
        assert tag == "tag"
        assert isinstance(outcome, Died)
        assert outcome.reason == "not called: ImportError: libmood.so: cannot open shared object file"


def test_a_missing_backend_is_not_started():
    class Missing(Fake):
        def missing(self) -> str:
            return "not installed; do this"

        def command(self) -> list[str]:
            raise AssertionError("started")

    with Pool([Missing("missing")], PATIENT) as pool:
        assert pool.unavailable == {"missing": "not installed; do this"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"hello": 99}', "protocol 99, expected one of (1, 2)"),
        ("{}", "does not follow the protocol: KeyError"),
        ('{"hello": 1}', "does not follow the protocol: KeyError"),
        ('{"hello": 1, "entry_points": 5}', "does not follow the protocol: TypeError"),
        ('{"hello": 1, "entry_points": [5]}', "does not follow the protocol"),
        ('{"hello": 1, "entry_points": [{"name": "f"}]}', "declaration of an entry point"),
        ('{"hello": 1, "entry_points": [], "environment": []}', "does not follow the protocol: AttributeError"),
        ("Welcome to the framework!", "expected one JSON line, found b'Welcome to the framework!\\n'; then it exited"),
        ("[" * 100_000, "expected one JSON line"),
    ],
    ids=lambda text: text[:40],
)
def test_an_odd_hello_is_told(line, reason):
    with Pool([Fake("odd_hello", serves=False, arguments=(line,))], PATIENT) as pool:
        assert reason in pool.unavailable["odd_hello"]
        assert not pool.hellos


@pytest.mark.parametrize("before", [[], ["hello"], ["", "hello", "[1, 2"]], ids=len)
def test_what_is_printed_before_the_hello_harms_nobody_and_is_kept_with_the_errors(before):
    line = json.dumps({"hello": 2, "backend": "mine", "version": "1", "environment": {}, "entry_points": []})
    worker = Worker(Fake("odd_hello", serves=False, arguments=("\n".join([*before, line]),)), PATIENT)
    try:
        assert worker.hello().backend == "mine"
    finally:
        worker.stop()
    assert worker.errors.text() == "\n".join(before).strip()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("ranks", [4], "rank 4"),
        ("ranks", [[2]], "TypeError"),
        ("input", "NCX", "not an axis"),
        ("kernel", "OO*", "stands twice"),
        ("words", {"same": ["SAME", "no_recipe"]}, "no_recipe"),
        ("explicit", "sometimes", "expected one of no, one, even, uneven"),
        ("groups", "some", "expected one of one, depthwise, any"),
        ("algorithm", "magic", "expected one of direct, winograd, fft, any"),
    ],
)
def test_an_odd_declaration_is_told(field, value, reason):
    told = honest.ENTRY_POINTS[0].as_json()
    part = next((told[key] for key in ("takes", "layouts") if field in told[key]), told)
    part[field] = value
    line = {"hello": 2, "backend": "b", "version": "v", "environment": {}, "entry_points": [told]}
    with Pool([Fake("odd_hello", serves=False, arguments=(json.dumps(line),))], PATIENT) as pool:
        assert reason in pool.unavailable["odd_hello"]


def test_a_worker_of_the_first_version_is_understood_and_spoken_to_in_its_terms():
    with Pool([FAKES["version_1"]], PATIENT) as pool:
        (entry,) = pool.hellos["version_1"].entry_points
        assert (entry.operation, entry.layouts["kernel"], entry.takes.groups) == ("convolution", "OI*", "any")
        (outcome,) = outcomes(pool, "version_1", (X, W))
        np.testing.assert_array_equal(outcome.array, EXPECTED)


def test_settings_that_cannot_travel_fail_the_caller_and_hang_nobody():
    with Pool([FAKES["honest"]], PATIENT) as pool:
        entry = pool.hellos["honest"].entry_points[0]
        pool.submit("honest", 0, NativeCall(entry, settings={**SETTINGS, "stride": {1, 2}}))
        pool.flush()
        with pytest.raises(TypeError, match="not JSON serializable"):
            pool.collect()


def test_the_worker_gets_the_parents_environment_and_finds_this_package(monkeypatch):
    monkeypatch.setenv("HARNESS_TEST", "seen")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    program = (
        "import harness; from os import environ\n"
        "raise SystemExit(' '.join([environ['HARNESS_TEST'], environ['PYTHONPATH'][-10:], environ['LC_ALL']]))"
    )

    class Asking(Fake):
        def command(self) -> list[str]:
            return [sys.executable, "-c", program]

    with Pool([Asking("asking")], PATIENT) as pool:
        assert "(seen /somewhere C.UTF-8)" in pool.unavailable["asking"]


def test_a_version_that_was_asked_for_has_entry_points_of_its_own_name():
    versions = [Fake(name) for name in ("honest", "honest==1.0", "honest[a=1]")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fake, "command", lambda self: [sys.executable, "-m", "harness.worker", "tests.fakes.honest"])
        with Pool(versions, PATIENT) as pool:
            names = [entry.name for _, entry in pool.entry_points()]
            answers = [outcomes(pool, version.name)[0] for version in versions]
    assert names == ["fake.honest", "fake.honest @ honest==1.0", "fake.honest @ honest[a=1]"]
    assert all(isinstance(answer, Answered) for answer in answers)


def test_a_worker_gets_the_variables_of_its_backend():
    class Asking(Fake):
        def command(self) -> list[str]:
            return [sys.executable, "-c", "import os; raise SystemExit(os.environ['TF_ENABLE_ONEDNN_OPTS'])"]

        def environ(self) -> dict[str, str]:
            return {"TF_ENABLE_ONEDNN_OPTS": "zero"}

    with Pool([Asking("asking")], PATIENT) as pool:
        assert "(zero)" in pool.unavailable["asking"]


def test_the_end_of_standard_error_is_kept():
    worker = Worker(FAKES["flooding"], PATIENT)
    try:
        entry = worker.hello().entry_points[0]
        assert [type(outcome) for outcome in worker.ask([NativeCall(entry)])] == [Answered]
    finally:
        worker.stop()
    text = worker.errors.text()
    assert text.endswith("the flood")
    assert 0 < len(text) <= worker.errors.KEPT


def test_a_worker_says_itself_what_is_wrong():
    for name, error in [("unavailable", Unavailable), ("odd_hello", WorkerDied)]:
        worker = Worker(FAKES[name], PATIENT)
        try:
            with pytest.raises(error):
                worker.hello()
        finally:
            worker.stop()


def pids_of(pool: Pool) -> list[int]:
    """Process ids of the workers, once all have said hello."""
    return [pool._lanes[name].worker.process.pid for name in pool.hellos]


def test_leaving_the_pool_ends_every_worker_even_one_that_never_answers():
    with Pool([FAKES["hanging"], FAKES["honest"]], PATIENT) as pool:
        pool.submit("hanging", 0, NativeCall(pool.hellos["hanging"].entry_points[0]))
        pool.flush()
        pids = pids_of(pool)
        assert len(pids) == 2
        assert all(map(running, pids))
    assert not any(map(running, pids))


def test_an_exception_in_the_run_ends_every_worker():
    with pytest.raises(ZeroDivisionError), Pool([FAKES["honest"]], PATIENT) as pool:
        pids = pids_of(pool)
        raise ZeroDivisionError
    assert not any(map(running, pids))


STARTING = """
import os, subprocess, sys, threading
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
with open(sys.argv[1], "w") as told:
    print(os.getpid(), child.pid, file=told)
threading.Event().wait()
"""

LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""A shell's background jobs, and all that they start, inherit that SIGINT is ignored."""

PARENT_OF_STARTING = f"""{LISTENING}
import sys
told = open(sys.argv[1], "w")  # held, so that who reads sees the end where this ends before it told anything
from harness.parent.pool import Pool
from tests.fakes import PATIENT, Fake
class Starting(Fake):
    def command(self):
        return [sys.executable, "-c", {STARTING!r}, sys.argv[1]]
with Pool([Starting("starting")], PATIENT) as pool:
    pool.hellos
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the end of a process")
def test_an_interrupt_while_workers_start_ends_them_and_their_children(tmp_path):
    fifo = tmp_path / "pids"
    os.mkfifo(fifo)
    parent = subprocess.Popen([sys.executable, "-c", PARENT_OF_STARTING, str(fifo)], stderr=subprocess.DEVNULL)
    with fifo.open() as told:
        pids = [int(pid) for pid in told.readline().split()]
    assert len(pids) == 2
    parent.send_signal(signal.SIGINT)
    assert parent.wait(600) == -signal.SIGINT
    assert all(map(ends, pids))


PARENT = f"""{LISTENING}
from harness.parent.pool import Pool
from tests.fakes import FAKES, PATIENT
from tests.test_pool import NativeCall, pids_of
with Pool([FAKES["hanging"], FAKES["honest"]], PATIENT) as pool:
    pool.submit("hanging", 0, NativeCall(pool.hellos["hanging"].entry_points[0]))
    pool.flush()
    print(*pids_of(pool), flush=True)
    pool.collect()
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the end of a process")
def test_no_worker_outlives_its_parent(sent):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert parent.stdout
    with parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(sent)
        assert parent.wait(600) == -sent
    assert all(map(ends, pids))

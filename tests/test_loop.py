from __future__ import annotations

import io
import math
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from harness.backends import numpy as numpy_backend
from harness.worker import wire
from harness.worker.entry import windowed
from harness.worker.loop import REPEATED_ELEMENTS, Call, Declined, answer, answer_each, calls_of, hello
from tests.fakes import FAKES, honest

X = np.arange(12.0).reshape(1, 1, 12)
W = np.array([[[1.0, 2.0, 4.0]]])
ROLES = ["input", "kernel", "bias"]
SETTINGS = {"stride": [1], "dilation": [1], "padding": "VALID", "groups": 1, "boundary": "zero"}


def call_of(function) -> Call:
    return Call(windowed("f", (1,), "docs", call=function), {"input": X, "kernel": W}, SETTINGS)


def served(module: str, *requests: bytes) -> tuple[int, io.BytesIO]:
    """Exit code and standard output of a worker that is given `requests` at once."""
    command = [sys.executable, "-m", "harness.worker", module]
    done = subprocess.run(command, input=b"".join(requests), capture_output=True, timeout=600, check=False)
    return done.returncode, io.BytesIO(done.stdout)


def request(*calls: tuple[np.ndarray, ...], entry: str = "fake.honest") -> bytes:
    stream = io.BytesIO()
    listed = [{"entry": entry, "settings": SETTINGS, "arrays": ROLES[: len(arrays)]} for arrays in calls]
    wire.write_message(stream, {"calls": listed}, [array for arrays in calls for array in arrays])
    return stream.getvalue()


def test_an_answer_carries_array_and_time():
    message, (result,) = answer(call_of(lambda x, w, s: x * 2))
    assert message["answered"] >= 0
    assert message["warnings"] == []
    np.testing.assert_array_equal(result, X * 2)


def test_what_the_function_declines_is_declined():
    def function(x, w, s):
        raise Declined("no such thing")

    assert answer(call_of(function)) == ({"declined": "no such thing"}, ())


def test_what_the_function_raises_is_told():
    def function(x, w, s):
        raise ArithmeticError("y" * 10_000)

    message, arrays = answer(call_of(function))
    assert message == {"raised": "ArithmeticError", "message": "y" * 4000}
    assert not arrays


@pytest.mark.parametrize("result", ["text", None, [{}], np.array(["2020"], "M8[Y]")])
def test_a_result_that_is_no_array_of_numbers_is_told(result):
    message, arrays = answer(call_of(lambda x, w, s: result))
    assert message["raised"] == "TypeError"
    assert "no number" in message["message"]
    assert not arrays


def test_warnings_are_told_once_each_and_do_not_leak():
    def function(x, w, s):
        for _ in range(3):
            warnings.warn("soon gone", FutureWarning, stacklevel=1)
        return x

    assert answer(call_of(function)).message["warnings"] == ["FutureWarning: soon gone"]


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ([X, X], None),
        ([X * np.nan, X * np.nan], None),
        ([X * 0, -X * 0], None),
        ([X, X + (X > 9)], "two identical calls differ in 2 of 12 outputs, first at (0, 0, 10), (0, 0, 11)"),
        ([X, X[..., 1:]], "two identical calls gave the shapes (1, 1, 12) and (1, 1, 11)"),
    ],
)
def test_a_call_that_gives_something_else_the_second_time_is_not_repeatable(results, told):
    left = list(results)
    message, (first,) = answer(call_of(lambda x, w, s: left.pop(0)))
    assert message.get("not_repeatable") == told
    np.testing.assert_array_equal(first, results[0])


def test_only_small_calls_are_made_twice():
    made = []
    call = call_of(lambda x, w, s: made.append(x.size) or x)
    answer(call)
    answer(call._replace(arrays={"input": np.zeros((1, 1, REPEATED_ELEMENTS)), "kernel": W}))
    assert made == [12, 12, REPEATED_ELEMENTS]


@pytest.mark.parametrize(("patience", "times"), [(-1.0, 1), (math.inf, 2)])
def test_a_call_that_takes_longer_than_the_patience_of_its_entry_point_is_made_once(patience, times):
    made = []
    entry = windowed("f", (1,), "docs", patience=patience, call=lambda x, w, s: made.append(1) or x)
    answer(call_of(None)._replace(entry=entry))
    assert made == [1] * times


def test_what_computes_is_told_where_a_version_says_it_and_is_never_needed():
    told, silent = (SimpleNamespace(NAME="n", ENTRY_POINTS=(), about=about) for about in (lambda: {"BLAS": "b"}, cv2_4))
    assert hello(told, "1.0")["environment"]["BLAS"] == "b"
    assert set(hello(silent, "1.0")["environment"]) == {"python", "numpy"}


@pytest.mark.parametrize(
    ("taken", "instructions"),
    [({"baseline": ["X86_V2"]}, "X86_V2"), ({"baseline": ["X86_V2"], "found": ["X86_V3"]}, "X86_V2 X86_V3")],
)
def test_numpy_tells_its_blas_where_it_takes_nothing_beyond_its_baseline(monkeypatch, taken, instructions):
    """With NPY_DISABLE_CPU_FEATURES of all that it dispatches, NumPy leaves `found` out."""
    build = {"Build Dependencies": {"blas": {"name": "b", "version": "1"}}, "SIMD Extensions": taken}
    monkeypatch.setattr(np, "show_config", lambda mode: build)
    assert numpy_backend.about() == {"BLAS": "b 1", "instructions": instructions}


def cv2_4():
    raise AttributeError("this version does not say")


def test_answers_are_given_as_soon_as_they_are_there():
    made = []
    answers = answer_each([call_of(lambda x, w, s, n=n: made.append(n) or x) for n in range(3)])
    assert made == []
    next(answers)
    assert set(made) == {0}


def test_calls_get_their_own_arrays():
    entries = {entry.name: entry for entry in honest.ENTRY_POINTS}
    message, arrays = wire.read_message(io.BytesIO(request((X, W), (X + 1, W, np.ones(1)), (X + 2, W))))
    first, second, third = calls_of(message, arrays, entries)
    np.testing.assert_array_equal(second.arrays["bias"], np.ones(1))
    assert list(first.arrays) == ["input", "kernel"]
    assert third.arrays["input"][0, 0, 0] == 2
    assert third.settings["padding"] == "VALID"


def test_the_hello_names_versions_and_entry_points():
    found = hello(honest, "1.0")
    assert (found["hello"], found["backend"], found["version"]) == (wire.PROTOCOL, "honest", "1.0")
    assert set(found["environment"]) == {"python", "numpy"}
    assert [declared["name"] for declared in found["entry_points"]] == ["fake.honest"]


def test_a_worker_answers_every_call_of_every_request_in_order_and_ends_with_the_stream():
    code, replies = served("tests.fakes.honest", request((X, W), (X + 1, W)), request((X + 2, W)))
    assert wire.read_message(replies)[0]["backend"] == "honest"
    found = [wire.read_message(replies)[1][0][0, 0, 0] for _ in range(3)]
    assert found == [10, 17, 24]
    assert replies.read() == b""
    assert code == 0


@pytest.mark.parametrize("name", ["printing", "reading"])
def test_standard_streams_belong_to_the_protocol(name):
    _, replies = served(f"tests.fakes.{name}", *[request((X, W), entry=f"fake.{name}")] * 2)
    messages = [wire.read_message(replies)[0] for _ in range(3)]
    assert "hello" in messages[0]
    assert all("answered" in message for message in messages[1:])
    assert replies.read() == b""


@pytest.mark.parametrize(
    ("module", "reason"), [("tests.fakes.unavailable", "ImportError: libmood"), ("no.such", "No module")]
)
def test_a_backend_that_does_not_start_says_why(module, reason):
    code, replies = served(module)
    message, _ = wire.read_message(replies)
    assert reason in message["unavailable"]
    assert code == 0


def test_a_call_that_the_worker_cannot_read_is_its_own_fault_and_the_next_is_answered():
    _, replies = served("tests.fakes.honest", request((X, W), entry="fake.nobody"), request((X, W)))
    messages = [wire.read_message(replies)[0] for _ in range(3)]
    assert messages[1]["broken"].startswith("KeyError: 'fake.nobody' (worker/loop.py, line ")
    assert "answered" in messages[2]


def test_a_request_cut_short_gets_no_answer():
    whole = request((X, W))
    code, replies = served("tests.fakes.honest", whole[:-5])
    assert "hello" in wire.read_message(replies)[0]
    assert replies.read() == b""
    assert code == 0


def test_every_fake_that_serves_is_a_module_of_its_own_name():
    assert {fake.name for fake in FAKES.values()} == set(FAKES)

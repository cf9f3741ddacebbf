"""A user's own program or Python function as a backend; the variable HARNESS_PROGRAM says which (`own_programs`).

A program is started once for each call, without a shell. It finds input and kernel in files and leaves the output in a
third; it is told their names, and perhaps stride, dilation and padding, where its command line has the placeholders
{input} {kernel} {output} {stride} {dilation} {padding}. Files are .npy, .csv, or raw: the number of axes, the size of
each (int32), then the values in C order, all little-endian.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import shlex
import subprocess
import tempfile
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from harness.backends.program_words import FILES, OPTIONS, VARIABLE
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, Settings, Word, windowed
from harness.worker.tail import Tail

NAME = "program"
PATIENCE = 0.2
"""Seconds that a call may take to be made once more, to see whether it gives the same again."""
ENTRY_POINTS: Tuple[EntryPoint, ...] = ()


class ProgramError(RuntimeError):
    """The program did not give an output; the text says how it ended."""

    of_the_system = True


def start() -> str:
    """Makes the one entry point of what HARNESS_PROGRAM describes; raises what importing the user's module raises."""
    global ENTRY_POINTS, NAME
    about = json.loads(os.environ[VARIABLE])
    NAME = about["name"]
    function = _python(about["python"]) if "python" in about else None
    taken = options(about.get("command", "")) if function is None else _keywords(function)
    ENTRY_POINTS = (_entry(about, taken, function),)
    return "own"


def options(command: str) -> Sequence[str]:
    """The settings that a command line has placeholders for."""
    return [name for name in OPTIONS if "{%s}" % name in command]


def _entry(about: Mapping[str, Any], taken: Sequence[str], function: Any) -> EntryPoint:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
        told = {name: _told(getattr(s, name)) for name in taken}
        if function is not None:
            with system():
                return function(x, w, **told)
        return run(about, x, w, {name: _text(value) for name, value in told.items()})

    inputs, kernel, output = about["layouts"]
    return windowed(
        name=about["name"],
        ranks=(sum(letter in "DHW" for letter in inputs),),
        docs="",
        input=inputs,
        kernel=kernel,
        output=output,
        reversal=about["reversal"],
        words={word: Word(*own) for word, own in about["padding"].items()},
        explicit=about["explicit"],
        boundaries={"zero": "as it is"},
        stride="stride" in taken,
        dilation="dilation" in taken,
        dtypes=tuple(about["dtypes"]),
        note="a program of the user's own",
        patience=PATIENCE,
        call=call,
    )


def run(about: Mapping[str, Any], x: np.ndarray, w: np.ndarray, told: Mapping[str, str]) -> np.ndarray:
    """One call of the program. Raises ProgramError where it fails, takes too long or leaves no output to read."""
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        paths = {name: os.path.join(folder, "%s.%s" % (name, about["files"])) for name in ("input", "kernel", "output")}
        write, read = FORMATS[about["files"]]
        write(paths["input"], x)
        write(paths["kernel"], w)
        _start(_filled(about["command"], dict(paths, **told)), about["seconds"])
        try:
            return read(paths["output"], x.dtype)
        except FileNotFoundError:
            raise ProgramError(
                "the program ended well but wrote no output file; it is told its name as {output}"
            ) from None
        except (OSError, ValueError) as error:
            raise ProgramError("the output file cannot be read as %s: %s" % (about["files"], error)) from None


def _filled(command: str, values: Mapping[str, str]) -> List[str]:
    """The arguments of the command line, its placeholders replaced; split first, so that no value becomes two."""
    arguments = shlex.split(command)
    for name, value in values.items():
        arguments = [argument.replace("{%s}" % name, value) for argument in arguments]
    return arguments


def _start(arguments: List[str], seconds: float) -> None:
    try:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise ProgramError("%s could not be started: %s" % (arguments[0], error.strerror)) from None
    assert process.stdout
    told = Tail(process.stdout)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise ProgramError("%s gave no answer within %g s" % (arguments[0], seconds)) from None
    if code:
        told.thread.join(5.0)  # no longer: a child of the program may live on and hold the pipe
        raise ProgramError("%s ended with code %d: %s" % (arguments[0], code, told.text()[-500:] or "it said nothing"))


def _told(value: Any) -> Any:
    """A setting as a person writes it: one number where all axes have the same; a padding word as it is."""
    if value is None or isinstance(value, str):
        return value
    numbers = [each if isinstance(each, int) else each[0] for each in value]
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


def _python(place: str) -> Callable[..., Any]:
    """The function `module:function`, or `path/to/file.py:function`."""
    module, _, name = place.rpartition(":")
    if module.endswith(".py"):
        spec = importlib.util.spec_from_file_location("own_program", module)
        if spec is None or spec.loader is None:
            raise ImportError("%s is no Python file" % module)
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    else:
        loaded = importlib.import_module(module)
    function: Callable[..., Any] = getattr(loaded, name)
    return function


def _keywords(function: Callable[..., Any]) -> Sequence[str]:
    """The settings that a function has parameters for."""
    known = inspect.signature(function).parameters
    return [name for name in OPTIONS if name in known]


def _write_csv(path: str, array: np.ndarray) -> None:
    if array.ndim > 2 or array.dtype.kind == "c":
        raise ProgramError("a .csv file holds real numbers and two axes at most; use .npy or raw")
    rows = [",".join(map(_cell, row)) for row in np.atleast_2d(array).tolist()]
    with open(path, "w") as file:
        file.write("".join(row + "\n" for row in rows))


def _cell(value: Any) -> str:
    """The shortest digits that give the number back; what is none as C, Java and Python all read it."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), str(value))


def _read_csv(path: str, dtype: Any) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", ndmin=2).astype(dtype)


def _write_npy(path: str, array: np.ndarray) -> None:
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def _read_npy(path: str, dtype: Any) -> np.ndarray:
    array: np.ndarray = np.load(path, allow_pickle=False)
    return array


def _write_raw(path: str, array: np.ndarray) -> None:
    with open(path, "wb") as file:
        file.write(np.array((array.ndim,) + array.shape, "<i4").tobytes())
        file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())


def _read_raw(path: str, dtype: Any) -> np.ndarray:
    with open(path, "rb") as file:
        data = file.read()
    rank = int(np.frombuffer(data, "<i4", 1)[0])
    if not 0 < rank <= 5:
        raise ValueError("it begins with %d, expected the number of axes (int32)" % rank)
    shape = np.frombuffer(data, "<i4", rank, 4)
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<"), offset=4 + 4 * rank).reshape(shape).astype(dtype)


_WAYS = ((_write_npy, _read_npy), (_write_csv, _read_csv), (_write_raw, _read_raw))
FORMATS: Dict[str, Tuple[Callable[[str, np.ndarray], None], Callable[[str, Any], np.ndarray]]] = dict(zip(FILES, _WAYS))

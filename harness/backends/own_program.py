"""A user's own program or Python function as a backend; the variable HARNESS_PROGRAM says which (`own_programs`).

A program is started once for each call, without a shell. It finds input and kernel in files and leaves the output in a
third; it is told their names, and perhaps that of a bias, stride, dilation, padding and groups, where its command line
has the placeholders {input} {kernel} {output} {bias} {stride} {dilation} {padding} {groups}. Files are .npy, .csv, or
raw: the number of axes, the size of each (int32), then the values in C order, all little-endian.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends import own_arrays, own_function
from harness.backends.own_function import Parameters
from harness.backends.program_words import FILES, OPTIONS, OWN, VARIABLE, VERSION
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, Settings, Word, windowed
from harness.worker.loop import Declined
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
    function = own_function.loaded(about["python"]) if "python" in about else None
    ENTRY_POINTS = (entry(about, function),)
    return VERSION


def options(command: str) -> Sequence[str]:
    """The settings that a command line has placeholders for."""
    return [name for name in OPTIONS if "{%s}" % name in command]


def entry(about: Mapping[str, Any], function: Optional[Callable[..., Any]] = None) -> EntryPoint:
    """The entry point of a program, or of a function. Raises NotUnderstood where a function cannot be called."""
    inputs, kernel, output = about["layouts"]
    words: Mapping[str, Word] = {word: Word(*own) for word, own in about["padding"].items()}
    explicit, rest, adapted = about["explicit"], "", None
    if function is None:
        taken = Parameters({name: name for name in options(about["command"])}, {})
    else:
        taken, adapted = own_function.parameters(function), own_arrays.adapted(function)
        if explicit == "no":
            words, explicit = own_function.padding(taken, words)
        own_function.demand(taken, about)
        rest = "; left at its default: " + ", ".join(taken.rest) if taken.rest else ""
        rest += own_function.told_otherwise(taken)

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
        if adapted is not None:
            with system():
                return own_function.call(adapted, taken, inputs, x, w, s, kernel)
        return run(about, x, w, s)

    return windowed(
        name=about["name"],
        ranks=(sum(letter in "DHW" for letter in inputs),),
        docs="",
        input=inputs,
        kernel=kernel,
        output=output,
        reversal=about["reversal"],
        words=words,
        explicit=explicit,
        boundaries={"zero": "as it is"},
        stride="stride" in taken.names,
        dilation="dilation" in taken.names,
        uneven_strides=function is None or own_function.each_axis(taken, "stride"),
        groups=about.get("groups", "any" if "groups" in taken.names else "one"),
        bias=about.get("bias", "bias" in taken.names),
        dtypes=tuple(about["dtypes"]),
        algorithm="any",
        note=OWN + rest,
        patience=PATIENCE,
        call=call,
    )


def run(about: Mapping[str, Any], x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """One call of the program. Raises ProgramError where it fails, takes too long or leaves no output to read.

    Numbers in text have no dtype: of those that nobody declared it is the reading that would be measured.
    """
    for array in (x, w):
        if about["files"] == "csv" and str(array.dtype) not in about["dtypes"]:
            raise Declined("a .csv file does not say that its numbers are %s" % array.dtype)
    told = {name: _text(getattr(s, name)) for name in options(about["command"]) if name != "bias"}
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        write, read = FORMATS[about["files"]]

        def path(name: str) -> str:
            return os.path.join(folder, "%s.%s" % (name, about["files"]))

        bias = np.zeros(w.shape[about["layouts"][1].find("O")] if "O" in about["layouts"][1] else 1, w.dtype)
        arrays = {"input": x, "kernel": w, "bias": bias if s.bias is None else s.bias}
        for name, array in arrays.items():
            write(path(name), array)
        paths = {name: path(name) for name in (*arrays, "output")}
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


def _text(value: Any) -> str:
    """A setting as a command line has it: one number where all axes have the same, else `2,3`; a word as it is."""
    if value is None or isinstance(value, (str, int)):
        return "" if value is None else str(value)
    numbers = [each if isinstance(each, int) else each[0] for each in value]
    return ",".join(map(str, numbers if len(set(numbers)) > 1 else numbers[:1]))


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
    found: np.ndarray = np.loadtxt(path, delimiter=",", ndmin=2)
    with np.errstate(invalid="ignore"):
        cast = found.astype(dtype)
    return cast if cast.dtype.kind == "f" or np.array_equal(cast, found) else found


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

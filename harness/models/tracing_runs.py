"""A model run once by its own framework, in a worker of that, and what it left behind as a trace.

Nothing of the model is loaded or executed in this process: the worker reads the files, runs them and writes the trace.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.backends import TABLE, Backend
from harness.ending import Mistake
from harness.grammar import files, prototxt
from harness.grammar.document import printable, shortened
from harness.output import naming
from harness.parent.process import Unavailable, Worker, WorkerDied
from harness.parent.worker_limits import Limits
from harness.systems.selection import MissingBackend
from harness.worker.archive import DESCRIPTION

SECONDS = 3600.0
"""That a model may take: a large one on a busy machine takes minutes."""
SUFFIXES = {
    ".onnx": ("onnxruntime", "onnx_trace"),
    ".pt2": ("torch", "torch_trace"),
    ".keras": ("keras", "keras_trace"),
    ".h5": ("keras", "keras_trace"),
    ".hdf5": ("keras", "keras_trace"),
    ".prototxt": ("caffe", "pycaffe_trace"),
    ".caffemodel": ("caffe", "pycaffe_trace"),
}
"""Suffix of a model -> the backend that runs it, and the module that traces it there."""
DEFINITION = ".prototxt"
WITHOUT_CAFFE = ("opencv", "opencv_trace")
"""What reads Caffe's format where Caffe itself is not there."""
PREFIXES = {"torch": ("torch", "torch_trace"), "jax": ("jax", "jax_trace")}
"""What stands before a place in a user's module, as `torch:net.py:make`."""
NOISE = re.compile(r"\s*(\*\*\*|@ )")
"""What stands behind the reason where a program aborts: a mark, and the addresses of its functions."""
LONGEST = 600
"""Characters of what a framework says that are shown."""
FOLDER = "saved_model.pb"
"""The file that makes a folder a model of TensorFlow."""
EXPECTED = (
    "expected model.onnx, torch:file.py:function, program.pt2, model.keras, model.h5, a folder with saved_model.pb, "
    "net.prototxt net.caffemodel, or jax:file.py:function"
)


class TraceError(Mistake):
    """A model that cannot be traced; the text says why and what to do."""


@dataclass(frozen=True)
class Source:
    """A model. files: where it is; said: as the user named it. backend, module: what traces it."""

    files: tuple[str, ...]
    said: str
    backend: Backend
    module: str


def source(given: Sequence[str]) -> Source:
    """The model that a user names. Raises TraceError for what is none, or is not there."""
    backend, module = _tracer(given)
    if backend == "caffe" and TABLE[backend].missing():
        backend, module = WITHOUT_CAFFE
    places = tuple(given if given[0].partition(":")[0] in PREFIXES else map(os.path.abspath, _ordered(given)))
    return Source(places, " ".join(given), TABLE[backend], f"harness.backends.tracing.{module}")


def _ordered(given: Sequence[str]) -> list[str]:
    """A definition before its weights."""
    return sorted(given, key=lambda name: Path(name).suffix.lower() != DEFINITION)


def _tracer(given: Sequence[str]) -> tuple[str, str]:
    prefix, _, place = given[0].partition(":")
    if prefix in PREFIXES and len(given) == 1:
        if not all(place.rpartition(":")[::2]):
            raise TraceError(f"{given[0]}: expected {prefix}:file.py:function, or {prefix}:module:function")
        return PREFIXES[prefix]
    for name in given:
        if not Path(name).exists():
            raise TraceError(f"{name}: no such file; {EXPECTED}")
    if (Path(given[0]) / FOLDER).is_file() and len(given) == 1:
        return "tensorflow", "saved_model_trace"
    found = {SUFFIXES.get(Path(name).suffix.lower()) for name in given}
    one = found.pop() if len(found) == 1 else None
    if one is None or (len(given) == 2) != (one[0] == "caffe"):
        raise TraceError(f"{' '.join(given)}: not a model that is traced; {EXPECTED}")
    return one


def traced(model: Source, inputs: Mapping[str, np.ndarray], out: Path, layers: Sequence[str]) -> dict[str, int]:
    """Runs the model on its inputs and writes the trace to `out`; how many layers and arrays it has.

    inputs: by name, "" for one without. Raises MissingBackend, TraceError, OSError.
    """
    if why := model.backend.missing():
        raise MissingBackend(f"{model.said} is traced by {model.backend.name}, which is not available: {why}")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    message: dict[str, Any] = {
        "source": model.files,
        "said": model.said,
        "inputs": list(inputs),
        "layers": list(layers),
    }
    weights = _of_caffe(model.files) if len(model.files) == 2 else {}
    message |= {"definition": _definition(model.files[0]), "weights": list(weights)} if weights else {}
    with naming(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            reply = _asked(model, {**message, "out": os.path.abspath(part)}, [*inputs.values(), *weights.values()])
            if "traced" not in reply:
                raise TraceError(f"{model.said}: {_fault(reply)}")
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    found: dict[str, int] = reply["traced"]
    return found


def _definition(path: str) -> dict[str, Any]:
    """The fields of a definition, as JSON. Raises TraceError where it is none."""
    try:
        return _plain(prototxt.network(Path(path).read_text("utf-8-sig")))
    except (prototxt.DefinitionError, UnicodeDecodeError) as problem:
        raise TraceError(f"{Path(path).name}: {problem}") from None


def _plain(message: prototxt.Message) -> dict[str, Any]:
    return {
        name: [_plain(each) if isinstance(each, prototxt.Message) else each.text for each in values]
        for name, values in message.fields.items()
    }


def _of_caffe(paths: Sequence[str]) -> dict[str, np.ndarray]:
    """The weights of a network, which come beside its definition."""
    with files.opened(Path(paths[1])) as held:
        return {name: stored.taken() for name, stored in held.items()}


def _asked(model: Source, message: Mapping[str, object], arrays: Sequence[np.ndarray]) -> dict[str, Any]:
    worker = Worker(_Tracing(model), Limits(call=SECONDS))
    try:
        worker.greeted()
        return worker.answered(message, arrays)
    except Unavailable as reason:
        raise MissingBackend(f"{model.backend.name} cannot be started: {reason}") from None
    except WorkerDied as death:
        said = [line for line in worker.errors.text().splitlines() if not NOISE.match(line)][-1:]
        told = printable(shortened(": ".join([f"{model.backend.name} {death}", *said]), LONGEST))
        raise TraceError(f"{model.said}: {told}") from None
    finally:
        worker.stop()


def _fault(reply: Mapping[str, object]) -> str:
    if "wrong" in reply:
        return str(reply["wrong"])
    if "broken" in reply:
        return f"the harness itself failed, which says nothing of the model: {reply['broken']}"
    said = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(reply.get("message"))).split())
    return printable(shortened(f"the framework raised {reply.get('raised')}: {said}", LONGEST))


class _Tracing:
    """The backend of a model, as what starts a worker that traces."""

    def __init__(self, model: Source) -> None:
        self._backend = replace(model.backend, module=model.module)
        self.name = model.backend.name

    def missing(self) -> str | None:
        return self._backend.missing()

    def command(self) -> list[str]:
        return [*self._backend.command(), "trace"]

    def environ(self) -> Mapping[str, str]:
        return self._backend.environ()

    def fallback(self) -> None:
        return None

    def recited(self) -> str:
        return ""


def is_trace(path: Path) -> bool:
    """Whether there is a trace at `path`, which a new one may replace."""
    try:
        with zipfile.ZipFile(path) as archive:
            return DESCRIPTION in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False

"""A worker that traces models, one after another: `python -m harness.worker MODULE trace`.

    worker -> {"hello": 2, "version": ...} or {"hello": 2, "unavailable": reason}, and it ends
    parent -> {"source": [file, ...], "said": as the user named it, "inputs": [name, ...], "layers": [pattern, ...],
               "out": file} and an array for each input, named "" where the user gave no name; for a network of Caffe
               also {"definition": fields, "weights": [name, ...]}, as read, and an array for each of these
    worker -> {"traced": {"layers": count, "arrays": count}} with the trace in `out`
           or {"wrong": text}, where what the user gave does not do
           or {"raised": type, "message": text}, what the framework, or the user's own code, raised
           or {"broken": text}, where the worker itself failed

MODULE has `start() -> system and version`, and `trace(request, recording) -> (inputs, outputs)`, names of arrays.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

import numpy as np

from harness.worker import wire
from harness.worker.archive import Archive
from harness.worker.blame import own_fault
from harness.worker.loop import begun, started
from harness.worker.recording import Recording


class Wrong(Exception):
    """What the user gave does not do; the text says why, and what to do."""


class Request:
    """What is to be traced.

    source: files, or a place in a module. inputs: arrays by name, "" where it has none. definition, weights: of a
    network of Caffe.
    """

    def __init__(self, message: Mapping[str, Any], arrays: List[np.ndarray]) -> None:
        self.source: List[str] = message["source"]
        self.inputs: Dict[str, np.ndarray] = dict(zip(message["inputs"], arrays))
        self.definition: Mapping[str, Any] = message.get("definition", {})
        self.weights: Dict[str, np.ndarray] = dict(zip(message.get("weights", ()), arrays[len(self.inputs) :]))

    def placed(self, names: List[str]) -> Dict[str, np.ndarray]:
        """The inputs by the names that the model has for them; one without a name goes in at the first place.

        Raises Wrong where they do not fit.
        """
        given = dict(self.inputs)
        if "" in given and names:
            given = {names[0]: given.pop(""), **given}
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or missing:
            said = "; ".join(
                ["no input %r" % name for name in unknown] + ["input %r is missing" % name for name in missing]
            )
            raise Wrong("%s; the model's inputs are %s, give each as --input NAME=FILE" % (said, ", ".join(names)))
        return {name: given[name] for name in names}


def main(module_name: str) -> None:
    """Traces models, as the parent says, until it closes its end."""
    requests, replies = begun()
    ready = started(module_name, replies)
    if ready is None:
        return
    module, version = ready
    wire.write_message(replies, {"hello": wire.PROTOCOL, "version": version})
    while True:
        try:
            message, arrays = wire.read_message(requests)
        except EOFError:
            return
        wire.write_message(replies, _traced(module, version, message, arrays))


def _traced(module: Any, version: str, message: Mapping[str, Any], arrays: List[np.ndarray]) -> Dict[str, Any]:
    try:
        with Archive(message["out"]) as archive:
            recording = Recording(archive, message["said"], version, message["layers"])
            inputs, outputs = module.trace(Request(message, arrays), recording)
            return {"traced": recording.write(inputs, outputs)}
    except Wrong as wrong:
        return {"wrong": str(wrong)}
    except Exception as error:  # the framework's, or of the user's own code
        fault = own_fault(error)
        return {"broken": fault} if fault else {"raised": type(error).__name__, "message": str(error)[:4000]}


Ends = Tuple[List[str], List[str]]
"""Names of the arrays that are a model's inputs and outputs."""

"""TensorFlow: the graph of a SavedModel's signature, with its variables in it, run without any rewriting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

import numpy as np

from harness.backends.tracing import tensorflow_operations as operations
from harness.backends.tracing.tensorflow_operations import Given
from harness.worker.blame import system
from harness.worker.recording import Recording
from harness.worker.tracer import Ends, Request, Wrong

if TYPE_CHECKING:
    import tensorflow

USUAL = "serving_default"
SKIPPED = ("Placeholder", "Const", "NoOp", "Identity", "StopGradient", "ReadVariableOp")
"""Operations that are no layers: they hold numbers, or hand them on."""
AT_ONCE = 32
"""Tensors that are computed in one run, so that not all are in memory together."""


def start() -> str:
    global tensorflow
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow

    return "tensorflow %s" % tensorflow.__version__


def trace(request: Request, recording: Recording) -> Ends:
    with system():
        loaded = tensorflow.saved_model.load(request.source[0])  # which owns the variables
        signatures = loaded.signatures
        if not signatures:
            raise Wrong("the SavedModel has no signature; save it with signatures, or a Keras model as .keras")
        name = USUAL if USUAL in signatures else sorted(signatures)[0]
        function = _frozen(signatures[name])
    names = sorted(signatures[name].structured_input_signature[1])
    run = _Run(function.graph, recording, _fed(function, request.placed(names)))
    layers = [each for each in function.graph.get_operations() if each.type not in SKIPPED and each.outputs]
    named = [(recording.unique(_short(each.name)), each) for each in layers]
    wanted = [(name, each) for name, each in named if recording.wants(name)]
    ends = [each for each in function.outputs if _holds_numbers(each)]
    run.keep_all([tensor for _, each in wanted for tensor in (*each.inputs, *each.outputs)] + ends)
    for name, each in wanted:
        run.record(name, each)
    inputs = [run.array(tensor) for tensor in function.inputs if _source(tensor).name in run.fed]
    return inputs, [run.array(each) for each in ends]


def _frozen(signature: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(signature, lower_control_flow=False)


def _fed(function: Any, given: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """The inputs by the names of their tensors, in the dtypes that the graph says."""
    found = {}
    for tensor in function.inputs:
        values = given.get(tensor.name.partition(":")[0])
        if values is not None:
            if not tensor.shape.is_compatible_with(values.shape):
                raise Wrong(
                    "input %r has shape %s; the model takes %s" % (tensor.op.name, values.shape, tuple(tensor.shape))
                )
            found[tensor.name] = values.astype(tensor.dtype.as_numpy_dtype)
    return found


def _short(name: str) -> str:
    """The name of an operation without the calls around it."""
    parts = [each for each in name.split("/") if "PartitionedCall" not in each]
    return ".".join(parts) or name


def _source(tensor: Any) -> Any:
    """The tensor that an identity hands on."""
    while tensor.op.type in ("Identity", "StopGradient", "ReadVariableOp") and tensor.op.inputs:
        tensor = tensor.op.inputs[0]
    return tensor


class _Run:
    """A graph and the tensors of it that were written. fed: inputs by the names of their tensors."""

    def __init__(self, graph: Any, recording: Recording, fed: Dict[str, np.ndarray]) -> None:
        self._recording, self.fed = recording, fed
        self._arrays: Dict[str, str] = {}
        self._shapes: Dict[str, Any] = {}
        self._session = tensorflow.compat.v1.Session(graph=graph, config=_unchanged())
        for name, values in fed.items():
            self._keep(name, "in/" + name.partition(":")[0], values)

    def _keep(self, name: str, place: str, values: Any) -> None:
        self._arrays[name] = self._recording.keep(place, values)
        self._shapes[name] = np.shape(values)

    def array(self, tensor: Any) -> str:
        return self._arrays.get(_source(tensor).name, "")

    def keep_all(self, tensors: Sequence[Any]) -> None:
        """Computes the tensors and writes them, some at a time."""
        sources = {each.name: each for each in map(_source, tensors) if each.name not in self.fed}
        held = [
            each for each in sources.values() if each.dtype.is_floating or each.dtype.is_integer or each.dtype.is_bool
        ]
        for start in range(0, len(held), AT_ONCE):
            part = held[start : start + AT_ONCE]
            with system():
                found = self._session.run(part, self.fed)
            for tensor, values in zip(part, found):
                kind = "par/" if tensor.op.type == "Const" else "out/"
                index = "" if len(tensor.op.outputs) == 1 else ".%d" % tensor.value_index
                self._keep(tensor.name, kind + _short(tensor.op.name) + index, values)

    def record(self, name: str, operation: Any) -> None:
        """Takes down an operation: what is computed is an input, what the graph holds a parameter."""
        sources = [_source(each) for each in operation.inputs]
        held = [each.op.type == "Const" for each in sources]
        shapes = [self._shapes.get(each.name, ()) for each in sources]
        values = [tensorflow.make_ndarray(s.op.get_attr("value")) if h else None for s, h in zip(sources, held)]
        made = self._shapes.get(operation.outputs[0].name, ())
        meaning, roles = operations.meaning(Given(operation, shapes, values, made))
        names = [self._arrays.get(each.name, "") for each in sources]
        if meaning.operation is None:
            roles = {at: "input_%d" % at for at, each in enumerate(held) if each}
        parameters = {role: self._reshaped(names[at], role, meaning, values[at]) for at, role in roles.items() if role}
        inputs = [each for at, each in enumerate(names) if at not in roles and not held[at]]
        outputs = [self._arrays.get(each.name, "") for each in operation.outputs]
        self._recording.layer(
            name, "tf.raw_ops." + operation.type, inputs, _first(outputs, meaning), parameters, meaning
        )

    def _reshaped(self, name: str, role: str, meaning: Any, values: Any) -> str:
        """A kernel of several outputs a channel, as a case reads it: [..., C, M] as [..., 1, C M]."""
        letters = meaning.roles.get(role, "")
        if role != "kernel" or not letters.endswith("IO") or not meaning.settings.get("groups") or values is None:
            return name
        return self._recording.keep(name + ".grouped", values.reshape((*values.shape[:-2], 1, -1)))


def _holds_numbers(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool)


def _first(outputs: List[str], meaning: Any) -> List[str]:
    """Of an operation that is known, its result: what else it gives is for training."""
    return outputs if meaning.operation is None else outputs[:1]


def _unchanged() -> Any:
    """A session that fuses and folds nothing."""
    config = tensorflow.compat.v1.ConfigProto()
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config

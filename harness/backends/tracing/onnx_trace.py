"""ONNX: every tensor of a graph, as ONNX Runtime computes it without optimizations, and what its operators say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

import numpy as np

from harness.backends.tracing import onnx_operators
from harness.backends.tracing.onnx_node import Given
from harness.worker.blame import system
from harness.worker.recording import Recording
from harness.worker.tracer import Ends, Request, Wrong

if TYPE_CHECKING:
    import onnx
    import onnxruntime

AT_ONCE = 2**26
"""Numbers of tensors that are computed in one run: more than these are not in memory together, but for the largest."""
UNKNOWN = 2**22
"""Numbers that a tensor is taken to have whose shape the graph does not say."""


def start() -> str:
    global onnx, onnxruntime
    import onnx
    import onnx.numpy_helper
    import onnx.shape_inference
    import onnxruntime

    return "onnxruntime %s" % onnxruntime.__version__


def trace(request: Request, recording: Recording) -> Ends:
    model = onnx.load(request.source[0])
    run = _Run(model, recording, request)
    nodes = [node for node in model.graph.node if not {*node.output} & {*run.constants}]
    for node in nodes:
        if any(attribute.type in (attribute.GRAPH, attribute.GRAPHS) for attribute in node.attribute):
            recording.remark(
                "%s: what is inside of this %s is not traced" % (node.name or node.output[0], node.op_type)
            )
    named = [(recording.unique(node.name.strip("/").replace("/", ".") or node.output[0]), node) for node in nodes]
    wanted = [(name, node) for name, node in named if recording.wants(name)]
    run.keep_all([each for _, node in wanted for each in (*node.input, *node.output)] + run.outputs)
    for name, node in wanted:
        run.record(name, node)
    return [run.arrays[name] for name in run.fed], [run.arrays[name] for name in run.outputs]


class _Run:
    """A model and its tensors. arrays: those that were written, by the names that the model has for them."""

    def __init__(self, model: Any, recording: Recording, request: Request) -> None:
        graph = model.graph
        self.recording, self.model = recording, model
        self.constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = _constant(node)
        self._static = _static(graph, {*self.constants})
        self.fed = [each.name for each in graph.input if each.name not in self.constants]
        self.inputs = _typed(graph, request.placed(self.fed))
        self.outputs = [each.name for each in graph.output]
        self.opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)
        self.arrays: Dict[str, str] = {}
        self.shapes: Dict[str, Tuple[int, ...]] = {}
        for name, values in self.inputs.items():
            self._keep(name, "in/", values)
        if self._static:
            self.constants.update(zip(self._static, self._computed(self._static)))

    def _keep(self, name: str, kind: str, values: Any) -> None:
        self.shapes[name] = np.shape(values)
        self.arrays[name] = self.recording.keep(self.recording.unique(kind + name.strip("/")), values)

    def keep_all(self, names: Sequence[str]) -> None:
        """Computes the tensors and writes them, a part of them at a time."""
        made = {output for node in self.model.graph.node for output in node.output if output}
        wanted = [name for name in dict.fromkeys(names) if name in made and name not in self.constants]
        for names_now in _parts(wanted, _sizes(self.model)):
            for name, values in zip(names_now, self._computed(names_now)):
                self._keep(name, "out/", values)
        for name in names:
            if name in self.constants and name not in self.arrays:
                self._keep(name, "par/", self.constants[name])

    def _computed(self, names: Sequence[str]) -> Sequence[np.ndarray]:
        """These tensors, by a session that gives them as outputs."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        del model.graph.output[:]
        model.graph.output.extend([onnx.ValueInfoProto(name=name) for name in names])
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        with system():
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
            found: Sequence[np.ndarray] = session.run(list(names), self.inputs)
        return found

    def record(self, name: str, node: Any) -> None:
        """Takes down a node: what is computed is an input, what the file holds a parameter."""
        given = Given(node, self.opset, self.shapes, self.constants, _attributes(node))
        meaning, roles = onnx_operators.meaning(given)
        inputs, parameters = [], {}
        for index, each in enumerate(node.input):
            if roles.get(index) == "slope":
                vector = self.constants[each].ravel()  # which stands in the place of the channels
                parameters["slope"] = self.recording.keep(self.arrays[each] + ".slope", vector)
            elif each and index in roles:
                parameters[roles[index]] = self.arrays[each]
            elif each in self.constants and meaning.operation is None:
                parameters["input_%d" % index] = self.arrays[each]
            elif each and each not in self.constants:
                inputs.append(self.arrays[each])
        outputs = [self.arrays.get(each, "") for each in node.output if each]
        if node.op_type == "BatchNormalization" and given.attributes.get("training_mode"):
            self.recording.remark("layer %r is in training mode: it computes its statistics of the batch" % name)
        self.recording.layer(name, "onnx.%s" % node.op_type, inputs, outputs, parameters, meaning)


def _static(graph: Any, constants: Set[str]) -> List[str]:
    """Tensors that are computed of constants and shapes alone, whatever the input holds: they are no layers."""
    found: List[str] = []
    known = {*constants, ""}
    for node in graph.node:
        inner = any(attribute.type in (attribute.GRAPH, attribute.GRAPHS) for attribute in node.attribute)
        if node.op_type == "Shape" or (node.input and not inner and {*node.input} <= known):
            fresh = [each for each in node.output if each and each not in known]
            found += fresh
            known |= {*fresh}
    return [each for each in found if each not in {output.name for output in graph.output}]


def _constant(node: Any) -> np.ndarray:
    """The value of a Constant node, in whichever attribute it stands."""
    value = onnx.helper.get_attribute_value(node.attribute[0])
    return np.asarray(onnx.numpy_helper.to_array(value) if hasattr(value, "data_type") else value)


def _attributes(node: Any) -> Dict[str, Any]:
    found = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    return {name: each.decode() if isinstance(each, bytes) else each for name, each in found.items()}


def _typed(graph: Any, inputs: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """The inputs in the dtypes that the graph says. Raises Wrong for other numbers of axes or other lengths."""
    return {each.name: _fitted(each, inputs[each.name]) for each in graph.input if each.name in inputs}


def _fitted(told: Any, values: np.ndarray) -> np.ndarray:
    kind = told.type.tensor_type
    shape = [each.dim_value or None for each in kind.shape.dim] if kind.HasField("shape") else None
    fits = shape is None or len(shape) == values.ndim
    if not fits or any(size not in (None, found) for size, found in zip(shape or (), values.shape)):
        raise Wrong("input %r has shape %s; the model takes %s" % (told.name, values.shape, shape))
    return values.astype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type), copy=False)


def _sizes(model: Any) -> Dict[str, int]:
    """How many numbers each tensor has, as far as the graph says."""
    try:
        inferred = onnx.shape_inference.infer_shapes(model)
    except Exception:  # no shape is needed: the tensors themselves have one
        return {}
    told = [each for each in inferred.graph.value_info if all(d.dim_value for d in each.type.tensor_type.shape.dim)]
    return {each.name: int(np.prod([d.dim_value for d in each.type.tensor_type.shape.dim])) for each in told}


def _parts(names: Sequence[str], sizes: Mapping[str, int]) -> Iterator[List[str]]:
    part: List[str] = []
    total = 0
    for name in names:
        size = sizes.get(name, UNKNOWN)
        if part and total + size > AT_ONCE:
            yield part
            part, total = [], 0
        part.append(name)
        total += size
    if part:
        yield part

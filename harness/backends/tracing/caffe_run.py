"""A network of Caffe that is taken down layer by layer, whichever program runs it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from harness.backends.tracing import caffe_layers
from harness.backends.tracing.caffe_layers import Fields
from harness.worker.recording import Recording
from harness.worker.tracer import Request, Wrong

SOURCES = ("Input", "Data", "DummyData", "ImageData", "HDF5Data", "MemoryData", "Python")
"""Types of layers that take nothing: what they give is the input."""
KINDS = {
    "CONVOLUTION": "Convolution",
    "DECONVOLUTION": "Deconvolution",
    "POOLING": "Pooling",
    "LRN": "LRN",
    "INNER_PRODUCT": "InnerProduct",
    "RELU": "ReLU",
    "SOFTMAX": "Softmax",
    "SIGMOID": "Sigmoid",
    "TANH": "TanH",
    "CONCAT": "Concat",
    "DROPOUT": "Dropout",
    "ELTWISE": "Eltwise",
    "FLATTEN": "Flatten",
    "ABSVAL": "AbsVal",
}
"""Types of the older form, and what they are called today."""


class Network:
    """A definition: its layers in the phase TEST. inputs: blobs that are fed."""

    def __init__(self, request: Request) -> None:
        definition = Fields(request.definition)
        every = [_Layer(each) for each in definition.all("layer") + definition.all("layers")]
        self.layers = [each for each in every if each.bottoms and each.tested]
        made = [top for each in every if not each.bottoms and each.tested for top in each.tops]
        self.inputs = definition.texts("input") + made
        self._demand_makers(request)
        self.given = request.placed([name for name in self.inputs if name in self._taken()])

    def _demand_makers(self, request: Request) -> None:
        """Raises Wrong where a layer takes a blob that nothing makes, as in a part of a definition."""
        made = {*self.inputs, *(top for each in self.layers for top in each.tops)}
        for name in (each for each in self._taken() if each not in made):
            sizes = next((each.shape for each in request.inputs.values()), ())
            shape = " ".join("dim: %d" % size for size in sizes) or "dim: ..."
            raise Wrong(
                'nothing makes the blob %r; add `input: "%s" input_shape { %s }` above the layers' % (name, name, shape)
            )

    def _taken(self) -> Sequence[str]:
        return [name for each in self.layers for name in each.bottoms]


class _Layer:
    """A layer of a definition."""

    def __init__(self, fields: Fields) -> None:
        self.fields, self.name = fields, fields.text("name")
        self.kind = KINDS.get(fields.text("type"), fields.text("type"))
        self.bottoms, self.tops = fields.texts("bottom"), fields.texts("top")
        self.tested = self._in_phase(fields)

    def _in_phase(self, fields: Fields) -> bool:
        """Whether the layer is there when a network is tested."""
        said = [each.text("phase") for each in fields.all("include") if each.text("phase")]
        left_out = [each.text("phase") for each in fields.all("exclude")]
        return (not said or "TEST" in said) and "TEST" not in left_out


class Run:
    """Takes down layers as they are run. blobs: name of a blob -> the array that it holds now."""

    def __init__(self, network: Network, recording: Recording, weights: Dict[str, List[np.ndarray]]) -> None:
        self._recording, self._weights = recording, weights
        self._blobs: Dict[str, Tuple[str, np.ndarray]] = {}
        for name, values in network.given.items():
            self._blobs[name] = "in/" + name, np.array(values, np.float32)
            recording.keep(*self._blobs[name])

    def take(self, layer: _Layer, made: Sequence[np.ndarray]) -> None:
        """Takes down a layer and what it made; one that hands its input on is none."""
        inputs = [self._blobs[name] for name in layer.bottoms if name in self._blobs]
        if layer.kind in ("Split", "Dropout", "Silence") and inputs:
            self._blobs.update(dict.fromkeys(layer.tops, inputs[0]))
            return
        name = self._recording.unique(layer.name)
        places = ["out/" + name] if len(made) == 1 else ["out/%s.%d" % (name, at) for at in range(len(made))]
        self._blobs.update({top: (place, values) for top, place, values in zip(layer.tops, places, made)})
        if not self._recording.wants(name):
            return
        blobs = self._weights.get(layer.name, [])
        shape = inputs[0][1].shape if inputs else ()
        meaning, roles = caffe_layers.meaning(layer.kind, layer.fields, blobs, shape, made[0].shape)
        parameters = {role: self._recording.keep("par/%s.%s" % (name, role), each) for role, each in roles.items()}
        taken = [self._recording.keep(*each) for each in inputs]
        outputs = [self._recording.keep(place, values) for place, values in zip(places, made)]
        if layer.kind == "BatchNorm" and len(blobs) == 3 and not blobs[2].any():
            self._recording.remark("%s: its third blob is 0, so that mean and variance are taken as 0" % layer.name)
        self._recording.layer(name, "caffe." + layer.kind, taken, outputs, parameters, meaning)

    def ends(self, network: Network) -> Tuple[List[str], List[str]]:
        """Inputs and outputs: blobs that no later layer takes."""
        taken = {name for each in network.layers for name in each.bottoms if name not in each.tops}
        last = [top for each in network.layers for top in each.tops if top not in taken and top in self._blobs]
        inputs = [self._recording.keep(*self._fed(name, network)) for name in network.given]
        return inputs, [self._recording.keep(*self._blobs[name]) for name in dict.fromkeys(last)]

    def _fed(self, name: str, network: Network) -> Tuple[str, Any]:
        return "in/" + name, network.given[name]


def weights(request: Request) -> Dict[str, List[np.ndarray]]:
    """The blobs of each layer, in their order."""
    found: Dict[str, List[np.ndarray]] = {}
    for name, values in request.weights.items():
        found.setdefault(name.rpartition("/")[0], []).append(values)
    return found


def demand_shapes(network: Network, shapes: Iterator[Tuple[str, Sequence[int]]]) -> None:
    """Raises Wrong where an input has another number of axes than the definition says."""
    for name, shape in shapes:
        if name in network.given and len(shape) != network.given[name].ndim:
            raise Wrong("input %r has shape %s; the model takes %s" % (name, network.given[name].shape, tuple(shape)))

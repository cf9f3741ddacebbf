"""Keras 3: a saved model called once with `training=False`, while every layer that is called is taken down.

Layers within layers are seen, too; a model within is only a part of the name. What a layer's own activation is given is
taken down before it, so that `Dense(..., activation="relu")` is two layers. The steps of a recurrent layer are one.
"""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from harness.backends import keras as adapter
from harness.backends.tracing import keras_layers
from harness.worker.blame import system
from harness.worker.recording import Meaning, Recording
from harness.worker.tracer import Ends, Request, Wrong

if TYPE_CHECKING:
    import keras

SPLIT = ("kernel_size", "units", "equation")
"""Attributes that a layer has, one of them, whose activation is taken down by itself."""
WHOLE = ("RNN", "TimeDistributed", "Bidirectional")
"""Layers of which nothing within is taken down: they call it step by step, or in a compiled loop."""
SEPARABLE = ("SeparableConv1D", "SeparableConv2D")


def start() -> str:
    global keras
    version = adapter.start()
    import keras

    return "keras %s" % version


def trace(request: Request, recording: Recording) -> Ends:
    with system():
        model = keras.saving.load_model(request.source[0], compile=False, safe_mode=True)
    names = [each.name for each in model.inputs]
    given = request.placed(names)
    tensors = [_tensor(values, each) for values, each in zip(given.values(), model.inputs)]
    run = _Run(recording)
    inputs = [run.met(tensor, "in/" + name, True) for name, tensor in zip(names, tensors)]
    with run.watched(), system():
        result = model(tensors if len(tensors) > 1 else tensors[0], training=False)
    return inputs, [run.name(each) for each in _tensors(result)]


def _tensor(values: np.ndarray, told: Any) -> Any:
    """An input as a tensor of the dtype that the model says. Raises Wrong for another shape."""
    shape = tuple(told.shape)
    if len(shape) != values.ndim or any(size not in (None, found) for size, found in zip(shape, values.shape)):
        raise Wrong("input %r has shape %s; the model takes %s" % (told.name, values.shape, shape))
    return keras.ops.convert_to_tensor(values.astype(told.dtype))


def _tensors(value: Any) -> Iterator[Any]:
    """All tensors in a value, within lists and dictionaries too."""
    if keras.ops.is_tensor(value):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


class _Run:
    """A run that is taken down; tensors are known by their identity, which a model does not change."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._known: Dict[int, Tuple[Any, str]] = {}
        self._within: List[Any] = []
        self._silent = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Within it, calls of layers, and of operations that are nodes of a model, are taken down."""
        run = self
        kinds = (keras.layers.Layer, keras.Operation)
        before = [(kind, kind.__call__) for kind in kinds]

        def watching(kind: Any, call: Callable[..., Any]) -> Callable[..., Any]:
            def watch(own: Any, *args: Any, **kwargs: Any) -> Any:
                if run.passes(own, kind is keras.layers.Layer):
                    return call(own, *args, **kwargs)
                return run.call(own, lambda: call(own, *args, **kwargs), args, kwargs)

            return watch

        for kind, call in before:
            kind.__call__ = watching(kind, call)
        try:
            yield
        finally:
            for kind, call in before:
                kind.__call__ = call

    def passes(self, own: Any, as_layer: bool) -> bool:
        """Whether a call is no layer of its own: within one that is taken down as a whole, or what one computes by."""
        is_layer = isinstance(own, keras.layers.Layer)
        by_layer = not is_layer and not isinstance(self._within[-1] if self._within else None, keras.Model)
        return self._silent or by_layer or is_layer is not as_layer

    def call(self, layer: Any, make: Callable[[], Any], args: Sequence[Any], kwargs: Dict[str, Any]) -> Any:
        """Makes a call of a layer, and takes it down where nothing within has done so."""
        self._within.append(layer)
        name = ".".join(each.name for each in self._within[1:])
        called = _Call(layer, name, list(_tensors([list(args), kwargs])))
        try:
            with self._split(called), self._quiet(layer):
                result = make()
        finally:
            self._within.pop()
        made = list(_tensors(result))
        if not isinstance(layer, keras.Model) and made and not all(self._knows(each) for each in made):
            self._take(called, made)
        return result

    @contextlib.contextmanager
    def _quiet(self, layer: Any) -> Iterator[None]:
        """Nothing within some layers is taken down."""
        before = self._silent
        self._silent = _is_whole(layer)
        try:
            yield
        finally:
            self._silent = before

    @contextlib.contextmanager
    def _split(self, called: _Call) -> Iterator[None]:
        """Takes down what the layer gives its own activation, and that by itself."""
        layer, own = called.layer, getattr(called.layer, "activation", None)
        whole = _is_whole(layer) or not any(hasattr(layer, each) for each in SPLIT)
        if whole or own in (None, keras.activations.linear):
            yield
            return

        def activation(values: Any) -> Any:
            self._take(called, [values])
            name = getattr(own, "name", getattr(own, "__name__", "activation"))
            within = _Call(own, "%s.%s" % (called.name, name), [values])
            result = own(values)
            if not self._knows(result):
                self._take(within, [result])
            return result

        layer.activation = activation
        try:
            yield
        finally:
            layer.activation = own

    def _take(self, called: _Call, made: Sequence[Any]) -> None:
        layer, name = called.layer, self._recording.unique(called.name)
        wanted = self._recording.wants(name)
        inputs = [self.name(each) for each in called.given] if wanted else []
        if wanted and type(layer).__name__ in SEPARABLE:
            self._take_separable(called, name, inputs, made[0])
            return
        places = ["out/" + name] if len(made) == 1 else ["out/%s.%d" % (name, at) for at in range(len(made))]
        outputs = [self.met(each, place, wanted) for each, place in zip(made, places)]
        if wanted:
            shapes = [tuple(each.shape) for each in (*called.given[:1], made[0])]
            meaning, roles = _meaning(layer, shapes)
            parameters = self._parameters(called, roles, meaning)
            self._recording.layer(name, _native(layer), inputs, outputs, parameters, meaning)

    def _take_separable(self, called: _Call, name: str, inputs: Sequence[str], made: Any) -> None:
        """A separable layer as the two that it is; the first is computed once more, for its output is not given."""
        layer, taken = called.layer, called.given[0]
        middle = keras.ops.depthwise_conv(
            *(taken, layer.depthwise_kernel, layer.strides, layer.padding, layer.data_format, layer.dilation_rate)
        )
        kernel = _as_convolution(layer.depthwise_kernel, layer.depth_multiplier)
        said = keras_layers.depthwise(layer, taken.shape, middle.shape)
        first = self.met(middle, "out/%s.depthwise" % name, True)
        parameters = {"kernel": self._recording.keep("par/%s.depthwise_kernel" % called.name, kernel)}
        native = _native(layer)
        self._recording.layer(name + ".depthwise", native, inputs, [first], parameters, said and said[0])
        second = self.met(made, "out/" + name, True)
        said = keras_layers.pointwise(layer, middle.shape, made.shape)
        kept = {"kernel": "pointwise_kernel", "bias": "bias"}
        parameters = {
            role: self._kept(called, each) for role, each in kept.items() if getattr(layer, each, None) is not None
        }
        self._recording.layer(name, native, [first], [second], parameters, said and said[0])

    def _kept(self, called: _Call, attribute: str) -> str:
        return self._recording.keep("par/%s.%s" % (called.name, attribute), _array(getattr(called.layer, attribute)))

    def _parameters(self, called: _Call, roles: Dict[str, str], meaning: Meaning) -> Dict[str, str]:
        """The layer's own variables by their roles; by their names where no case is about the layer."""
        found = {}
        for variable in getattr(called.layer, "weights", ()):
            name = variable.name
            if meaning.operation is None or name in roles:
                values = _array(variable)
                if "Depthwise" in type(called.layer).__name__ and name == "kernel":
                    values = _as_convolution(values, called.layer.depth_multiplier)
                if roles.get(name) == "slope":
                    values = values.ravel()  # the other axes are shared
                place = "par/%s.%s" % (called.name, _within(variable, called.layer))
                found[roles.get(name, _within(variable, called.layer))] = self._recording.keep(place, values)
        return found

    def _knows(self, tensor: Any) -> bool:
        known = self._known.get(id(tensor))
        return bool(known and known[0]() is tensor)

    def met(self, tensor: Any, name: str, write: bool) -> str:
        """Notes the name of a tensor, and writes it."""
        self._known[id(tensor)] = _reference(tensor), name
        return self._recording.keep(name, _array(tensor)) if write else name

    def name(self, tensor: Any) -> str:
        """The name of a tensor; it is written if it was not yet."""
        if self._knows(tensor):
            return self._recording.keep(self._known[id(tensor)][1], _array(tensor))
        return self.met(tensor, self._recording.unique("made/tensor"), True)


class _Call:
    """A call of a layer. given: the tensors among its arguments."""

    def __init__(self, layer: Any, name: str, given: Sequence[Any]) -> None:
        self.layer, self.name, self.given = layer, name, given


def _is_whole(layer: Any) -> bool:
    return bool({each.__name__ for each in type(layer).__mro__} & {*WHOLE})


def _meaning(layer: Any, shapes: Sequence[Tuple[int, ...]]) -> Tuple[Meaning, Dict[str, str]]:
    taken, made = shapes[0], shapes[-1]
    if not isinstance(layer, keras.Operation):
        return keras_layers.function(layer, taken) or (Meaning(None), {})
    return keras_layers.meaning(layer, taken, made)


def _native(layer: Any) -> str:
    if isinstance(layer, keras.layers.Layer):
        return "keras.layers.%s" % type(layer).__name__
    return "keras.%s" % getattr(layer, "__name__", type(layer).__name__)


def _within(variable: Any, layer: Any) -> str:
    """The variable's name, behind those of the layers within that own it: `forward_lstm.lstm_cell.kernel`."""
    path = str(getattr(variable, "path", variable.name)).split("/")
    return ".".join(path[path.index(layer.name) + 1 :]) if layer.name in path[:-1] else path[-1]


def _as_convolution(kernel: Any, multiplier: int) -> np.ndarray:
    """[..., C, M] as [..., 1, C M], which is how a group of one channel reads it; one without a multiplier stays."""
    values = _array(kernel)
    return values if multiplier == 1 else values.reshape((*values.shape[:-2], 1, -1))


def _array(tensor: Any) -> np.ndarray:
    """The numbers of a tensor or a variable; bfloat16, which NumPy has not, as float32."""
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = keras.ops.cast(tensor, "float32")
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _reference(tensor: Any) -> Callable[[], Optional[Any]]:
    """A weak reference, so that a tensor may go; one that takes none is kept."""
    try:
        return weakref.ref(tensor)
    except TypeError:
        return lambda: tensor

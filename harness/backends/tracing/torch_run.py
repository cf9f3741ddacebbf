"""A run of PyTorch that is taken down: which tensors there are, and which call made each."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from harness.backends.tracing import torch_calls, torch_functions
from harness.worker.blame import system
from harness.worker.recording import TRAINING, Recording

if TYPE_CHECKING:
    import torch

COMPOSED = ("multi_head_attention_forward",)
"""Functions of Python that are taken down call by call, and not as one."""
SAME = ("contiguous", "detach", "dropout", "feature_dropout", "alpha_dropout", "lift_fresh_copy")
"""Functions whose output is mostly their input: where it is, they are no layer."""
Version = Tuple[Any, int, str]
"""A tensor (weakly), how often it had been changed, and its name."""


class Run:
    """A mode: within it, every function of PyTorch is taken down. `named`: names of parameters by identity."""

    def __init__(self, recording: Recording, named: Mapping[int, str]) -> None:
        import torch
        from torch.overrides import TorchFunctionMode

        run = self

        class Mode(TorchFunctionMode):  # type: ignore[misc]
            def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                return run.call(function, args, kwargs or {})

        self._recording, self._named, self._tensor = recording, named, torch.Tensor
        self._mode, self._new_mode = Mode(), Mode
        self._known: Dict[int, Version] = {}
        self._modules: List[Tuple[str, bool]] = []

    def __enter__(self) -> None:
        self._mode.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._mode.__exit__(*error)

    def entered(self, name: str, leaf: bool) -> None:
        """A module begins its work; `leaf`: it has no modules within."""
        self._modules.append((name, leaf))

    def left(self) -> None:
        self._modules.pop()

    def input(self, name: str, tensor: Any) -> str:
        """Writes an input of the model."""
        return self._met(tensor, "in/" + name, write=True)

    def tensors(self, value: Any) -> Iterator[Any]:
        """All tensors in a value, within lists and dictionaries too."""
        if isinstance(value, self._tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            for each in value:
                yield from self.tensors(each)
        elif isinstance(value, dict):
            yield from self.tensors(list(value.values()))

    def name(self, tensor: Any) -> str:
        """The name of a tensor as it is now; it is written if it was not yet."""
        known = self._known.get(id(tensor))
        if known and known[0]() is tensor and known[1] == tensor._version:
            return self._keep(known[2], tensor)
        if id(tensor) in self._named:
            return self._met(tensor, "par/" + self._named[id(tensor)], write=True)
        changed = "changed/" + known[2].partition("/")[2] if known and known[0]() is tensor else "made/tensor"
        return self._met(tensor, self._recording.unique(changed), write=True)

    def _met(self, tensor: Any, name: str, write: bool) -> str:
        self._known[id(tensor)] = weakref.ref(tensor), tensor._version, name
        return self._keep(name, tensor) if write else name

    def _keep(self, name: str, tensor: Any) -> str:
        return self._recording.keep(name, _array(tensor)) if name else ""

    def call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], place: str = "") -> Any:
        """Makes a call and takes it down, if it is one of tensors that gives tensors."""
        name = torch_calls.name_of(function)
        if name in COMPOSED:
            return self._call_by_call(function, args, kwargs)
        given = list(self.tensors([list(args), dict(kwargs)]))
        if not given or name == "get":  # attributes: shape, dtype, data
            with system():
                return function(*args, **kwargs)
        layer = self._layer(name, given, place)
        wanted = self._recording.wants(layer)
        inputs = {id(tensor): self.name(tensor) if wanted else "" for tensor in given}
        before = [(tensor, tensor._version) for tensor in given]
        with system():
            result = function(*args, **kwargs)
        changed = [tensor for tensor, version in before if tensor._version != version]
        made = [each for each in self.tensors(result) if not any(each is one for one in changed)] + changed
        made = [each for each in made if changed or not any(each is one for one in given)]
        if all(id(each) in self._named for each in (*given, *made)) and changed:
            return result  # the module counts its batches
        if made and not self._unchanged(name, given, made):
            self._take(layer, function, args, kwargs, made, inputs if wanted else None)
        return result

    def _take(
        self,
        layer: str,
        function: Any,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        made: Sequence[Any],
        inputs: Optional[Mapping[int, str]],
    ) -> None:
        """Takes down a call; without inputs, only what it made is known from now on."""
        layer = self._recording.unique(layer)
        numbered = ["out/%s" % layer if len(made) == 1 else "out/%s.%d" % (layer, at) for at in range(len(made))]
        outputs = [self._met(each, name, inputs is not None) for each, name in zip(made, numbered)]
        if inputs is None:
            return
        arguments = torch_calls.arguments(function, args, kwargs)
        meaning, roles = torch_functions.meaning(torch_calls.name_of(function), arguments, made[0].shape)
        parts = {role: arguments.get(name) for name, role in roles.items()}
        parameters = {role: inputs[id(each)] for role, each in parts.items() if isinstance(each, self._tensor)}
        if meaning.operation is None:
            parameters = self._own(arguments, inputs)
        if arguments.get("training") is True and self._recording.mode != TRAINING:
            self._recording.mode = TRAINING
            self._recording.remark(
                "%s is called with training=True; a port that is not in training mode differs" % layer
            )
        others = [
            name
            for each, name in inputs.items()
            if name not in parameters.values() and not (meaning.operation and each in self._named)
        ]
        self._recording.layer(layer, torch_calls.native(function), others, outputs, parameters, meaning)

    def _own(self, arguments: Mapping[str, Any], inputs: Mapping[int, str]) -> Dict[str, str]:
        """Parameters of the model among the arguments of a function that no case is about."""
        found: Dict[str, str] = {}
        for name, value in arguments.items():
            tensors = [each for each in self.tensors(value) if id(each) in self._named and id(each) in inputs]
            for index, each in enumerate(tensors):
                found[name if len(tensors) == 1 else "%s_%d" % (name, index)] = inputs[id(each)]
        return found

    def _unchanged(self, name: str, given: Sequence[Any], made: Sequence[Any]) -> bool:
        """Whether a call gave its input back, as dropout does in inference mode; it is known by its name then."""
        if name not in SAME or len(made) != 1 or made[0].shape != given[0].shape or not made[0].equal(given[0]):
            return False
        self._met(made[0], self.name(given[0]), write=False)
        return True

    def _layer(self, name: str, given: Sequence[Any], place: str) -> str:
        """The name of a layer: that of the module for what it does with its own parameters, or if it has none."""
        module, leaf = self._modules[-1] if self._modules else (place, bool(place))
        own = any(self._named.get(id(each), "").rpartition(".")[0] == module for each in given)
        whole = leaf and (own or not self._has_parameters(module))
        return module if whole and module else "%s.%s" % (module, name) if module else name

    def _has_parameters(self, module: str) -> bool:
        return any(each.rpartition(".")[0] == module for each in self._named.values())

    def _call_by_call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A function of Python, of which each call is taken down that it makes itself."""
        import torch.nn.functional as functions

        asked = functions.has_torch_function
        functions.has_torch_function = lambda _: False  # or the function hands itself to this mode again
        try:
            with self._new_mode():
                return function(*args, **kwargs)
        finally:
            functions.has_torch_function = asked


def _array(tensor: torch.Tensor) -> Any:
    """The numbers of a tensor; bfloat16, which NumPy has not, as float32."""
    import torch

    plain = tensor.detach().resolve_conj().resolve_neg().cpu()
    return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()

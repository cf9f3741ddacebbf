"""PyTorch: a module, or an exported program, run once while every function that it calls is taken down.

Functions are seen by a `TorchFunctionMode`, those of modules and those that are called by themselves alike; hooks say
in which module a call is made, which names the layer. In-place calls leave what they change: a tensor is written before
it is overwritten, and again after it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from harness.backends.tracing.torch_run import Run
from harness.backends.tracing.user_module import made
from harness.worker.blame import system
from harness.worker.recording import TRAINING, Recording
from harness.worker.tracer import Ends, Request, Wrong

if TYPE_CHECKING:
    import torch

PROGRAM = ".pt2"


def start() -> str:
    global torch
    import torch
    import torch.overrides

    return "torch %s" % torch.__version__


def trace(request: Request, recording: Recording) -> Ends:
    given = {name: torch.from_numpy(np.ascontiguousarray(each)) for name, each in request.inputs.items()}
    if request.source[0].endswith(PROGRAM):
        return _program(request.source[0], given, recording)
    module = made(request.source[0])
    if not isinstance(module, torch.nn.Module):
        raise Wrong("the function gave back %s; expected the torch.nn.Module" % type(module).__name__)
    return _module(module, given, recording)


def _module(module: Any, given: Dict[str, Any], recording: Recording) -> Ends:
    run = Run(recording, _named(module))
    inputs = [run.input(name or "input", each) for name, each in given.items()]
    args, kwargs = [each for name, each in given.items() if not name], {k: v for k, v in given.items() if k}
    _remark_training(module, recording)
    torch.backends.mha.set_fastpath_enabled(False)  # or a whole layer of a transformer is one function
    with torch.no_grad(), _places(module, run), run, system():
        result = module(*args, **kwargs)
    return inputs, _kept(run, result)


def _named(module: Any) -> Dict[int, str]:
    """The name of each parameter and buffer by the identity of its tensor."""
    every = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    return {id(tensor): name for name, tensor in reversed(every)}


def _remark_training(module: Any, recording: Recording) -> None:
    """Modules that compute something else in training mode, and are in it."""
    found = [name or "the module" for name, each in module.named_modules() if each.training and _minds(each)]
    if found:
        recording.mode = TRAINING
        said = ", ".join(found[:12]) + (" and %d more" % (len(found) - 12) if len(found) > 12 else "")
        recording.remark("in training mode: %s; call module.eval() unless it is meant so" % said)


def _minds(module: Any) -> bool:
    """Whether a module computes something else in training mode."""
    if isinstance(module, torch.nn.modules.batchnorm._NormBase):
        return bool(module.track_running_stats)
    return isinstance(module, torch.nn.modules.dropout._DropoutNd) and module.p > 0


@contextlib.contextmanager
def _places(module: Any, run: Run) -> Iterator[None]:
    """Tells the run which module is at work."""
    handles = []
    for name, each in module.named_modules():
        leaf = next(each.children(), None) is None
        handles.append(each.register_forward_pre_hook(lambda *_, name=name, leaf=leaf: run.entered(name, leaf)))
        handles.append(each.register_forward_hook(lambda *_: run.left(), always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _kept(run: Run, result: Any) -> List[str]:
    return [run.name(each) for each in run.tensors(result)]


def _program(path: str, given: Dict[str, Any], recording: Recording) -> Ends:
    """An exported program, node by node."""
    with system():
        program = torch.export.load(path)
    module = program.module()
    run = Run(recording, _named(module))
    inputs = [run.input(name or "input", each) for name, each in given.items()]
    args, kwargs = [each for name, each in given.items() if not name], {k: v for k, v in given.items() if k}

    class Interpreter(torch.fx.Interpreter):  # type: ignore[misc]
        def call_function(self, target: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
            return run.call(target, args, kwargs, _place(self.current_node))

        current_node: Any = None

        def run_node(self, node: Any) -> Any:
            self.current_node = node
            return super().run_node(node)

    with torch.no_grad(), system():
        flat = _flat(module, args, kwargs)
        result = Interpreter(module).run(*flat, enable_io_processing=False)
    return inputs, _kept(run, result)


def _flat(module: Any, args: Sequence[Any], kwargs: Dict[str, Any]) -> List[Any]:
    """The inputs in the order of the graph's placeholders."""
    names = [node.name for node in module.graph.nodes if node.op == "placeholder"]
    rest = iter(args)
    try:
        return [kwargs[name] if name in kwargs else next(rest) for name in names]
    except StopIteration:
        raise Wrong("the program's inputs are %s; give each as --input NAME=FILE" % ", ".join(names)) from None


def _place(node: Any) -> str:
    """The module that a node comes from, as the program tells it, else its own name."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return stack[-1][0].split(".", 1)[-1].lstrip("_") if stack and stack[-1][0] else ""

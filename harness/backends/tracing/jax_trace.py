"""JAX: the jaxpr of a user's function, evaluated equation by equation.

The function of `jax:file.py:function` gives the model: a function of the inputs, or a pair of one and of its
parameters, which it takes first. Functions of `jax.nn` are kept as one equation each, by a `jit` of their own: in the
jaxpr, nothing else tells a GELU from its parts. Calls are entered; the names are those of `jax.named_scope`.
"""

from __future__ import annotations

import inspect
import json
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends.tracing import jax_primitives
from harness.backends.tracing.user_module import made
from harness.worker.blame import system
from harness.worker.recording import Recording
from harness.worker.tracer import Ends, Request, Wrong

if TYPE_CHECKING:
    import jax

MARK = "jax.nn "
"""What the name of an equation begins with that is a function of `jax.nn`; the name and its arguments follow."""
FUNCTIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish", "sigmoid"),
    *("hard_sigmoid", "hard_silu", "hard_swish", "soft_sign", "softplus", "log_sigmoid", "softmax", "log_softmax"),
)
CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "remat": "jaxpr"}
CALLS.update(custom_jvp_call="call_jaxpr", custom_vjp_call="call_jaxpr", checkpoint="jaxpr")
"""Primitives that only call a jaxpr -> the parameter that it is."""


def start() -> str:
    global jax
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    import jax.nn

    return "jax %s" % jax.__version__


def trace(request: Request, recording: Recording) -> Ends:
    for name in FUNCTIONS:
        if hasattr(jax.nn, name):
            setattr(jax.nn, name, _kept(name, getattr(jax.nn, name)))
    model = made(request.source[0])
    function, parameters = model if isinstance(model, tuple) and len(model) == 2 else (model, None)
    if not callable(function):
        raise Wrong("the function gave back %s; expected a function of the inputs" % type(function).__name__)
    named = {name for name in request.inputs if name}
    given = [each for name, each in request.inputs.items() if not name]
    keywords = {name: request.inputs[name] for name in named}
    before = [] if parameters is None else [parameters]
    with system():
        closed = jax.make_jaxpr(lambda args, kwargs: function(*args, **kwargs))([*before, *given], keywords)
    leaves = jax.tree_util.tree_flatten_with_path(([*before, *given], keywords))[0]
    run = _Run(recording)
    names = [_place(path, bool(before)) for path, _ in leaves]
    for variable, name, (_, value) in zip(closed.jaxpr.invars, names, leaves):
        run.met(variable, name, value)
    run.constants(closed)
    with system():
        run.evaluate(closed.jaxpr, "")
    inputs = [recording.keep(name, value) for name, (_, value) in zip(names, leaves) if name.startswith("in/")]
    return inputs, [run.name(each) for each in closed.jaxpr.outvars]


def _place(path: Any, parameters: bool) -> str:
    """The name of an array among the arguments: a parameter by its path, an input by its name, if it has one."""
    keys = [str(getattr(each, "key", getattr(each, "idx", getattr(each, "name", "")))) for each in path]
    if parameters and keys[:2] == ["0", "0"]:
        return "par/" + (".".join(keys[2:]) or "parameters")
    return "in/" + (keys[1] if keys[0] == "1" else "input")


def _kept(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as one equation, if its other arguments are numbers, texts and the like."""

    def keep(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        first, *rest = bound.arguments
        others = {key: bound.arguments[key] for key in rest}
        try:
            said = json.dumps(others)
        except TypeError:
            return function(*args, **kwargs)

        def called(x: Any) -> Any:
            return function(x, **others)

        called.__name__ = MARK + name + " " + said
        return jax.jit(called)(bound.arguments[first])

    return keep


class _Run:
    """The values of variables, and the names of the arrays that they are."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._values: Dict[Any, Any] = {}
        self._names: Dict[Any, str] = {}
        self._held: Dict[Any, str] = {}
        self._short: Dict[Any, Any] = {}

    def met(self, variable: Any, name: str, value: Any) -> None:
        self._values[variable], self._names[variable] = value, name

    def constants(self, closed: Any) -> None:
        """The arrays that a function holds itself are its parameters."""
        for variable, value in zip(closed.jaxpr.constvars, closed.consts):
            name = self._held.setdefault(id(value), "par/constant_%d" % len(self._held))
            self.met(variable, name, value)

    def name(self, variable: Any) -> str:
        """The name of a variable's array, which is written if it was not yet; "" for a literal."""
        if not hasattr(variable, "count") and hasattr(variable, "val"):
            return ""
        value = self._short.get(variable, self._values[variable])
        return self._recording.keep(self._names[variable], np.asarray(value))

    def value(self, variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else self._values[variable]

    def evaluate(self, jaxpr: Any, scope: str) -> None:
        """Evaluates the equations in turn; what none of those that follow takes is let go of."""
        last = _last_uses(jaxpr)
        for equation, done in zip(jaxpr.eqns, last):
            inner = _called(equation)
            place = ".".join(filter(None, [scope, str(equation.source_info.name_stack).replace("/", ".")]))
            if inner is None:
                self._take(equation, place)
            else:
                self._enter(equation, inner, place)
            for variable in done:
                self._values.pop(variable, None)
                self._short.pop(variable, None)

    def _enter(self, equation: Any, inner: Any, scope: str) -> None:
        """Evaluates what an equation calls, whose variables are those of the caller by other names."""
        jaxpr = inner.jaxpr if hasattr(inner, "jaxpr") else inner
        if hasattr(inner, "consts"):
            self.constants(inner)
        self._handed(jaxpr.invars, equation.invars)
        self.evaluate(jaxpr, scope)
        self._handed(equation.outvars, jaxpr.outvars)

    def _handed(self, variables: Sequence[Any], given: Sequence[Any]) -> None:
        for variable, each in zip(variables, given):
            self._values[variable] = self.value(each)
            if not hasattr(each, "val") and each in self._short:
                self._short[variable] = self._short[each]
            self._names[variable] = self._names.get(each, "") if not hasattr(each, "val") else ""
            if not self._names[variable]:
                self._names[variable] = self._recording.unique("par/literal")

    def _take(self, equation: Any, scope: str) -> None:
        """Evaluates an equation and takes it down."""
        if self._of_parameters(equation):
            return
        kept = _function(equation)
        short = kept[0] if kept else equation.primitive.name
        name = self._recording.unique("%s.%s" % (scope, short) if scope else short)
        made = _bound(equation, [self.value(each) for each in equation.invars])
        places = ["out/" + name] if len(made) == 1 else ["out/%s.%d" % (name, at) for at in range(len(made))]
        wanted = self._recording.wants(name)
        names = [self.name(each) for each in equation.invars] if wanted else []
        for variable, place, value in zip(equation.outvars, places, made):
            self.met(variable, place, value)
        if not wanted:
            return
        shapes = [np.shape(self.value(each)) for each in equation.invars]
        held = [each.startswith("par/") for each in names]
        meaning, roles = jax_primitives.meaning(equation, kept, shapes, held)
        own = {at: role for at, role in roles.items() if names[at]}
        if meaning.operation is None:
            own = {at: "input_%d" % at for at, each in enumerate(names) if held[at] and each}
        parameters = {role: names[at] for at, role in own.items()}
        inputs = [each for at, each in enumerate(names) if each and at not in own]
        outputs = [self.name(each) for each in equation.outvars if type(each).__name__ != "DropVar"]
        native = "jax.nn." + kept[0] if kept else "jax.lax." + equation.primitive.name
        self._recording.layer(name, native, inputs, outputs, parameters, meaning)

    def _of_parameters(self, equation: Any) -> bool:
        """Whether an equation takes nothing of the inputs: what it makes are parameters then, and it is no layer.

        One that was only made longer is written as it was before, with axes of length 1.
        """
        given = [each for each in equation.invars if not hasattr(each, "val")]
        if not all(self._names[each].startswith("par/") for each in given) or _is_drawn(equation):
            return False
        made = _bound(equation, [self.value(each) for each in equation.invars])
        base = self._names[given[0]] if given else "par/literal"
        for variable, value in zip(equation.outvars, made):
            self.met(variable, self._recording.unique("%s.%s" % (base, equation.primitive.name)), value)
        if given and equation.primitive.name == "broadcast_in_dim":
            before = self._short.get(given[0], self._values[given[0]])
            axes = dict(zip(equation.params["broadcast_dimensions"], np.shape(before)))
            shape = [axes.get(axis, 1) for axis in range(len(equation.params["shape"]))]
            self._short[equation.outvars[0]] = np.reshape(before, shape)
        return True


def _last_uses(jaxpr: Any) -> List[List[Any]]:
    """For each equation the variables that it is the last to take, or that it makes for nobody."""
    last = {each: at for at, one in enumerate(jaxpr.eqns) for each in (*one.outvars, *one.invars) if _is_variable(each)}
    found: List[List[Any]] = [[] for _ in jaxpr.eqns]
    for variable in last.keys() - {each for each in jaxpr.outvars if _is_variable(each)}:
        found[last[variable]].append(variable)
    return found


def _is_variable(each: Any) -> bool:
    """Whether it is no literal, which cannot be a key."""
    return not hasattr(each, "val")


def _is_drawn(equation: Any) -> bool:
    """Whether an equation draws random numbers."""
    return "random" in str(equation.primitive.name)


def _called(equation: Any) -> Any:
    """The jaxpr that an equation only calls, None for one that is kept as one."""
    key = CALLS.get(equation.primitive.name)
    return None if key is None or _function(equation) else equation.params.get(key)


def _function(equation: Any) -> Optional[Tuple[str, Mapping[str, Any]]]:
    """Name and arguments of the function of `jax.nn` that an equation is."""
    name = str(equation.params.get("name", ""))
    if not name.startswith(MARK):
        return None
    short, _, said = name[len(MARK) :].partition(" ")
    return short, json.loads(said)


def _bound(equation: Any, values: Sequence[Any]) -> List[Any]:
    """What an equation gives."""
    found = equation.primitive.bind(*values, **equation.params)
    return list(found) if equation.primitive.multiple_results else [found]

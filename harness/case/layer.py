"""A node of an ONNX model, by its name, as the arrays and settings of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.grammar import files as readers
from harness.grammar.files import FileError
from harness.grammar.files.onnx import Node
from harness.operations import SPOKEN, TABLE
from harness.operations.operation import Operation

OPERATORS: Mapping[str, Operation] = {each.NODE: TABLE[name] for name, each in SPOKEN.items()}


@dataclass(frozen=True)
class Layer:
    """arrays: role -> where it is, as `model.onnx#name`. settings: keys of a case, as YAML."""

    operation: Operation
    arrays: dict[str, str]
    settings: dict[str, str]


def of_node(name: str) -> Layer | None:
    """The layer of `model.onnx#NODE`, by the node's name or that of its output; None where no node is meant.

    Raises FileError for a node of another operator, for one whose weights the model computes, and for one whose
    attributes no case can say.
    """
    file, key = readers.split_key(name)
    path = Path(file)
    if path.suffix.lower() != ".onnx" or key in ("", *(held := readers.names(path))):
        return None
    found = [node for node in readers.nodes(path) if key == node.name or key in node.outputs]
    if not found:
        return None
    told, node = f"{path.name}: node {key!r}", found[0]
    if node.op not in OPERATORS:
        raise FileError(f"{told} is a {node.op}; expected a {' or '.join(OPERATORS)}, or the name of an array")
    operation = OPERATORS[node.op]
    arrays = _weights(operation, node)
    computed = [each for each in arrays.values() if each not in held]
    if computed:
        raise FileError(f"{told} takes {computed[0]!r}, which the model computes; expected its numbers")
    try:
        settings = operation.new_cases().of_node(node.attributes)
    except ValueError as problem:
        raise FileError(f"{told} {problem}") from None
    return Layer(operation, {role: f"{file}#{each}" for role, each in arrays.items()}, settings)


def _weights(operation: Operation, node: Node) -> dict[str, str]:
    """Role -> the name of each input of the node but the first, which is what a layer before it gives."""
    roles = [role for role in operation.ROLES if operation.ROLES[role].weights]
    return {role: name for role, name in zip(roles, node.inputs[1:]) if name}

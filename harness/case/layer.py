"""A layer of a network that files hold, by its name, as the arrays and settings of a case: of ONNX, and of Caffe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.grammar import files as readers
from harness.grammar import prototxt, regular
from harness.grammar.files import FileError
from harness.operations import SPOKEN, TABLE, USUAL
from harness.operations.operation import Operation

if TYPE_CHECKING:
    from harness.grammar.files.onnx import Node

OPERATORS = {each.NODE: name for name, each in SPOKEN.items()}
"""The operation that a node of a model is, by its operator."""


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
    operation = TABLE[OPERATORS[node.op]]
    arrays = _weights(operation, node)
    computed = [each for each in arrays.values() if each not in held]
    if computed:
        raise FileError(f"{told} takes {computed[0]!r}, which the model computes; expected its numbers")
    try:
        settings = operation.new_cases().of_node(node.attributes)
    except ValueError as problem:
        raise FileError(f"{told} {problem}") from None
    return Layer(operation, {role: f"{file}#{each}" for role, each in arrays.items()}, settings)


def of_definition(name: str, definition: str) -> Layer:
    """The layer of `net.caffemodel#LAYER`, whose settings stand in `definition`, the .prototxt of the network.

    Raises FileError where one of the files does not hold the layer.
    """
    file, layer = readers.split_key(name)
    roles = [role for role, each in TABLE[USUAL].ROLES.items() if each.weights]
    held = readers.names(Path(file))
    arrays = {role: f"{layer}/{number}" for number, role in enumerate(roles) if f"{layer}/{number}" in held}
    if not layer or roles[0] not in arrays:
        layers = ", ".join(dict.fromkeys(each.rpartition("/")[0] for each in held))
        raise FileError(f"{name}: expected {Path(file).name}#LAYER, one of {layers}")
    rank = len(readers.shape(Path(file), arrays[roles[0]])) - 2
    text = _text(definition)
    try:
        settings = TABLE[USUAL].new_cases().of_definition(text, rank, layer)
    except ValueError as problem:
        raise FileError(f"{definition}: {problem}") from None
    return Layer(TABLE[USUAL], {role: f"{file}#{each}" for role, each in arrays.items()}, settings)


def _text(path: str) -> str:
    """The text of a definition."""
    if fault := regular.fault(Path(path)):
        raise FileError(f"{path}: {fault}; expected a .prototxt")
    if Path(path).stat().st_size > prototxt.LARGEST:
        raise FileError(f"{path}: expected a definition of at most {prototxt.LARGEST} bytes")
    try:
        return Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise FileError(f"{path} cannot be read as the text of a definition: {problem}") from None


def _weights(operation: Operation, node: Node) -> dict[str, str]:
    """Role -> the name of each input of the node but the first, which is what a layer before it gives."""
    roles = [role for role in operation.ROLES if operation.ROLES[role].weights]
    return {role: name for role, name in zip(roles, node.inputs[1:]) if name}

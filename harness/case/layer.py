"""A convolution of an ONNX model, by the name of its node, as the arrays and settings of a case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.grammar import files as readers
from harness.grammar.files import FileError
from harness.grammar.files.onnx import Node

OPERATOR = "Conv"
WORDS = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}
"""Values of `auto_pad` -> paddings of a case; NOTSET is what `pads` says."""
NUMBERS = {"stride": "strides", "dilation": "dilations"}
"""Keys of a case -> attributes that have one number for each spatial axis, 1 where there is no such attribute."""


@dataclass(frozen=True)
class Layer:
    """kernel, bias: where they are, as `model.onnx#name`; there may be no bias. settings: keys of a case, as YAML."""

    kernel: str
    bias: str
    settings: dict[str, str]


def of_node(name: str) -> Layer | None:
    """The layer of `model.onnx#NODE`, by the node's name or that of its output; None where no node is meant.

    Raises FileError for a node of another operator, and for one whose kernel or bias the model computes.
    """
    file, key = readers.split_key(name)
    path = Path(file)
    if path.suffix.lower() != ".onnx" or key in ("", *(held := readers.names(path))):
        return None
    found = [node for node in readers.nodes(path) if key == node.name or key in node.outputs]
    if not found:
        return None
    node = found[0]
    if node.op != OPERATOR:
        raise FileError(f"{path.name}: node {key!r} is a {node.op}; expected a {OPERATOR}, or the name of an array")
    computed = [each for each in node.inputs[1:3] if each and each not in held]
    if computed:
        raise FileError(
            f"{path.name}: node {key!r} takes {computed[0]!r}, which the model computes; expected its numbers"
        )
    _, kernel, bias = (*node.inputs, "", "")[:3]
    return Layer(f"{file}#{kernel}", f"{file}#{bias}" if bias else "", _settings(node))


def _settings(node: Node) -> dict[str, str]:
    given = node.attributes
    numbers = {key: str(list(_integers(node, attribute)) or 1) for key, attribute in NUMBERS.items()}
    return {
        **numbers,
        "padding": WORDS.get(str(given.get("auto_pad")), _pads(node)),
        "groups": str(given.get("group", 1)),
    }


def _pads(node: Node) -> str:
    """Pairs of what is added before and behind; ONNX has all of the former first."""
    pads = _integers(node, "pads")
    rank = len(pads) // 2
    return str([list(pair) for pair in zip(pads[:rank], pads[rank:])]) if pads else "valid"


def _integers(node: Node, attribute: str) -> tuple[int, ...]:
    given = node.attributes.get(attribute, ())
    return tuple(int(each) for each in given) if isinstance(given, tuple) else ()

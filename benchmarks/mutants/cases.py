"""Small cases that are well formed, of every operation that the schema of case files knows: where mutants begin."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.mutants import files as data_files
from harness.backends.caffemodel import write as caffemodel
from harness.case.schema import json_schema
from harness.grammar.sources import DTYPES

Tree = Any
Files = dict[str, bytes]
SCHEMA = json_schema()
COMMON = ("title", "why", "text", "source", "operation", "tolerance", "matrix", "recorded", "expect", "prototxt")
"""Keys that every case may have, which are no settings of its operation."""
GENERATORS = ("PCG64", "Philox", "RandomState")


def _operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, properties) of each operation."""
    for each in SCHEMA["allOf"]:
        yield each["if"]["properties"]["operation"]["const"], each["then"]["properties"]


OPERATIONS = dict(_operations())


def words_of_schema(node: Tree, kind: str) -> Iterator[str]:
    """The names of properties, or the words of enumerations, that stand anywhere in the schema."""
    if isinstance(node, dict):
        yield from map(str, node.get(kind, ()))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from words_of_schema(child, kind)


def plain(rng: random.Random) -> tuple[dict[str, Tree], Files]:
    """A small case as a tree, and the files that it names. Its arrays may not fit each other, or its dtype."""
    operation = rng.choice(["convolution", *OPERATIONS])
    properties, rank = OPERATIONS[operation], rng.choice([1, 2, 2, 2, 3])
    groups = rng.choice([1, 1, 1, 2])
    sizes = {"N": rng.choice([1, 1, 2]), "C": groups * rng.choice([1, 1, 2]), "O": groups * rng.choice([1, 1, 2])}
    sizes["I"] = sizes["C"] // groups if operation == "convolution" else sizes["C"]
    files: Files = {}
    tree: dict[str, Tree] = {"title": "X does Y", **({} if operation == "convolution" else {"operation": operation})}
    for name, letters in _roles(properties).items():
        most = 6 if name == "input" else 3
        tree[name] = array(rng, _letters(letters, rank), {**sizes, **_spatial(rng, most)}, files, name)
    tree |= settings(rng, operation, rank)
    if groups > 1 and "groups" in properties:
        tree["groups"] = groups
    _extras(rng, tree, properties, sizes)
    if rng.random() < 0.6:
        tree["recorded"] = [_recording(rng, {**sizes, "C": sizes["O"], **_spatial(rng, 6)}, rank, files)]
    if "prototxt" in properties and rng.random() < 0.1:
        _by_definition(rng, tree, files)
    return tree, files


NEEDED = ("function", "reduce", "window", "over", "size", "interpolation")
"""Keys without which a case of some operation says nothing."""
BLOCKS = ("depth_to_space", "space_to_depth")
"""Keys of which a case has one."""


def settings(rng: random.Random, operation: str, rank: int) -> dict[str, Tree]:
    """Some of the settings of an operation, and most likely what must be said."""
    properties = OPERATIONS[operation]
    own = [key for key in properties if key not in (*COMMON, *_roles(properties), "bias", "groups")]
    share = {"means": 0.95, "padding": 0.8, "fits": 0.5, **dict.fromkeys(NEEDED, 1.0)}
    usual = 0.25 if "kernel" in properties else 0.03  # settings told by others exclude each other more often
    said = {key for key in own if rng.random() < share.get(key, usual)} - {*BLOCKS}
    said |= {rng.choice(BLOCKS)} & {*own}
    return {key: of_schema(rng, properties[key], rank) for key in own if key in said}


def of_schema(rng: random.Random, schema: Mapping[str, Any], rank: int) -> Tree:
    """A small value that a schema takes; lists have an element for each spatial axis where they may."""
    leaf = rng.choice(list(_leaves(schema)))
    if "enum" in leaf:
        return rng.choice(leaf["enum"])
    if leaf.get("type") == "array":
        length = min(max(rank, leaf.get("minItems", 0)), leaf.get("maxItems", 9))
        return [of_schema(rng, leaf["items"], rank) for _ in range(length)]
    kinds: dict[str, Callable[[], Tree]] = {
        "integer": lambda: rng.randint(max(leaf.get("minimum", -1), -1), min(leaf.get("maximum", 3), 3)),
        "number": lambda: rng.choice([0, 1, 0.5, 1e-5]),
        "boolean": lambda: rng.random() < 0.3,
        "null": lambda: None,
    }
    kind = leaf.get("type", "")
    return kinds.get(kind if isinstance(kind, str) else kind[0], lambda: "C" if "pattern" in leaf else "w")()


def _leaves(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The alternatives of a schema."""
    if "anyOf" not in schema:
        yield schema
    for each in schema.get("anyOf", ()):
        yield from _leaves(each)


def _roles(properties: Mapping[str, Any]) -> dict[str, str]:
    """Arrays that have a layout -> the letters that it may have."""
    found = {}
    for name, each in properties.items():
        layout = each.get("properties", {}).get("layout", {}).get("pattern", "")
        if letters := re.search(r"\[(\w+)\]", layout):
            found[name] = letters[1]
    return found


def _letters(letters: str, rank: int) -> str:
    return "".join(letter for letter in letters if letter not in "DHW"[: 3 - rank])


def _spatial(rng: random.Random, most: int) -> dict[str, int]:
    return {letter: rng.randint(1, most) for letter in "DHW"}


def _extras(rng: random.Random, tree: dict[str, Tree], properties: Mapping[str, Any], sizes: dict[str, int]) -> None:
    made: dict[str, Callable[[], Tree]] = {
        "bias": lambda: [rng.randint(-9, 9) for _ in range(sizes["O" if "kernel" in tree else "C"])],
        "matrix": lambda: {"input.dtype": ["float32", "float64"]},
        "expect": lambda: {"normalized": [["scipy.signal.correlate"]]},
        "tolerance": lambda: {"rtol": 1e-3, "why": "w"},
    }
    tree |= {key: make() for key, make in made.items() if key in properties and rng.random() < 0.2}
    if rng.random() < 0.3 and "matrix" not in tree:
        tree["input"]["dtype"] = rng.choice(DTYPES)


def _recording(rng: random.Random, sizes: dict[str, int], rank: int, files: Files) -> dict[str, Tree]:
    seen = array(rng, _letters("NCDHW", rank), sizes, files, "output", ("values", "file"))
    more = rng.choice([{}, {}, {"digits": 4}, {"decimals": 2}, {"expect": ["scale"]}])
    return {"system": "S", "origin": "o", **seen, **more}


def array(
    rng: random.Random, letters: str, sizes: dict[str, int], files: Files, name: str, keys: tuple[str, ...] = ()
) -> dict[str, Tree]:
    """A source of an array: a layout that leaves axes of length 1 out, and one key of the grammar."""
    layout = [letter for letter in letters if sizes[letter] > 1 or letter in "DHW" or rng.random() < 0.3]
    rng.shuffle(layout)
    shape = [sizes[letter] for letter in layout]
    weights = ("caffemodel",) * (name == "kernel")
    key = rng.choice(keys or ("values", "values", "file", "random", "integers", "impulse", "arange", *weights))
    made: dict[str, Callable[[], dict[str, Tree]]] = {
        "values": lambda: {"values": data_files.drawn(rng, shape).round(3).tolist()},
        "file": lambda: data_files.beside(rng, shape, files, name),
        "random": lambda: {"random": {"shape": shape, "seed": rng.randrange(99), **_distribution(rng)}},
        "integers": lambda: {"integers": {"shape": shape, "seed": rng.randrange(99), "low": -9, "high": 9}},
        "impulse": lambda: {"impulse": {"shape": shape, "at": [size // 2 for size in shape]}},
        "arange": lambda: {"arange": {"shape": shape, "start": 1, "step": rng.choice([1, 0.1, 0])}},
        "caffemodel": lambda: _weights(rng, [sizes[letter] for letter in letters], files),
    }
    source = made[key]()
    return {"layout": letters if key == "caffemodel" else "".join(layout), **source}


def _distribution(rng: random.Random) -> dict[str, Tree]:
    how = rng.choice([{}, {"mean": 1, "std": 3}, {"distribution": "uniform"}, {"distribution": "uniform", "low": -1}])
    return {"generator": rng.choice(GENERATORS), **how}


def _weights(rng: random.Random, shape: list[int], files: Files) -> dict[str, Tree]:
    files["net.caffemodel"] = caffemodel({"conv": [data_files.drawn(rng, shape)]})
    return {"caffemodel": "net.caffemodel", "layer": "conv"}


def _by_definition(rng: random.Random, tree: dict[str, Tree], files: Files) -> None:
    """The settings of a Caffe layer, in the place of those that it gives."""
    layout, kernel = tree["kernel"]["layout"], tree["kernel"]
    shape = next((each["shape"] for each in kernel.values() if isinstance(each, dict)), [3] * len(layout))
    sizes = dict(zip(layout, shape, strict=False))
    taps = " ".join(f"kernel_size: {sizes[letter]}" for letter in "DHW" if letter in sizes)
    text = f'layer {{ name: "conv" type: "Convolution" convolution_param {{ num_output: {sizes.get("O", 1)} {taps} '
    text += f"pad: {rng.randrange(3)} bias_term: {str('bias' in tree).lower()} }} }}\n"
    for key in ("stride", "dilation", "padding", "groups"):
        tree.pop(key, None)
    if rng.random() < 0.5:
        tree["prototxt"] = text
    else:
        tree["prototxt"] = {"file": "net.prototxt"}
        files["net.prototxt"] = text.encode()

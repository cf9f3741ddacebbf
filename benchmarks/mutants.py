"""Mutants of case files and of the files beside them, each made by its seed alone.

A mutant begins as a small case that is well formed, written by `plain`, or as one of the shipped ones. Mutators know
the grammar: they put known keys and words in wrong places, strange scalars in right ones; text and files break last.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import mutant_files
from harness.backends.caffemodel import write as caffemodel
from harness.case.schema import json_schema
from harness.grammar.document import DEEPEST
from harness.grammar.sources import DTYPES

SHIPPED = sorted(
    path for path in (Path(__file__).parent.parent / "cases").glob("*/*.yaml") if path.stat().st_size < 5000
)
"""Shipped cases that are small; they name no files but those that are made."""
LARGEST_TEXT = 1 << 16
Tree = Any
Place = tuple[Any, Any]
"""A list or a dictionary, and the index or key of one of its values."""


class Raw(str):
    """A scalar that is written as it is, without quotes."""


RAW = [
    *("", "~", "null", "true", "no", ".nan", "-.inf", "1e400", "-1e400", "1e-400", "0x10", "0o17", "1_000", "1:30"),
    *("2001-01-01", "!!int 3", "!!python/object:os.system x", "&a 1", "*a", "? x", "| x", "<<", "-", "%TAG", "@", "`"),
    *("'", '"', "{", "]", "# x", "é", "\u202e", "\u2028", "\x00", "\x85", "\ufeff", "\U0001f600", "+.5", "5.", "--1"),
]
NUMBERS = [0, 1, -1, 2, 3, 7, 0.5, -0.0, 1e30, -1e30, 1e-30, 1e308, 5e-324, 65504, 65520, 3.4e38, 16777217]
NUMBERS += [2**24, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**399, 1e16, 300, 127]
ODD_WORDS = ["", " ", "x y", "1", "x" * 999]
PADDINGS = ("same", "same_upper", "same_lower", "valid", "full")
BOUNDARIES = ("zero", "edge", "reflect", "symmetric", "wrap")
SETTINGS = ("means", "stride", "dilation", "padding", "boundary")


def _of_schema(node: Tree, kind: str) -> Iterator[str]:
    """The names of properties, or the words, that the schema of case files has anywhere."""
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(node, dict) and kind in node:
        yield from (str(each) for each in node[kind])
    for child in children:
        yield from _of_schema(child, kind)


KEYS = [*sorted(set(_of_schema(json_schema(), "properties"))), *ODD_WORDS]
WORDS = [*sorted(set(_of_schema(json_schema(), "enum"))), "unknown", "HW", "NCHW", "OIHW", "W", *ODD_WORDS]


@dataclass(frozen=True)
class Mutant:
    """Files by name; `case.yaml` is the one that is read."""

    files: dict[str, bytes] = field(default_factory=dict)


def mutant(seed: str) -> Mutant:
    """The mutant of a seed."""
    rng = random.Random(seed)
    if rng.random() < 0.15:
        files = {"case.yaml": rng.choice(SHIPPED).read_bytes()}
        return Mutant(broken(rng, files, 1))
    tree, files = plain(rng)
    for _ in range(_few(rng)):
        mutate(rng, tree)
    files["case.yaml"] = written(tree, rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return Mutant(broken(rng, files, 0.35))


def slight(seed: str) -> Mutant:
    """A mutant that most likely is well formed: odd values and settings, but the grammar kept."""
    rng = random.Random(seed)
    tree, files = plain(rng)
    for _ in range(rng.randrange(4)):
        rng.choice(SLIGHT)(rng, tree)
    files["case.yaml"] = written(tree, True).encode()
    return Mutant(files)


def _few(rng: random.Random) -> int:
    return min(int(rng.expovariate(0.7)), 6)


def broken(rng: random.Random, files: dict[str, bytes], share: float) -> dict[str, bytes]:
    """The files, with a share of them mutated as what they are."""
    done = {}
    for name, data in files.items():
        change = mutant_files.MUTATORS.get(name.rpartition(".")[2], mutant_files.text)
        done[name] = change(rng, data) if rng.random() < share else data
    return done


# --- a case to begin with --------------------------------------------------------------------------------------------


def plain(rng: random.Random) -> tuple[dict[str, Tree], dict[str, bytes]]:
    """A small case that is well formed, as a tree, and the files that it names."""
    rank = rng.choice([1, 2, 2, 2, 3])
    spatial = "DHW"[3 - rank :]
    groups = rng.choice([1, 1, 1, 2])
    sizes = {"N": rng.choice([1, 1, 2]), "C": groups * rng.choice([1, 1, 2]), "O": groups * rng.choice([1, 1, 2])}
    sizes["I"] = sizes["C"] // groups
    x_sizes = {**sizes, **{letter: rng.randint(1, 6) for letter in spatial}}
    w_sizes = {**sizes, **{letter: rng.randint(1, 3) for letter in spatial}}
    files: dict[str, bytes] = {}
    tree: dict[str, Tree] = {
        "title": "X does Y",
        "input": _array(rng, "NC" + spatial, x_sizes, files, "x"),
        "kernel": _array(rng, "OI" + spatial, w_sizes, files, "w"),
        "means": rng.choice(["cross-correlation", "convolution", "unknown"]),
        **_settings(rng, rank),
    }
    if groups > 1:
        tree["groups"] = groups
    if rng.random() < 0.3 and "matrix" not in tree:
        tree["input"]["dtype"] = rng.choice(DTYPES)
    if rng.random() < 0.2:
        tree["bias"] = [rng.randint(-9, 9) for _ in range(sizes["O"])]
    if rng.random() < 0.6:
        out = {**sizes, "C": sizes["O"], **{letter: rng.randint(1, 6) for letter in spatial}}
        seen = {"system": "S", "origin": "o", **_array(rng, "NC" + spatial, out, files, "y", ("values", "file"))}
        tree["recorded"] = [
            {**seen, **rng.choice([{}, {}, {"digits": 4}, {"decimals": 2}, {"expect": ["reverse_kernel"]}])}
        ]
    if rng.random() < 0.1:
        tree["prototxt"] = _layer(rng, w_sizes["O"], [w_sizes[letter] for letter in spatial], "bias" in tree, files)
        for key in ("stride", "dilation", "padding", "groups"):
            tree.pop(key, None)
    return tree, files


def _settings(rng: random.Random, rank: int) -> dict[str, Tree]:
    def steps() -> Tree:
        return rng.choice([1, 2, 3, [rng.randint(1, 3) for _ in range(rank)], "unknown"])

    choices: dict[str, Callable[[], Tree]] = {
        "stride": steps,
        "dilation": steps,
        "padding": lambda: rng.choice([*PADDINGS, "unknown", 1, 2, [[rng.randint(-1, 3), 1] for _ in range(rank)]]),
        "boundary": lambda: rng.choice([*BOUNDARIES, "unknown"]),
        "fits": lambda: False,
        "matrix": lambda: {"input.dtype": ["float32", "float64"]},
        "expect": lambda: {"normalized": [["scipy.signal.correlate"]]},
        "tolerance": lambda: {"rtol": 1e-3, "why": "w"},
        "why": lambda: "w",
    }
    share = {"padding": 0.8, "fits": 0.5}
    return {key: make() for key, make in choices.items() if rng.random() < share.get(key, 0.25)}


def _array(
    rng: random.Random, letters: str, sizes: dict[str, int], files: dict[str, bytes], name: str, keys: Any = ()
) -> dict[str, Tree]:
    """A source of an array: a layout that leaves axes of length 1 out, and one key of the grammar."""
    layout = [letter for letter in letters if sizes[letter] > 1 or letter in "DHW" or rng.random() < 0.3]
    rng.shuffle(layout)
    shape = [sizes[letter] for letter in layout]
    key = rng.choice(keys or ("values", "values", "file", "random", "integers", "impulse", "arange", "caffemodel"))
    if key == "caffemodel" and name != "w":
        key = "values"
    made: dict[str, Callable[[], dict[str, Tree]]] = {
        "values": lambda: {"values": mutant_files.nested(rng, shape)},
        "file": lambda: mutant_files.beside(rng, shape, files, name),
        "random": lambda: {"random": {"shape": shape, "seed": rng.randrange(99), "generator": _generator(rng)}},
        "integers": lambda: {"integers": {"shape": shape, "seed": rng.randrange(99), "low": -9, "high": 9}},
        "impulse": lambda: {"impulse": {"shape": shape, "at": [size // 2 for size in shape]}},
        "arange": lambda: {"arange": {"shape": shape, "start": 1, "step": rng.choice([1, 0.1, 0])}},
        "caffemodel": lambda: _weights(rng, sizes, letters, files),
    }
    source = made[key]()
    return {"layout": letters if key == "caffemodel" else "".join(layout), **source}


def _generator(rng: random.Random) -> str:
    return rng.choice(["PCG64", "Philox", "RandomState"])


def _weights(rng: random.Random, sizes: dict[str, int], letters: str, files: dict[str, bytes]) -> dict[str, Tree]:
    shape = [sizes[letter] for letter in letters]
    files["net.caffemodel"] = caffemodel({"conv": [mutant_files.drawn(rng, shape)]})
    return {"caffemodel": "net.caffemodel", "layer": "conv"}


def _layer(rng: random.Random, outputs: int, taps: list[int], bias: bool, files: dict[str, bytes]) -> Tree:
    given = " ".join(f"kernel_size: {size}" for size in taps)
    text = f'layer {{ name: "conv" type: "Convolution" convolution_param {{ num_output: {outputs} {given} '
    text += f"pad: {rng.randrange(3)} bias_term: {str(bias).lower()} }} }}\n"
    if rng.random() < 0.5:
        return text
    files["net.prototxt"] = text.encode()
    return {"file": "net.prototxt"}


# --- a tree to text --------------------------------------------------------------------------------------------------


def written(tree: Tree, block: bool) -> str:
    """The tree as YAML: one line, or one for each key of the top."""
    if not isinstance(tree, dict) or not block:
        return _flow(tree)
    return "".join(f"{_flow(key)}: {_flow(value)}\n" for key, value in tree.items())


def _flow(tree: Tree) -> str:
    if isinstance(tree, Raw):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_flow, tree)) + "]"
    if isinstance(tree, float) and not math.isfinite(tree):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(tree)]
    return json.dumps(tree, ensure_ascii=False)


# --- mutators of trees -----------------------------------------------------------------------------------------------


def mutate(rng: random.Random, tree: Tree) -> None:
    """Changes one place of the tree."""
    rng.choice(MUTATORS)(rng, tree)


def _places(tree: Tree) -> Iterator[Place]:
    stack = [tree]
    while stack:
        each = stack.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        for key in keys:
            yield each, key
            if isinstance(each[key], dict | list):
                stack.append(each[key])


def _place(rng: random.Random, tree: Tree, kind: type | tuple[type, ...] = object) -> Place | None:
    """A place of the tree that holds such a value; None where there is none."""
    found = [(node, key) for node, key in _places(tree) if isinstance(node[key], kind)]
    return rng.choice(found) if found else None


def _strange(rng: random.Random, tree: Tree) -> None:
    if found := _place(rng, tree):
        pick = rng.choice([RAW, NUMBERS, WORDS, [[], {}, [[]], [None], {"a": 1}, True, None, [[[[[[1]]]]]]]])
        value = rng.choice(pick)
        found[0][found[1]] = Raw(value) if pick is RAW else copy.deepcopy(value)


def _drop(rng: random.Random, tree: Tree) -> None:
    if found := _place(rng, tree):
        del found[0][found[1]]


def _rename(rng: random.Random, tree: Tree) -> None:
    if (found := _place(rng, tree)) and isinstance(found[0], dict):
        found[0][rng.choice(KEYS)] = found[0].pop(found[1])


def _graft(rng: random.Random, tree: Tree) -> None:
    found, other = _place(rng, tree), _place(rng, tree)
    if found and other:
        found[0][found[1]] = copy.deepcopy(other[0][other[1]])


def _insert(rng: random.Random, tree: Tree) -> None:
    found = _place(rng, {"": tree}, dict)
    if found:
        found[0][found[1]][rng.choice(KEYS)] = copy.deepcopy(rng.choice([*NUMBERS, *WORDS, [1, 2], True, None, {}]))


def _resize(rng: random.Random, tree: Tree) -> None:
    if found := _place(rng, tree, list):
        values = found[0][found[1]]
        found[0][found[1]] = rng.choice([values[:-1], values + copy.deepcopy(values[:9]), values[:1], [values], []])


def _deepen(rng: random.Random, tree: Tree) -> None:
    if found := _place(rng, tree):
        left, right = rng.choice([("[", "]"), ("[", "]"), ("{a: ", "}")])
        count = rng.choice([1, 2, DEEPEST - 3, DEEPEST, 3000])
        found[0][found[1]] = Raw(left * count + _flow(found[0][found[1]]) + right * count)


def _number(rng: random.Random, tree: Tree) -> None:
    if found := _place(rng, tree, (int, float)):
        found[0][found[1]] = rng.choice(NUMBERS)


def _letters(rng: random.Random, tree: Tree) -> None:
    if (found := _place(rng, tree, str)) and found[1] == "layout":
        letters = list(found[0]["layout"])
        rng.shuffle(letters)
        found[0]["layout"] = "".join(letters[: rng.choice([1, 9, 9])]) + rng.choice(["", "", "N", "C", "Q", "w", "é"])


def _setting(rng: random.Random, tree: Tree) -> None:
    """A setting of the case, of a known kind though perhaps of another rank."""
    made = _settings(rng, rng.randint(1, 3))
    key = rng.choice(sorted(made) or ["fits"])
    tree[key] = made.get(key, False)


def _unknown(rng: random.Random, tree: Tree) -> None:
    tree[rng.choice(SETTINGS)] = "unknown"


def _element(rng: random.Random, tree: Tree) -> None:
    """One of the numbers of the data, or all of them, extreme: huge, tiny, constant, not finite, not known."""
    role = tree.get(rng.choice(["input", "kernel"])) if rng.random() < 0.7 else (tree.get("recorded") or [{}])[0]
    values = role.get("values") if isinstance(role, dict) else None
    found = [(node, key) for node, key in _places(values or []) if not isinstance(node[key], list)]
    if not found:
        return
    value = rng.choice([*NUMBERS[:12], math.inf, -math.inf, math.nan, None])
    for node, key in found if rng.random() < 0.4 else [rng.choice(found)]:
        node[key] = value
    if isinstance(value, float) and not math.isfinite(value):
        role["nonfinite"] = True


MUTATORS: list[Callable[[random.Random, Tree], None]] = [
    *(_strange, _strange, _drop, _rename, _graft, _insert, _resize, _deepen, _number, _number, _letters, _setting),
]
SLIGHT: list[Callable[[random.Random, Tree], None]] = [_setting, _unknown, _unknown, _element, _element, _number]

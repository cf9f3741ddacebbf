"""Trees of case files: mutators that know the grammar, and how a tree is written as YAML."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.mutants import cases
from harness.grammar.document import DEEPEST

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
KEYS = [*sorted(set(cases.words_of_schema(cases.SCHEMA, "properties"))), *ODD_WORDS]
WORDS = [*sorted(set(cases.words_of_schema(cases.SCHEMA, "enum"))), "HW", "NCHW", "OIHW", "W", *ODD_WORDS]


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


def _parameter(rng: random.Random, tree: Tree) -> None:
    """Another number in a generator: its limits, its mean, its step."""
    names = ("low", "high", "mean", "std", "start", "step", "value")
    found = [(node, key) for node, key in _places(tree) if key in names and isinstance(node, dict)]
    if found:
        node, key = rng.choice(found)
        node[key] = rng.choice(NUMBERS)


def _letters(rng: random.Random, tree: Tree) -> None:
    if (found := _place(rng, tree, str)) and found[1] == "layout":
        letters = list(found[0]["layout"])
        rng.shuffle(letters)
        found[0]["layout"] = "".join(letters[: rng.choice([1, 9, 9])]) + rng.choice(["", "", "N", "C", "Q", "w", "é"])


def _setting(rng: random.Random, tree: Tree) -> None:
    """A setting of an operation, that of the case or another one, of any rank."""
    made = cases.settings(rng, rng.choice(["convolution", *cases.OPERATIONS]), rng.randint(1, 3))
    if made:
        key = rng.choice(sorted(made))
        tree[key] = made[key]


def _unknown(rng: random.Random, tree: Tree) -> None:
    tree[rng.choice(["means", "stride", "dilation", "padding", "boundary"])] = "unknown"


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
SLIGHT: list[Callable[[random.Random, Tree], None]] = [_setting, _unknown, _unknown, _element, _element, _parameter]

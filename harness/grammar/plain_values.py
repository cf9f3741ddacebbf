"""Values that another reader made, as of TOML, for the grammar of case files: they have keys, and no positions."""

from __future__ import annotations

import math
from typing import Any

import yaml

from harness.grammar.document import Item


def item_of(value: Any, keys: str) -> Item:
    """A value of mappings, lists, texts, flags and numbers, which stands below `keys`; anything else is its text."""
    return Item("", "", keys, _node(value))


def _node(value: Any) -> yaml.Node:
    if isinstance(value, dict):
        return yaml.MappingNode("", [(_node(str(key)), _node(each)) for key, each in value.items()])
    if isinstance(value, list | tuple):
        return yaml.SequenceNode("", [_node(each) for each in value])
    if isinstance(value, str):
        return yaml.ScalarNode("", value, style='"')
    return yaml.ScalarNode("", _plain(value))


def _plain(value: Any) -> str:
    """A value without quotes, as YAML writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return f".{value}".replace(".-", "-.")
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)

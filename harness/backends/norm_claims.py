"""What calls of normalizations have in common, whatever the framework: fields of a declaration."""

from __future__ import annotations

from typing import Any, Dict, Mapping

CENTRED: Mapping[str, Any] = {"statistic": "variance", "centre": True}
UNDER_THE_ROOT: Mapping[str, Any] = {"epsilon_at": "variance"}
AFFINE = ("scale", "offset")
PARAMETERS = ("mean", "variance", *AFFINE)
LAST: Mapping[str, Any] = {"over": {"W": 1, "HW": 2, "CHW": 3}}
"""Of a function that normalizes the last axes: how many these are."""
CHANNELS_LAST: Mapping[str, Any] = {"layouts": {"input": "N*C", "output": "N*C"}}
"""Of the same function where the last axis is that of the channels: tokens and their features."""
ONE_AXIS: Mapping[str, Any] = {"over": {letter: letter for letter in "NCDHW"}}


def computed(demands: Mapping[str, Any] = {}, keeps: Mapping[str, Any] = {}, **more: Any) -> Dict[str, Any]:
    """A call that computes the mean and the variance, and takes an epsilon."""
    found: Dict[str, Any] = {"free": ("epsilon",), "arrays": AFFINE}
    found.update(more, demands=dict(CENTRED, **demands), keeps=dict(UNDER_THE_ROOT, **keeps))
    return found


GIVEN = computed({"groups": 1}, arrays=PARAMETERS)
"""A call that is given the mean and the variance."""


def length(statistic: str, demands: Mapping[str, Any] = {}, **keeps: Any) -> Dict[str, Any]:
    """What a call demands, and keeps, that divides by a length; no mean is taken off."""
    return {"demands": dict(demands, statistic=statistic, centre=False, groups=1), "keeps": keeps}

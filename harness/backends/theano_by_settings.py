"""Theano: `theano.tensor.signal.pool`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, Tuple

import numpy as np

from harness.worker.entry import EntryPoint, settled

DOCS = "https://theano-pymc.readthedocs.io/en/latest/library/tensor/signal/pool.html#theano.tensor.signal.pool.%s"


@lru_cache(maxsize=512)
def _compiled(name: str, axes: int, dtype: str, settings: Tuple[Tuple[str, Any], ...]) -> Any:
    """A function of `pool` under some settings, as a program of an array with so many axes."""
    import theano
    from theano.tensor.signal import pool

    x = theano.tensor.TensorType(dtype, (False,) * axes)("x")
    return theano.function([x], getattr(pool, name)(x, **dict(settings)))


def _pooling(rank: int, reduce: str, **about: Any) -> EntryPoint:
    name = "pool_%dd" % rank

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        x = np.ascontiguousarray(arrays["input"])
        told = {"ws": tuple(settings["window"]), "stride": tuple(settings["stride"])}
        told.update(pad=tuple(low for low, _ in settings["padding"]), mode=settings.get("divisor", "max"))
        told.update(ignore_border=settings["rounding"])
        return _compiled(name, x.ndim, str(x.dtype), tuple(told.items()))(x)

    words = dict({"rounding": {"floor": True, "ceil": False}}, **about)
    return settled(
        "theano.tensor.signal.pool.%s(mode=%s)" % (name, reduce),
        "pooling",
        DOCS % name,
        ranks=(rank,),
        demands={"reduce": reduce, "dilation": 1},
        words=words,
        free=("window", "stride", "padding"),
        limits=("even", "below", "ceil or padded"),
        note="ignore_border is always said; the size is rounded down where it is True",
    )(called)


DIVIDED = {"padded": "average_inc_pad", "valid": "average_exc_pad"}
POOLING = (
    *(_pooling(rank, "max") for rank in (2, 3)),
    *(_pooling(rank, "average", divisor=DIVIDED) for rank in (2, 3)),
)

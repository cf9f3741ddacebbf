"""Functions of one signal and one kernel, made to serve many channels by summing their calls over the channels."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from harness.worker.blame import system
from harness.worker.loop import Declined

MISFIT = "the input has %d channels, the kernel takes %d"
NO_SIGNAL = "there is no signal in the input, or no kernel, to call the function with"
NOTE = "one signal and one kernel a call: calls are summed over the channels, in order"


def over_channels(
    function: Callable[[Any, Any], Any], x: Any, w: Any, groups: int, stack: Callable[..., Any] = np.stack
) -> Any:
    """y[n, o] = sum over i of function(x[n, group(o) * I + i], w[o, i]).

    x is (N, C, *spatial), w is (O, I, *spatial) with C = groups * I, Declined otherwise; `stack` puts the results
    together.
    """
    outputs, inputs = w.shape[:2]
    if x.shape[1] != groups * inputs:  # traced code would clamp the index and answer
        raise Declined(MISFIT % (x.shape[1], groups * inputs))
    if not (len(x) and outputs and inputs):
        raise Declined(NO_SIGNAL)
    rows = []
    for image in x:
        for output in range(outputs):
            first = output // (outputs // groups) * inputs
            with system():
                total = function(image[first], w[output, 0])
                for channel in range(1, inputs):
                    total = total + function(image[first + channel], w[output, channel])
            rows.append(total)
    return stack(rows).reshape((len(x), outputs) + rows[0].shape)

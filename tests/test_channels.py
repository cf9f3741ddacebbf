"""Functions of one signal, served over many channels."""

import numpy as np
import pytest

from harness.backends.channels import MISFIT, NO_SIGNAL, over_channels
from harness.worker.loop import Declined


def test_calls_are_summed_over_the_channels_of_a_group():
    x, w = np.arange(24.0).reshape(2, 4, 3), np.arange(8.0).reshape(2, 2, 2)
    y = over_channels(lambda a, v: np.convolve(a, v), x, w, 2)
    assert y.shape == (2, 2, 4)
    np.testing.assert_array_equal(y[1, 1], np.convolve(x[1, 2], w[1, 0]) + np.convolve(x[1, 3], w[1, 1]))


@pytest.mark.parametrize(("x", "w"), [((0, 1, 3), (1, 1, 2)), ((1, 1, 3), (0, 1, 2)), ((1, 0, 3), (1, 0, 2))])
def test_where_there_is_nothing_to_call_with_the_call_is_declined(x, w):
    with pytest.raises(Declined, match=NO_SIGNAL):
        over_channels(np.convolve, np.zeros(x), np.zeros(w), 1)


def test_channels_that_do_not_fit_are_declined():
    with pytest.raises(Declined, match=MISFIT % (2, 3)):
        over_channels(np.convolve, np.zeros((1, 2, 3)), np.zeros((1, 3, 2)), 1)

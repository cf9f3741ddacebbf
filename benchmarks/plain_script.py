"""What somebody would write without the harness: the same calls on the same arrays, one after another."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import jax
import numpy as np
import scipy.signal
import tensorflow as tf
import torch


def main() -> None:
    with np.load(sys.argv[1]) as stored:
        arrays = dict(stored)
    for number in range(len(arrays) // 2):
        x, w = arrays[f"x{number}"], arrays[f"w{number}"]
        if x.ndim == 3:
            single(np.correlate, x, w)
            single(scipy.signal.correlate, x, w)
            tf.nn.conv1d(x.transpose(0, 2, 1), w.transpose(2, 1, 0), 1, "VALID").numpy()
            torch.nn.functional.conv1d(torch.from_numpy(x), torch.from_numpy(w)).numpy()
        else:
            single(scipy.signal.correlate2d, x, w)
            tf.nn.conv2d(x.transpose(0, 2, 3, 1), w.transpose(2, 3, 1, 0), 1, "VALID").numpy()
            torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(w)).numpy()
        np.asarray(jax.lax.conv_general_dilated(x, w, (1,) * (x.ndim - 2), "VALID"))


def single(function, x, w):
    """A function of one signal and one kernel, summed over the channels."""
    return np.stack([[sum(function(c, k, "valid") for c, k in zip(image, kernel)) for kernel in w] for image in x])


main()

"""Stands in for a trained network: writes `net.caffemodel`, and its arrays as `net.params` of Caffe has them.

Weights and picture are drawn from a seed. `gray.npy` is the picture for Caffe, `gray_nhwc.npy` for TensorFlow.
"""

import numpy as np

from harness.backends import caffemodel

SHAPES = {"conv1": (12, 1, 5, 5), "conv2": (16, 6, 3, 3), "fc3": (10, 16 * 8 * 8)}

rng = np.random.default_rng(41529997)
blobs = {}
for name, shape in SHAPES.items():
    kernel = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
    blobs[name] = [kernel.astype(np.float32), rng.normal(size=shape[0]).astype(np.float32)]
with open("net.caffemodel", "wb") as file:
    file.write(caffemodel.write(blobs))
np.savez("params.npz", **{f"{name}.{at}": blob for name, own in blobs.items() for at, blob in enumerate(own)})
gray = rng.random((1, 1, 128, 128)).astype(np.float32)
np.save("gray.npy", gray)
np.save("gray_nhwc.npy", gray.transpose(0, 2, 3, 1))

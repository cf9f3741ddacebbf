"""A network of Caffe for gray pictures of 128 x 128, and its port to TensorFlow.

Of the kind that people move: groups, ReLU in place, windows rounded up, LRN, InnerProduct. `make` writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.walk.porting import Mistakes, here

SHAPE = (2, 1, 128, 128)
DEFINITION = """name: "gray"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 1 dim: 128 dim: 128 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 16 kernel_size: 5 stride: 1 pad: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1"
        lrn_param { local_size: 5 alpha: 0.5 beta: 0.75 } }
layer { name: "conv2" type: "Convolution" bottom: "norm1" top: "conv2"
        convolution_param { num_output: 24 kernel_size: 5 stride: 2 pad: 2 group: 2 } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" relu_param { negative_slope: 0.1 } }
layer { name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2"
        pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
layer { name: "conv3" type: "Convolution" bottom: "pool2" top: "conv3"
        convolution_param { num_output: 8 kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "relu3" type: "ReLU" bottom: "conv3" top: "conv3" }
layer { name: "fc4" type: "InnerProduct" bottom: "conv3" top: "fc4" inner_product_param { num_output: 32 } }
layer { name: "sig4" type: "Sigmoid" bottom: "fc4" top: "fc4" }
layer { name: "fc5" type: "InnerProduct" bottom: "fc4" top: "fc5" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc5" top: "prob" }
"""
SHAPES = {
    "conv1": (16, 1, 5, 5),
    "conv2": (24, 8, 5, 5),
    "conv3": (8, 24, 3, 3),
    "fc4": (32, 8 * 8 * 8),
    "fc5": (10, 32),
}


def weights() -> dict[str, list[np.ndarray]]:
    """Blobs of the layers, drawn."""
    rng = np.random.default_rng(6)
    found = {}
    for name, shape in SHAPES.items():
        kernel = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
        found[name] = [kernel.astype(np.float32), rng.normal(size=shape[0]).astype(np.float32)]
    return found


def make(folder: Path) -> tuple[Path, Path]:
    """Writes the definition and the weights."""
    from harness.backends import caffemodel

    (folder / "net.prototxt").write_text(DEFINITION, "utf-8")
    (folder / "net.caffemodel").write_bytes(caffemodel.write(weights()))
    return folder / "net.prototxt", folder / "net.caffemodel"


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the port with these mistakes, as a SavedModel."""
    import tensorflow as tf

    class Port(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.held = {name: [tf.Variable(each) for each in _moved(name, mistakes)] for name in SHAPES}

        @tf.function(input_signature=[tf.TensorSpec((2, 128, 128, 1), tf.float32)])
        def __call__(self, x: Any) -> Any:
            y = tf.nn.relu(self.conv(x, "conv1", "SAME"))
            y = tf.nn.max_pool2d(y, 3, 2, "VALID" if "valid" in here(mistakes, "pool1") else "SAME")
            alpha = 0.5 if "alpha" in here(mistakes, "norm1") else 0.5 / 5
            y = tf.nn.local_response_normalization(y, 2, 1.0, alpha, 0.75)
            y = self.conv(y, "conv2", "SAME" if "same" in here(mistakes, "conv2") else 2, 2)
            y = tf.nn.leaky_relu(y, 0.2 if "slope" in here(mistakes, "relu2") else 0.1)
            kind = tf.nn.max_pool2d if "maximum" in here(mistakes, "pool2") else tf.nn.avg_pool2d
            y = kind(y, 3, 2, "SAME")
            y = self.conv(y, "conv3", "SAME" if "same" in here(mistakes, "conv3") else 1, 2)
            y = y if "no relu" in here(mistakes, "relu3") else tf.nn.relu(y)
            y = tf.sigmoid(self.dense(tf.reshape(y, (2, 512)), "fc4"))
            return tf.nn.softmax(self.dense(y, "fc5"))

        def conv(self, x: Any, name: str, padding: Any, stride: int = 1) -> Any:
            kernel, bias = self.held[name]
            if padding != "SAME":
                x, padding = tf.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]]), "VALID"
            return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, padding), bias)

        def dense(self, x: Any, name: str) -> Any:
            return tf.matmul(x, self.held[name][0]) + self.held[name][1]

    tf.saved_model.save(Port(), path)


def _moved(name: str, mistakes: Mistakes) -> list[np.ndarray]:
    """The blobs of a layer as TensorFlow has them."""
    kernel, bias = weights()[name]
    said = here(mistakes, name)
    if kernel.ndim == 4:
        kernel = kernel.transpose(2, 3, 1, 0)
        kernel = kernel[::-1, ::-1] if "rotated" in said else kernel.swapaxes(0, 1) if "turned" in said else kernel
    elif name == "fc4" and "flattened" not in said:
        kernel = kernel.reshape(32, 8, 8, 8).transpose(2, 3, 1, 0).reshape(512, 32)
    else:
        kernel = kernel.T
    return [np.ascontiguousarray(kernel), bias * ("no bias" not in said)]


CAUSES = {
    "conv1: rotated": ("conv1", "reverse_kernel"),
    "conv1: turned": ("conv1", "transpose_kernel_spatial"),
    "conv1: no bias": ("conv1", "bias"),
    "pool1: valid": ("pool1", "rounding"),
    "norm1: alpha": ("norm1", "divided"),
    "conv2: same": ("conv2", "padding_split"),
    "relu2: slope": ("relu2", "slope"),
    "pool2: maximum": ("pool2", "reduce"),
    "conv3: same": ("conv3", "padding_split"),
    "relu3: no relu": ("relu3", "activation"),
    "fc4: flattened": ("fc4", "flattened"),
}
"""Mistake -> the layer of A where it shows, and its cause."""

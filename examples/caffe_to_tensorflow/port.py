"""The network in TensorFlow, with the weights of Caffe: `port`, as it was written first, and `mended`.

What the walk said differs between the two: four places.
"""

import numpy as np
import tensorflow as tf

params = np.load("params.npz")


class Net(tf.Module):
    def __init__(self, mended):
        super().__init__()
        self.mended = mended
        self.held = {}
        for name in ("conv1", "conv2", "fc3"):
            kernel = params[f"{name}.0"]
            if kernel.ndim == 4:
                kernel = kernel.transpose(2, 3, 1, 0)
            elif mended:  # Caffe flattens channel by channel, TensorFlow pixel by pixel
                kernel = kernel.reshape(10, 16, 8, 8).transpose(2, 3, 1, 0).reshape(-1, 10)
            else:
                kernel = kernel.T
            self.held[name] = tf.Variable(kernel), tf.Variable(params[f"{name}.1"])

    @tf.function(input_signature=[tf.TensorSpec((1, 128, 128, 1), tf.float32)])
    def __call__(self, gray):
        y = tf.nn.relu(self.conv(gray, "conv1", 1, "SAME"))
        y = tf.nn.max_pool2d(y, 3 if self.mended else 2, 2, "SAME")  # which rounds sizes up here, as Caffe does
        alpha = 0.5 / 5 if self.mended else 0.5  # Caffe divides by the size
        y = tf.nn.local_response_normalization(y, 2, 1.0, alpha, 0.75)
        if self.mended:  # SAME pads 0 before and 1 behind, Caffe 1 and 1
            y = self.conv(tf.pad(y, [[0, 0], [1, 1], [1, 1], [0, 0]]), "conv2", 2, "VALID")
        else:
            y = self.conv(y, "conv2", 2, "SAME")
        y = tf.nn.avg_pool2d(tf.nn.relu(y), 4, 4, "VALID")
        y = tf.matmul(tf.reshape(y, (1, 16 * 8 * 8)), self.held["fc3"][0]) + self.held["fc3"][1]
        return tf.nn.softmax(y)

    def conv(self, x, name, stride, padding):
        kernel, bias = self.held[name]
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, padding), bias)


tf.saved_model.save(Net(mended=False), "port")
tf.saved_model.save(Net(mended=True), "mended")

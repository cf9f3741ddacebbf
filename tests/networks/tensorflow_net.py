"""A network of TensorFlow's own functions, saved: `python tensorflow_net.py FOLDER`."""

import sys

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(15)


def drawn(*shape):
    return tf.Variable(rng.normal(size=shape), dtype=tf.float32)


class Net(tf.Module):
    def __init__(self):
        self.stem, self.bias, self.depth = drawn(3, 3, 3, 8), drawn(8), drawn(3, 3, 8, 2)
        self.norm = [drawn(16), drawn(16), drawn(16), tf.Variable(np.full(16, 0.5), dtype=tf.float32)]
        self.fc = drawn(16, 5)

    @tf.function(input_signature=[tf.TensorSpec([None, 17, 16, 3], tf.float32, name="image")])
    def __call__(self, image):
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(image, self.stem, 2, "SAME"), self.bias))
        x = tf.nn.depthwise_conv2d(tf.pad(x, [[0, 0], [1, 0], [0, 2], [0, 0]]), self.depth, [1, 1, 1, 1], "VALID")
        scale, offset, mean, variance = self.norm
        x, _, _ = tf.compat.v1.nn.fused_batch_norm(x, scale, offset, mean, variance, epsilon=1e-4, is_training=False)
        x = tf.nn.leaky_relu(tf.nn.avg_pool2d(x, 3, 2, "SAME"), 0.1)
        x = tf.nn.local_response_normalization(tf.image.resize(x, [9, 9]), 2)
        return tf.nn.softmax(tf.matmul(tf.reduce_mean(x, axis=[1, 2]), self.fc))


if __name__ == "__main__":
    tf.saved_model.save(Net(), sys.argv[1])

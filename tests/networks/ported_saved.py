"""A network of PyTorch, and its port to TensorFlow with mistakes that people make: the same words for other things.

python ported_saved.py FOLDER [MISTAKE ...] saves a port without and one with each of them, in folders of their names.
"""

import sys

import torch
import torch.nn.functional as F


class Net(torch.nn.Module):
    """A local response normalization, a padding by itself, and channels that become pixels."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3)
        self.body = torch.nn.Conv2d(8, 12, 3)

    def forward(self, x):
        y = F.relu(self.stem(x))
        y = F.local_response_norm(y, 5, alpha=0.5, beta=0.75, k=1.0)
        y = self.body(F.pad(y, (0, 2, 1, 1), "reflect"))
        return F.pixel_shuffle(y, 2)


def make():
    torch.manual_seed(3)
    return Net().eval()


def save(folder, mistakes):
    import tensorflow as tf

    net = make()
    order = list(range(12)) if "order" in mistakes else [4 * c + at for at in range(4) for c in range(3)]
    orders = ((net.stem, slice(None)), (net.body, order))
    weights = [tf.constant(each.weight.detach().permute(2, 3, 1, 0)[..., order].numpy()) for each, order in orders]
    biases = [tf.constant(each.bias.detach()[order].numpy()) for each, order in orders]
    alpha = 0.5 if "alpha" in mistakes else 0.1
    pads = [[0, 0], [0, 2], [1, 1], [0, 0]] if "pad" in mistakes else [[0, 0], [1, 1], [0, 2], [0, 0]]

    class Port(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 10, 10, 3], tf.float32, name="image")])
        def __call__(self, image):
            y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(image, weights[0], 1, "VALID"), biases[0]))
            y = tf.nn.local_response_normalization(y, 2, 1.0, alpha, 0.75)
            y = tf.nn.conv2d(tf.pad(y, pads, "REFLECT"), weights[1], 1, "VALID")
            return tf.nn.depth_to_space(tf.nn.bias_add(y, biases[1]), 2)

    tf.saved_model.save(Port(), folder)


if __name__ == "__main__":
    for each in ("none", *sys.argv[2:]):
        save(f"{sys.argv[1]}/{each}", [each])

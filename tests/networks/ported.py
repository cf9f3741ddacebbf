"""A network of PyTorch like a small U-Net, its port to Keras with mistakes that people make, and its export to ONNX.

python ported.py keras model.keras [MISTAKE ...]
python ported.py onnx model.onnx
"""

import sys

import torch
import torch.nn.functional as F


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.down = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depth = torch.nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.point = torch.nn.Conv2d(8, 12, 1, bias=False)
        self.up = torch.nn.ConvTranspose2d(12, 6, 3, stride=2, padding=1, output_padding=1)
        self.mix = torch.nn.Conv2d(9, 8, 3, padding=1)
        self.head = torch.nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = F.leaky_relu(self.down(x), 0.1)
        y = F.gelu(self.depth(y))
        y = F.relu(self.point(y))
        y = torch.cat([self.up(y), x], 1)
        y = F.relu(self.mix(y))
        return torch.sigmoid(self.head(y) + y)


def make():
    torch.manual_seed(0)
    return Net().eval()


def to_keras(path, mistakes):
    import keras

    net, layers = make(), keras.layers
    conv = layers.Conv2D
    x = keras.Input((16, 16, 3))
    if "down" in mistakes:
        y = conv(8, 3, 2, "same", name="d")(x)
    else:
        y = conv(8, 3, 2, name="d")(layers.ZeroPadding2D(1)(x))
    y = layers.LeakyReLU(0.3 if "slope" in mistakes else 0.1)(y)
    y = layers.DepthwiseConv2D(3, padding="same", name="w")(y)
    y = keras.ops.gelu(y, approximate=True) if "gelu" in mistakes else layers.Activation("gelu")(y)
    y = conv(12, 1, use_bias=False, activation="relu", name="p")(y)
    if "up" in mistakes:
        y = layers.Conv2DTranspose(6, 3, 2, "same", name="u")(y)
    else:
        y = layers.Cropping2D(((1, 0), (1, 0)))(layers.Conv2DTranspose(6, 3, 2, name="u")(y))
    y = layers.Concatenate()([y, x])
    y = conv(8, 3, padding="same", activation="relu", name="m")(y)
    y = layers.Activation("sigmoid")(layers.Add()([conv(8, 1, name="h")(y), y]))
    model = keras.Model(x, y)
    for name, own in zip("dwpumh", (net.down, net.depth, net.point, net.up, net.mix, net.head)):
        kernel = own.weight.detach().permute(2, 3, 0, 1) if name in "wu" else own.weight.detach().permute(2, 3, 1, 0)
        kernel = kernel.permute(0, 1, 3, 2) if name == "u" else kernel
        kernel = kernel.flip(0, 1) if name == "w" and "reversed" in mistakes else kernel
        bias = [] if own.bias is None else [own.bias.detach().numpy()]
        model.get_layer(name).set_weights([kernel.numpy(), *bias])
    model.save(path)


def to_onnx(path):
    torch.onnx.export(make(), (torch.zeros(2, 3, 16, 16),), path, dynamo=False, opset_version=17)


if __name__ == "__main__":
    kind, path, *mistakes = sys.argv[1:]
    if kind == "keras":
        to_keras(path, mistakes)
    else:
        to_onnx(path)

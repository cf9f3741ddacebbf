"""Networks of PyTorch, as a user's module has them: functions that give a module with its weights."""

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """Convolutions, an in-place layer, functions that no module has, a skip connection, a dense layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.act = nn.ReLU(inplace=True)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 1), nn.GELU())
        self.up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.pool = nn.AvgPool2d(3, 2, 1, ceil_mode=True)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4 * 10 * 10, 5)

    def forward(self, image):
        x = self.act(self.norm(self.stem(image)))
        x = x + self.block(x)
        x = F.leaky_relu(self.up(x), 0.2)
        x = self.pool(x)
        return F.softmax(self.fc(self.drop(torch.flatten(x, 1))), dim=1)


def training():
    torch.manual_seed(15)
    net = Net()
    with torch.no_grad():
        net.norm.running_mean.normal_()
        net.norm.running_var.uniform_(0.5, 2)
    return net


def make():
    return training().eval()


class Tokens(nn.Module):
    """A block of a transformer: attention, layer norms, dense layers on each token."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)

    def forward(self, x):
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(x), approximate="tanh"))


def tokens():
    torch.manual_seed(16)
    return Tokens().eval()


class Changing(nn.Module):
    def forward(self, x):
        y = x * 2
        y += 1
        y[:, 0] = 0
        return y


def changing():
    return Changing().eval()


def no_module():
    return 3


def raising():
    raise KeyError("no weights")


def leaving():
    import os

    os._exit(7)

"""Networks of Keras, saved to the files that they are traced from: `python keras_net.py FOLDER`."""

import sys

import keras
import numpy as np
from keras import layers


def net():
    """Layers of most kinds; one model within another, a skip connection, activations of their own and within layers."""
    image = keras.Input((17, 16, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    x = layers.BatchNormalization(name="norm")(x)
    inner = keras.Sequential(
        [
            keras.Input((9, 8, 8)),
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depth"),
            layers.Conv2D(8, 1, use_bias=False, name="point"),
            layers.LeakyReLU(name="leaky"),
        ],
        name="block",
    )
    x = layers.Add(name="add")([x, inner(x)])
    x = layers.SeparableConv2D(6, 3, padding="same", activation="gelu", name="separable")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", name="up")(x)
    x = layers.AveragePooling2D(3, 2, padding="same", name="pool")(x)
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.LayerNormalization(name="layer_norm")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="fc")(x), name="net")


def tagger():
    """Recurrent layers, whose steps are one layer each."""
    words = keras.Input((6,), dtype="int32", name="words")
    x = layers.Embedding(11, 4, name="embedding")(words)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(x)
    x = layers.GRU(5, return_sequences=True, name="gru")(x)
    return keras.Model(words, layers.Dense(2, name="tags")(x), name="tagger")


def save(make, *paths):
    """Saves a network with weights that are drawn, in every format that the paths name."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(15)
    model = make()
    rng = np.random.default_rng(15)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(
                np.abs(rng.normal(0.5, 0.4, weight.shape)) + 0.1
                if "variance" in weight.path
                else rng.normal(0, 0.4, weight.shape)
            )
    for path in paths:
        model.save(path)


if __name__ == "__main__":
    folder = sys.argv[1]
    save(net, f"{folder}/net.keras", f"{folder}/net.h5")
    save(tagger, f"{folder}/tagger.keras")

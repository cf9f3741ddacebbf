"""Networks of JAX, as a user's module has them: functions that give a function of the input."""

import jax
import jax.numpy as jnp
import numpy as np

LAYOUT = ("NHWC", "HWIO", "NHWC")


def make():
    """A function and its parameters: a convolution, activations, pooling, a transposed convolution, a dense layer."""
    rng = np.random.default_rng(15)
    drawn = {"stem": (3, 3, 3, 8), "up": (3, 3, 8, 4), "fc": (4, 5)}
    parameters = {name: {"kernel": jnp.asarray(rng.normal(size=s), jnp.float32)} for name, s in drawn.items()}

    def net(p, x):
        with jax.named_scope("stem"):
            x = jax.lax.conv_general_dilated(x, p["stem"]["kernel"], (2, 2), "SAME", dimension_numbers=LAYOUT)
            x = jax.nn.leaky_relu(x, 0.2)
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = jax.nn.gelu(jax.lax.conv_transpose(x, p["up"]["kernel"], (2, 2), "SAME"))
        x = jnp.max(x, axis=(1, 2))
        return jax.nn.softmax(jax.jit(lambda y: y @ p["fc"]["kernel"])(x))

    return net, parameters


def of_torch():
    """Parameters as PyTorch has them, turned where they are used, and a layer norm that is written out."""
    rng = np.random.default_rng(16)
    drawn = {"w": (6, 6), "b": (6,), "scale": (6,), "offset": (6,)}
    parameters = {name: jnp.asarray(rng.normal(size=s), jnp.float32) for name, s in drawn.items()}

    def net(p, x):
        x = jnp.matmul(x, p["w"].T) + p["b"]
        x = (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return jax.nn.silu(x * p["scale"] + p["offset"])

    return net, parameters


def no_function():
    return 3

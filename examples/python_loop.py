"""A convolution as people write it by hand: `harness probe --python examples/python_loop.py:convolve`."""

from __future__ import annotations

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """An image (H, W) under a kernel (H, W) that is centred at half its size, and read backwards."""
    rows, columns = kernel.shape
    padded = np.pad(image, ((rows // 2, rows // 2), (columns // 2, columns // 2)))
    result = np.zeros_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            result[i, j] = (padded[i : i + rows, j : j + columns] * kernel[::-1, ::-1]).sum()
    return result[::stride, ::stride]

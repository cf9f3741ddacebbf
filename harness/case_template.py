"""The case file that `harness new` writes."""

TEMPLATE = """\
# A case: data, settings, and what is expected. `harness check` checks it, `harness run` runs it.
title: my convolution gives other numbers
why: weights were moved from one framework to another and the outputs differ
operation: convolution
input:
  layout: HW                  # letters of the axes: N batch, C channel, D H W; a letter that is left out has length 1
  dtype: float32
  values:                     # or  file: x.npy  or  integers: {shape: [6, 6], seed: 0, low: -9, high: 9}
    - [1, 2, 3, 4]
    - [5, 6, 7, 8]
    - [9, 1, 2, 3]
    - [4, 5, 6, 8]
kernel:
  layout: HW                  # O output channels, I input channels per group, D H W
  values:
    - [1, 2, 0]
    - [0, 3, 0]
    - [0, 0, 5]
means: cross-correlation      # what you want computed: cross-correlation (deep learning) or convolution (mathematics)
stride: 1
dilation: 1
padding: same                 # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]]
# recorded:                   # an output that you have from somewhere else; null is an element that you do not know
#   - system: my own code
#     origin: printed by my program
#     layout: HW
#     digits: 6               # significant digits printed
#     values: [[1.0, 2.0, 3.0, 4.0], [null, null, null, null], [null, null, null, null], [null, null, null, null]]
"""

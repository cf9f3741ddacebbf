"""What a command line says of resizing."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "size": "of the output, one number or one for each axis",
    "scale": "a factor, one number or one for each axis; it maps coordinates",
    "interpolation": "nearest, linear, cubic, area, lanczos3 or lanczos5, or unknown",
    "coordinates": "half_pixel (default), half_pixel_symmetric, align_corners, asymmetric or pytorch_half_pixel",
    "nearest_rounding": "floor, ceil, prefer_floor (default), prefer_ceil or unknown",
    "cubic_coefficient": "-0.75 (default), -0.5 or another, or unknown",
    "outside": "edge (default), renormalize, zero or unknown",
    "antialias": "true, false (default) or unknown",
}
NODE = "Resize"

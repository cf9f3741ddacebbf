"""Conventions that are planted in outputs, and what `explain` makes of them: `python -m benchmarks.plants`."""

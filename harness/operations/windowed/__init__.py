"""What operations share that move a window over the input."""

"""What every system's computation is an instance of: layouts, windows, and the exact evaluation."""

"""`harness explain`: the full answer about one output."""

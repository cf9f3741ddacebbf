"""What arithmetic does to a result: bounds, number formats, and how two arrays differ."""

"""What an entry point computes that moves a window, measured."""

"""The other side of the pipe: wire format, declarations and request loop.

Standard library and numpy only, and syntax of Python 3.8, so that a framework which needs an old Python can have it.
"""

"""Tracing of whole models: one module for each framework, which runs in a worker of that framework.

They import the standard library and numpy at the top, in the syntax of Python 3.8, and the framework when they start.
"""

"""Why do these two frameworks give different numbers, and what do I change so that they match?"""

__version__ = "0.1.0"

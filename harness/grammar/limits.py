"""How large the arrays of cases and files may be: judged before memory is taken for them."""

from __future__ import annotations

LARGEST = 2**28
"""Elements that one array may have."""
LARGEST_MADE = 2**26
"""Elements that a generated array may have: to draw more takes more time and memory than is had for a typing error."""

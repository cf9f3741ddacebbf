"""How large the arrays of cases and files may be: judged before memory is taken for them."""

from __future__ import annotations

LARGEST = 2**28
"""Elements that one array may have."""
LARGEST_MADE = 2**26
"""Elements that a generated array may have: to draw more takes more time and memory than is had for a typing error."""
LARGEST_UNPACKED = 2**25
"""Elements that a compressed array may have in any case; one that has more may be as large as EXPANSION allows."""
EXPANSION = 100
"""How many bytes a large array may have for each byte that is stored of it. Deflate can reach 1032, with zeros only."""
LARGEST_TEXT = 2**28
"""Bytes that a file of printed numbers may have."""
LARGEST_HEADER = 2**24
"""Bytes of what a file says of its arrays, where it is read as a whole."""
MOST_ARRAYS = 2**16
"""Arrays that a file may hold."""
LARGEST_PRINTOUT = 2**25
"""Characters that a printed array may have."""
MOST_PRINTED = 2**22
"""Elements that a printed array may have, those that were left out among them."""

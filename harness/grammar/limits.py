"""How large the arrays of cases and files may be: judged before memory is taken for them."""

from __future__ import annotations

LARGEST = 2**28
"""Elements that one array may have."""
LARGEST_MADE = 2**26
"""Elements that a generated array may have: to draw more takes more time and memory than is had for a typing error."""
LARGEST_UNPACKED = 2**22
"""Elements that a compressed array may have in any case; one that has more may be as large as EXPANSION allows."""
EXPANSION = 100
"""How many bytes a large array may have for each byte that is stored of it. Deflate can reach 1032, with zeros only."""
LARGEST_TEXT, LONGEST_LINE = 2**26, 2**22
"""Bytes that a file of printed numbers may have, and a line of one: to read a number takes ten times its bytes."""
LARGEST_HEADER = 2**24
"""Bytes of what a file says of its arrays, where it is read as a whole."""
MOST_ARRAYS = 2**16
"""Arrays that a file may hold."""
LARGEST_PRINTOUT = 2**25
"""Characters that a printed array may have."""
MOST_PRINTED = 2**22
"""Elements that a printed array may have, those that were left out among them."""
LARGEST_FILE, MOST_ELEMENTS = 2**26, 2**21
"""Bytes that a case file may have, and elements of its lists and mappings: each takes some 300 bytes to be read."""

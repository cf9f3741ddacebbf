"""Case files as text: the document with its positions, the kinds of value, and where arrays come from."""

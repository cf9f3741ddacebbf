"""The systems that compute: calls in their terms, a user's own programs, and what was asked for by name."""

"""The systems that compute: worker processes, environments, calls in their terms, and what a user asked for."""

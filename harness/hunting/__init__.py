"""Hunt: random calls of an operation on all systems; what no known convention explains, as its smallest case."""

"""What operations have in common that are told by settings: a formula, and what systems say otherwise of it."""

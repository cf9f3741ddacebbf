"""`harness walk` on networks of the kinds that people port, with mistakes that people make planted into their ports."""

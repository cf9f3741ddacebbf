"""Whole models: what one run of a model left behind (`traces`), and parameters of two models paired by their values."""

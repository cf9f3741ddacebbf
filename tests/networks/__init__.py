"""Small networks of several frameworks, made from seeds, for the tests of traces."""

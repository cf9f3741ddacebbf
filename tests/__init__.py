"""The tests; a package, so that workers can be started on `tests.fakes`."""

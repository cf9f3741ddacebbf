"""Runs on a cluster of Dask: batches of members go to its workers, each of which has a pool of its own."""

"""Caffe itself, through pycaffe: layer by layer, so that what a layer overwrites in place is read before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from harness.backends import caffe as adapter
from harness.backends.tracing.caffe_run import Network, Run, demand_shapes, weights
from harness.worker.blame import system
from harness.worker.recording import Recording
from harness.worker.tracer import Ends, Request

if TYPE_CHECKING:
    import caffe


def start() -> str:
    global caffe
    version = adapter.start()
    import caffe

    return "caffe %s" % version


def trace(request: Request, recording: Recording) -> Ends:
    network = Network(request)
    with system():
        net = caffe.Net(os.fspath(request.source[0]), os.fspath(request.source[1]), caffe.TEST)
    demand_shapes(network, ((name, tuple(net.blobs[name].shape)) for name in network.given))
    run, steps = Run(network, recording, weights(request)), {each.name: each for each in network.layers}
    for name, values in network.given.items():
        net.blobs[name].reshape(*values.shape)
        net.blobs[name].data[...] = values
    with system():
        net.reshape()
    for index, name in enumerate(net._layer_names):
        with system():
            net._forward(index, index)
        if name in steps:
            run.take(steps[name], [np.array(net.blobs[top].data) for top in steps[name].tops])
    return run.ends(network)

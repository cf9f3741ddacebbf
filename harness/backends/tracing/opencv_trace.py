"""A network of Caffe as OpenCV's `dnn` module runs it, without fusion: what a layer overwrites is kept for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.backends import opencv as adapter
from harness.backends.tracing.caffe_run import Network, Run, weights
from harness.worker.blame import system
from harness.worker.recording import Recording
from harness.worker.tracer import Ends, Request

if TYPE_CHECKING:
    import cv2


def start() -> str:
    global cv2
    version = adapter.start()
    import cv2

    return "opencv %s (Caffe's format)" % version


def trace(request: Request, recording: Recording) -> Ends:
    network = Network(request)
    run = Run(network, recording, weights(request))
    with system():
        net = cv2.dnn.readNetFromCaffe(request.source[0], request.source[1])
        net.enableFusion(False)
        net.enableWinograd(False)
        for name, values in network.given.items():
            net.setInput(np.ascontiguousarray(values, np.float32), name)
        known = {*net.getLayerNames()}
        names = [each.name for each in network.layers if each.name in known]
        made = dict(zip(names, net.forwardAndRetrieve(names)))
    for layer in network.layers:
        if layer.name in made:
            run.take(layer, [np.array(each) for each in made[layer.name]])
    return run.ends(network)

// Computes for tfjs.py: reads one JSON line per call, arrays from and to the files that it is told.
"use strict";

const fs = require("fs");
const readline = require("readline");

console.log = console.warn = console.info = console.error; // standard output belongs to the answers

const tf = require("@tensorflow/tfjs");
const [xFile, wFile, yFile] = process.env.HARNESS_FILES.split(" ");

const functions = {
  conv1d: (x, w, s) => tf.conv1d(x, w, s.strides[0], s.padding, "NWC", s.dilations[0]),
  conv2d: (x, w, s) => tf.conv2d(x, w, s.strides, s.padding, "NHWC", s.dilations),
  conv3d: (x, w, s) => tf.conv3d(x, w, s.strides, s.padding, "NDHWC", s.dilations),
};

function load(file, shape) {
  const bytes = fs.readFileSync(file);
  return tf.tensor(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), shape, "float32");
}

function answer(line) {
  try {
    const call = JSON.parse(line);
    const y = tf.tidy(() => functions[call.name](load(xFile, call.x), load(wFile, call.w), call));
    const data = y.dataSync();
    fs.writeFileSync(yFile, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    y.dispose();
    return y.shape.join(" ");
  } catch (error) {
    return "error: " + String(error.message || error).replace(/\s+/g, " ");
  }
}

const write = (text) => fs.writeSync(1, text + "\n");

tf.setBackend("cpu").then(() => {
  write(tf.version.tfjs);
  readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => write(answer(line)));
});

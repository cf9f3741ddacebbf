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
  conv2dTranspose: (x, w, s) => tf.conv2dTranspose(x, w, s.shape, s.strides, s.padding),
  conv3dTranspose: (x, w, s) => tf.conv3dTranspose(x, w, s.shape, s.strides, s.padding),
  conv3d: (x, w, s) => tf.conv3d(x, w, s.strides, s.padding, "NDHWC", s.dilations),
};

// Of a layer that is told by settings: tf.NAME(x, ...arguments), or tf.NAME(x, w, ...arguments) with a second array.
function layer(x, w, s) {
  const found = s.name.split(".").reduce((holder, part) => holder[part], tf);
  return w.size ? found(x, w, ...s.arguments) : found(x, ...s.arguments);
}

const arrays = { float32: Float32Array, int32: Int32Array, complex64: Float32Array };

function load(file, [dtype, shape]) {
  const bytes = fs.readFileSync(file);
  const values = new arrays[dtype](bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (dtype !== "complex64") return tf.tensor(values, shape, dtype);
  const part = (which) => tf.tensor(values.filter((_, index) => index % 2 === which), shape, "float32");
  return tf.complex(part(0), part(1));
}

const told = (kind, error) => kind + ": " + String(error.message || error).replace(/\s+/g, " ");

function computed(call) {
  const x = load(xFile, call.x);
  const w = load(wFile, call.w);
  const called = call.arguments ? layer : functions[call.name];
  let y, data;
  try {
    y = called(x, w, call);
    data = y.dataSync();
  } catch (error) {
    return told("error", error);
  }
  fs.writeFileSync(yFile, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return [y.dtype, ...y.shape].join(" ");
}

function answer(line) {
  try {
    const call = JSON.parse(line);
    return tf.tidy(() => computed(call));
  } catch (error) {
    return told("fault", error);
  }
}

const write = (text) => fs.writeSync(1, text + "\n");

tf.setBackend("cpu").then(() => {
  write(tf.version.tfjs);
  readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => write(answer(line)));
});

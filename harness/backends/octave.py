"""GNU Octave: `conv2`, `convn` and `filter2`, with MATLAB's conventions."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np

from harness.backends.channels import MISFIT, NOTE
from harness.backends.child import Child
from harness.worker.entry import Settings, Word, entry_point
from harness.worker.loop import Declined

NAME = "octave"
octave: Child
UPPER = {"same": Word("same", "same_upper"), "valid": Word("valid", "valid"), "full": Word("full", "full")}

PROGRAM = """
files = strsplit(getenv("HARNESS_FILES"), " ");
function a = load_from(file, dims, type)
  parts = strsplit(type, ":");
  f = fopen(file, "rb"); a = fread(f, Inf, [parts{1} "=>" parts{1}]); fclose(f);
  if numel(parts) > 1 a = complex(a(1:2:end), a(2:2:end)); end
  a = reshape(a, dims);
end
function save_to(file, a)
  if iscomplex(a) a = [real(a(:)).'; imag(a(:)).']; end
  f = fopen(file, "wb"); fwrite(f, a, class(a)); fclose(f);
end
function name = dtype_of(a)
  names = struct("single", {{"float32", "complex64"}}, "double", {{"float64", "complex128"}});
  if isfield(names, class(a)) name = names.(class(a)){1 + iscomplex(a)}; else name = class(a); end
end
function tell(kind, failure)
  printf("%s: %s\\n", kind, strrep(failure.message, "\\n", " ")); fflush(stdout);
end
function y = one(name, x, w, shape)
  if strcmp(name, "filter2") y = filter2(w, x, shape); else y = feval(name, x, w, shape); end
end
function y = over_channels(name, x, w, shape, rank, groups)
  at = repmat({":"}, 1, rank);
  outputs = size(w, rank + 2);
  for n = 1:size(x, rank + 2)
    for o = 1:outputs
      first = floor((o - 1) / (outputs / groups)) * size(w, rank + 1);
      total = 0;
      for c = 1:size(w, rank + 1)
        total = total + one(name, x(at{:}, first + c, n), w(at{:}, c, o), shape);
      end
      y(at{:}, o, n) = total;
    end
  end
end
printf("%s\\n", OCTAVE_VERSION); fflush(stdout);
while ischar(line = fgetl(stdin))
  if isempty(line) continue; end
  try
    part = strsplit(line, " ");
    groups = str2num(part{3}); x_dims = str2num(part{5}); w_dims = str2num(part{7});
    x = load_from(files{1}, x_dims, part{4});
    w = load_from(files{2}, w_dims, part{6});
    rank = numel(x_dims) - 2;
    try
      y = over_channels(part{1}, x, w, part{2}, rank, groups);
    catch failure
      tell("error", failure); continue;
    end
    save_to(files{3}, y);
    printf("%s ", dtype_of(y)); printf("%d ", size(y, 1:rank + 2)); printf("\\n"); fflush(stdout);
  catch failure
    tell("fault", failure);
  end
end
"""
"""Reads lines like `conv2 same 1 single [6,7,2,1] double [3,2,2,4]`: groups, then class and sizes of both arrays."""

CLASSES = {
    "float32": "single",
    "float64": "double",
    "complex64": "single:complex",
    "complex128": "double:complex",
    **{name: name for name in ("int8", "uint8", "int16", "int32", "int64")},
}
"""Octave's class of each dtype; `:complex` where pairs of such numbers follow each other."""


def start() -> str:
    global octave
    octave = Child(["octave-cli", "--quiet", "--norc", "--no-history", "--eval", PROGRAM])
    return octave.first_line()


def _declaration(name: str, rank: int, **more: Any) -> Dict[str, Any]:
    return {
        "name": "octave." + name,
        "ranks": [rank],
        "docs": "https://docs.octave.org/v7/Signal-Processing.html#XREF%s" % name,
        "words": UPPER,
        "keywords": {"padding": "shape=same" if name == "filter2" else "shape=full"},
        "groups": "any",
        "note": NOTE,
        **more,
    }


def _call(name: str, x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    if x.shape[1] != s.groups * w.shape[1]:
        raise Declined(MISFIT % (x.shape[1], s.groups * w.shape[1]))
    x, w = (np.moveaxis(each, (0, 1), (-1, -2)) for each in (x, w))
    # Octave reads one line ahead, so an empty one follows
    line = "%s %s %d %s %s\n" % (name, s.padding, s.groups, _about(x), _about(w))
    return np.moveaxis(octave.ask(line, x, w, "F"), (-1, -2), (0, 1))


def _about(array: np.ndarray) -> str:
    if str(array.dtype) not in CLASSES:
        raise Declined("Octave has no %s" % array.dtype)
    return "%s [%s]" % (CLASSES[str(array.dtype)], ",".join(map(str, array.shape)))


@entry_point(**_declaration("conv2", 2, reversal=True))
def conv2(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("conv2", x, w, s)


@entry_point(**_declaration("convn", 3, reversal=True))
def convn(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("convn", x, w, s)


@entry_point(**_declaration("filter2", 2))
def filter2(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("filter2", x, w, s)


ENTRY_POINTS = (conv2, convn, filter2)

"""GNU Octave: `conv2`, `convn` and `filter2`, with MATLAB's conventions."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np

from harness.backends.channels import NOTE
from harness.backends.child import Child
from harness.worker.entry import Settings, Word, entry_point

NAME = "octave"
octave: Child
UPPER = {"same": Word("same", "same_upper"), "valid": Word("valid", "valid"), "full": Word("full", "full")}

PROGRAM = """
files = strsplit(getenv("HARNESS_FILES"), " ");
function a = load_from(file, dims, type)
  f = fopen(file, "rb"); a = reshape(fread(f, prod(dims), [type "=>" type]), dims); fclose(f);
end
function save_to(file, a)
  f = fopen(file, "wb"); fwrite(f, a, class(a)); fclose(f);
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
    groups = str2num(part{4}); x_dims = str2num(part{5}); w_dims = str2num(part{6});
    x = load_from(files{1}, x_dims, part{3});
    w = load_from(files{2}, w_dims, part{3});
    rank = numel(x_dims) - 2;
    if x_dims(rank + 1) != groups * w_dims(rank + 1)
      error("the input has %d channels, the kernel takes %d", x_dims(rank + 1), groups * w_dims(rank + 1));
    end
    y = over_channels(part{1}, x, w, part{2}, rank, groups);
    save_to(files{3}, y);
    printf("%d ", size(y, 1:rank + 2)); printf("\\n");
  catch failure
    printf("error: %s\\n", strrep(failure.message, "\\n", " "));
  end
  fflush(stdout);
end
"""
"""Reads lines like `conv2 same single 1 [6,7,2,1] [3,2,2,4]`: groups, sizes of the input and of the kernel."""


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
        "groups": "any",
        "note": NOTE,
        **more,
    }


def _call(name: str, x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    kind = {"float32": "single", "float64": "double"}[str(x.dtype)]
    x, w = (np.moveaxis(each, (0, 1), (-1, -2)) for each in (x, w))
    # Octave reads one line ahead, so an empty one follows
    line = "%s %s %s %d %s %s\n" % (name, s.padding, kind, s.groups, _size(x), _size(w))
    return np.moveaxis(octave.ask(line, x, w, "F"), (-1, -2), (0, 1))


def _size(array: np.ndarray) -> str:
    return "[%s]" % ",".join(map(str, array.shape))


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

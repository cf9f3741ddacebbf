"""What a tracer takes down of a run: layers in their order, and arrays, each written as soon as it is there."""

from __future__ import annotations

import fnmatch
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.worker.archive import Archive

INFERENCE, TRAINING = "inference", "training"


class Recording:
    """A trace that is being written. `layers` are patterns of names; without any, every layer is recorded."""

    def __init__(self, archive: Archive, source: str, system: str, layers: Sequence[str] = ()) -> None:
        self._archive, self._patterns = archive, layers
        self._names: Dict[str, int] = {}
        self._layers: List[Dict[str, Any]] = []
        self._written: Dict[str, Tuple[int, ...]] = {}
        self._about = {"format": 1, "system": system, "source": source}
        self.mode = INFERENCE
        self.remarks: List[str] = []
        self.layouts: Dict[str, str] = {}

    def wants(self, name: str) -> bool:
        """Whether a layer of this name is to be recorded."""
        return not self._patterns or any(fnmatch.fnmatchcase(name, each) for each in self._patterns)

    def unique(self, name: str) -> str:
        """The name, or the name with a number that no other has yet."""
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else self.unique("%s_%d" % (name, count))

    def keep(self, name: str, values: Any, layout: str = "") -> str:
        """Writes an array, once; gives its name, "" for what holds no numbers that a trace can have."""
        if name not in self._written:
            array = np.asarray(values)
            try:
                self._archive.add(name, array)
            except ValueError as problem:
                self.remark("%s is left out: %s" % (name, problem))
                return ""
            self._written[name] = array.shape
            if layout and len(layout) == array.ndim:
                self.layouts[name] = layout
        return name

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def layer(
        self,
        name: str,
        native: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        parameters: Optional[Mapping[str, str]] = None,
        meaning: Optional[Meaning] = None,
    ) -> None:
        """Takes down a layer, of arrays that were written; `meaning` is None for what no case is about."""
        kept = {role: each for role, each in (parameters or {}).items() if each}
        ends = [each for each in inputs if each], [each for each in outputs if each]
        if not ends[1]:
            return
        meaning = meaning or Meaning(None)
        said = {"input": meaning.input, "output": meaning.output, **meaning.roles}
        arrays = {"input": ends[0][:1], "output": ends[1][:1], **{role: [each] for role, each in kept.items()}}
        layouts = {key: each for key, each in said.items() if self._fits(each, arrays.get(key, ()))}
        if meaning.everywhere and ends[0] and ends[0][0] in self.layouts:
            layouts["input"] = layouts["output"] = self.layouts[ends[0][0]]
        for key in ("input", "output"):
            if key in layouts:
                self.layouts.setdefault(arrays[key][0], layouts[key])
        self._layers.append(
            {
                "name": name,
                "operation": meaning.operation,
                "settings": meaning.settings,
                "inputs": ends[0],
                "outputs": ends[1],
                "parameters": kept,
                "layouts": layouts,
                "native": native,
            }
        )

    def _fits(self, letters: str, arrays: Sequence[str]) -> bool:
        return bool(letters and arrays) and len(letters) == len(self._written[arrays[0]])

    def write(self, inputs: Sequence[str], outputs: Sequence[str]) -> Dict[str, int]:
        """Writes the description; gives how much was recorded."""
        ends = [[self._end(name) for name in names if name] for names in (inputs, outputs)]
        said = {"mode": self.mode, "remarks": self.remarks, "inputs": ends[0], "outputs": ends[1]}
        self._archive.describe({**self._about, **said, "layers": self._layers})
        return {"layers": len(self._layers), "arrays": len(self._written)}

    def _end(self, name: str) -> Dict[str, str]:
        layout = self.layouts.get(name, "")
        return {"array": name, "layout": layout} if layout else {"array": name}


class Meaning:
    """What a layer computes, in the words of cases.

    operation: None for what no case is about. settings: keys of a case. input, output, roles: letters of the axes.
    """

    def __init__(
        self,
        operation: Optional[str],
        settings: Optional[Mapping[str, Any]] = None,
        input: str = "",
        output: str = "",
        **roles: str,
    ) -> None:
        self.operation, self.settings = operation, dict(settings or {})
        self.input, self.output, self.roles = input, output, roles

    @property
    def everywhere(self) -> bool:
        """Whether each element is made of the one in its place, so that axes stay what they are."""
        return self.operation == "activation" and not self.input

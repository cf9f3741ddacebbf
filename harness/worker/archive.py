"""An `.npz` that grows array by array, so that no more than one of them is in memory; a trace is one.

Arrays are stored as they are, not compressed: the numbers of a network shrink by a tenth at most, and are read often.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any, Mapping

import numpy as np

DESCRIPTION = "trace.json"
"""The member that describes the others. Its name is that of no array, for those end in `.npy`."""


class Archive:
    """A file that is written until `close`; a context manager, which closes it."""

    def __init__(self, path: Any) -> None:
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)

    def add(self, name: str, array: Any) -> None:
        """Writes an array of numbers; flags become 0 and 1, and what NumPy has not (bfloat16) becomes float32.

        Raises ValueError for other things than numbers, before anything is written.
        """
        values = _numbers(np.asarray(array))
        with self._file.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
            header = {"descr": values.dtype.str, "fortran_order": False, "shape": values.shape}
            np.lib.format.write_array_header_1_0(member, header)
            if values.size:
                member.write(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)

    def describe(self, description: Mapping[str, Any]) -> None:
        """Writes what the arrays are, as JSON: the file is a trace then."""
        self._file.writestr(zipfile.ZipInfo(DESCRIPTION), json.dumps(description, indent=1) + "\n")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _numbers(array: np.ndarray) -> np.ndarray:
    if array.dtype == bool:
        return array.astype(np.uint8)
    if array.dtype.name == "bfloat16":
        return array.astype(np.float32)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise ValueError("%s is no dtype of real numbers of at most 64 bits" % array.dtype)
    return array

"""Read weights of a safetensors file without torch: their names, and one at a time as numbers.

The format is eight bytes with the header's length, a JSON header, then the bytes of every tensor.
Source: https://huggingface.co/docs/safetensors (format).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Weights:
    """The tensors of one file; a tensor is read from disk when it is asked for."""

    def __init__(self, path: Path) -> None:
        """Read the header only.

        Raises:
            ModelError: the file is not safetensors.
        """
        self.path = path
        try:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = json.loads(file.read(length) if length < 1 << 27 else b"")
            header.pop("__metadata__", None)
            self._header: dict[str, dict[str, Any]] = header
        except (OSError, ValueError, AttributeError) as error:
            raise ModelError(f"is not a safetensors file ({error}).", where=str(path),
                             fix="It was written only in part, or is another format: make or download it again."
                             ) from error
        self._start = 8 + length

    @property
    def names(self) -> list[str]:
        """Return the tensors' names."""
        return list(self._header)

    def read(self, name: str) -> NDArray[Any]:
        """Return one tensor: floats of 16 bits widened to 32, other types as they are, unknown ones as bytes."""
        import numpy as np

        entry = self._header[name]
        begin, end = entry["data_offsets"]
        with self.path.open("rb") as file:
            file.seek(self._start + begin)
            raw = file.read(end - begin)
        plain = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"}
        kind = entry["dtype"]
        if kind == "BF16":
            # a bfloat16 is the upper half of a float32
            numbers: NDArray[Any] = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        elif kind in plain:
            numbers = np.frombuffer(raw, plain[kind])
            numbers = numbers.astype("<f4") if kind == "F16" else numbers
        else:
            return np.frombuffer(raw, "u1")
        return numbers.reshape(entry["shape"])


def finite(numbers: NDArray[np.generic]) -> bool:
    """Return whether no number is infinite or not a number; whole numbers always are."""
    import numpy as np

    return numbers.dtype.kind != "f" or bool(np.isfinite(numbers).all())

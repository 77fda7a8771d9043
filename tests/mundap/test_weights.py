"""Weights are read without torch, the same numbers torch reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mundap.errors import ModelError
from mundap.weights import Weights, finite


def test_numbers_of_every_type_come_back(tmp_path: Path) -> None:
    given = {"f4": np.arange(6, dtype=np.float32).reshape(2, 3), "f2": np.array([0.5, -2], np.float16),
             "i8": np.array([3], np.int64)}
    save_file(given, tmp_path / "x.safetensors", metadata={"format": "pt"})
    weights = Weights(tmp_path / "x.safetensors")
    assert sorted(weights.names) == ["f2", "f4", "i8"]
    for name, numbers in given.items():
        assert weights.read(name).tolist() == numbers.tolist()
    assert weights.read("f2").dtype == np.float32


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    header = b'{"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}'
    # 1.0 = 0x3f80, -2.5 = 0xc020, infinity = 0x7f80
    body = bytes.fromhex("803f 20c0 807f")
    path = tmp_path / "b.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + body)
    numbers = Weights(path).read("a")
    assert numbers.tolist() == [1.0, -2.5, float("inf")]
    assert not finite(numbers) and finite(numbers[:2])


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", (1 << 40).to_bytes(8, "little")])
def test_another_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not a safetensors file"):
        Weights(path)

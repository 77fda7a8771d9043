"""Which part of the chunks a machine works on: by a hash of the chunk's id, so that no list has to be shared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The number-th of `of` shards, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, chunk_id: str) -> bool:
        """Return whether a chunk is this shard's; every chunk is exactly one shard's."""
        digest = hashlib.sha256(chunk_id.encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

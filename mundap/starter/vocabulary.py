"""A Gemma vocabulary: every piece of text the model knows, in id order, with the kind of each.

Read either from the GGUF file's token lists or from a tokenizer.json; both give the same value, so trimming and
rebuilding have one path. Knows nothing of weights or of which pieces to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

SPACE = "▁"  # how normal pieces write a space


class Kind(IntEnum):
    """What a piece is. Source: the token types of the GGUF format (llama.cpp `llama_token_type`)."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Pieces and kinds; the position in both is the token's id."""

    pieces: tuple[str, ...]
    kinds: tuple[Kind, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def ids_of(self, *kinds: Kind) -> list[int]:
        """Return the ids of the pieces of these kinds, ascending."""
        return [i for i, kind in enumerate(self.kinds) if kind in kinds]

    def select(self, ids: Sequence[int]) -> Vocabulary:
        """Return the vocabulary in which position k holds what ids[k] was."""
        return Vocabulary(
            pieces=tuple(self.pieces[i] for i in ids),
            kinds=tuple(self.kinds[i] for i in ids),
        )


def from_lists(pieces: Sequence[str], types: Sequence[int]) -> Vocabulary:
    """Return the vocabulary a GGUF file's `tokenizer.ggml.tokens` and `.token_type` describe."""
    return Vocabulary(pieces=tuple(pieces), kinds=tuple(Kind(value) for value in types))


def from_tokenizer_json(tokenizer: dict[str, Any]) -> Vocabulary:
    """Return the vocabulary of a parsed tokenizer.json whose ids run from 0 without a gap."""
    ids: dict[str, int] = tokenizer["model"]["vocab"]
    added = {entry["content"]: entry for entry in tokenizer["added_tokens"]}
    by_id = {number: piece for piece, number in ids.items()} | {e["id"]: e["content"] for e in added.values()}
    pieces, kinds = [], []
    for number in range(len(by_id)):
        piece = by_id[number]
        kind = _kind(piece, added.get(piece))
        # The hub's file writes runs of spaces as ▁▁; they are matched in raw text, where a space is a space.
        pieces.append(piece.replace(SPACE, " ") if kind is Kind.USER_DEFINED else piece)
        kinds.append(kind)
    return Vocabulary(pieces=tuple(pieces), kinds=tuple(kinds))


def _kind(piece: str, added: dict[str, Any] | None) -> Kind:
    if added is not None:
        return Kind.CONTROL if added["special"] else Kind.USER_DEFINED
    is_byte = len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")
    return Kind.BYTE if is_byte else Kind.NORMAL

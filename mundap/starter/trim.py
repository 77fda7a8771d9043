"""Which pieces of Gemma's vocabulary a Korean model keeps.

Two thirds of Gemma 3 270M's parameters are the embedding of 262 thousand pieces, most of them words of languages our
documents never use. Kept: everything needed to write Korean, symbols and common English; whatever else appears in a
text still round-trips through the byte pieces. Knows nothing of files or weights.
"""

from __future__ import annotations

import itertools
import math
import unicodedata

from mundap.starter.vocabulary import SPACE, Kind, Vocabulary

# Ids grow with rarity, so "the first" means "the commonest". 26,000 covers ordinary English and stops at names.
LATIN_PIECES = 26_000
SPECIALS = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
# Marks of images and of training tricks, and thousands of reserved places; a text model has no use for them. Whether
# they count as specials differs between the GGUF file and the hub's tokenizer.json, so they are named here.
DROPPED_ADDED = ("[multimodal]", "<start_of_image>", "<end_of_image>", "<image_soft_token>", "<mask>")
DROPPED_PREFIX = "<unused"
HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xFFA0, 0xFFDC))
EMOJI_STYLE = "\ufe0f"  # a mark in Unicode's books, but part of symbols such as ⚠️
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def kept_ids(vocabulary: Vocabulary, latin_pieces: int = LATIN_PIECES) -> list[int]:
    """Return the ids to keep, ascending; every kept piece can be reached by merges of kept pieces."""
    kept, latin = set(), 0
    for number, (piece, kind) in enumerate(zip(vocabulary.pieces, vocabulary.kinds, strict=True)):
        if kind is not Kind.NORMAL:
            if _keep_other(piece, kind):
                kept.add(number)
        elif is_latin(piece):
            latin += 1
            if latin <= latin_pieces or len(piece.replace(SPACE, "")) == 1:
                kept.add(number)
        elif is_korean_text(piece):
            kept.add(number)
    return sorted(_closed(vocabulary, kept))


def is_latin(piece: str) -> bool:
    """Return whether the piece has letters and all of its characters are ASCII."""
    body = piece.replace(SPACE, "")
    return body.isascii() and any(character.isalpha() for character in body)


def is_korean_text(piece: str) -> bool:
    """Return whether the piece has Hangul, is one Han character, or has no letters (punctuation, digits, symbols)."""
    body = piece.replace(SPACE, "")
    if any(_within(character, HANGUL) for character in body):
        return True
    if len(body) == 1 and _within(body, HAN):
        return True
    return not any(unicodedata.category(character)[0] in "LM" for character in body.replace(EMOJI_STYLE, ""))


def _keep_other(piece: str, kind: Kind) -> bool:
    if kind is Kind.USER_DEFINED:
        return piece not in DROPPED_ADDED and not piece.startswith(DROPPED_PREFIX)
    return kind is Kind.BYTE or piece in SPECIALS


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


def _closed(vocabulary: Vocabulary, kept: set[int]) -> set[int]:
    """Return kept plus every piece that byte-pair encoding passes through on its way to a kept piece."""
    ids = {vocabulary.pieces[i]: i for i in vocabulary.ids_of(Kind.NORMAL)}
    closed, queue = set(kept), sorted(kept)
    while queue:
        piece = vocabulary.pieces[queue.pop()]
        if piece in ids:
            new = {ids[part] for part in merge_path(piece, ids)} - closed
            closed |= new
            queue.extend(new)
    return closed


def merge_path(piece: str, ids: dict[str, int]) -> set[str]:
    """Return the single characters and merged pieces that appear while byte-pair encoding builds the piece.

    The pair whose merged piece has the lowest id goes first, the leftmost on a tie.
    """
    parts = list(piece)
    seen = {part for part in parts if part in ids}
    while len(parts) > 1:
        pairs = [ids.get(left + right, math.inf) for left, right in itertools.pairwise(parts)]
        at = pairs.index(min(pairs))
        merged = parts[at] + parts[at + 1]
        if merged not in ids:
            break
        seen.add(merged)
        parts[at : at + 2] = [merged]
    return seen

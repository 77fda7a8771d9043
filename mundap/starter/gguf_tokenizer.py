"""The tokenizer files of a Gemma folder, rebuilt from its vocabulary.

A GGUF file lists pieces but not the merges of byte-pair encoding, and transformers' own conversion loses both them
and BOS. The merges follow from the pieces: Gemma's pieces are numbered in the order they were learnt, so a merge
exists for every split of a normal piece into two normal pieces, and the merged piece's id is its rank.
Source: huggingface/transformers `convert_slow_tokenizer.generate_merges`, the same from a SentencePiece file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mundap.starter.vocabulary import SPACE, Kind, Vocabulary

BOS, EOS, PAD, UNK = "<bos>", "<eos>", "<pad>", "<unk>"
TEMPLATE_FILE = Path(__file__).with_name("chat_template.jinja")
MAX_TOKENS = 32_768  # Gemma 3 270M's context


def merges(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return the byte-pair merges, the one applied first at the head."""
    ids = {vocabulary.pieces[i]: i for i in vocabulary.ids_of(Kind.NORMAL)}
    found: list[tuple[str, str]] = []
    for piece in ids:  # ascending id: a dict keeps insertion order
        splits = [(piece[:k], piece[k:]) for k in range(1, len(piece)) if piece[:k] in ids and piece[k:] in ids]
        found.extend(sorted(splits, key=lambda pair: (ids[pair[0]], ids[pair[1]])))
    return found


def tokenizer_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the content of tokenizer.json: byte-pair encoding with byte fallback and BOS in front."""
    ids = {piece: number for number, piece in enumerate(vocabulary.pieces)}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(vocabulary, i) for i in vocabulary.ids_of(Kind.CONTROL, Kind.USER_DEFINED)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": None,
        "post_processor": _prepend_bos(ids[BOS]),
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": UNK,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": ids,
            "merges": [list(pair) for pair in merges(vocabulary)],
        },
    }


def tokenizer_config() -> dict[str, Any]:
    """Return the content of tokenizer_config.json.

    The class is the generic one: transformers' GemmaTokenizer rebuilds normaliser and merges in its own way.
    """
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PAD,
        "unk_token": UNK,
        "clean_up_tokenization_spaces": False,
        "model_max_length": MAX_TOKENS,
        "padding_side": "left",
    }


def write(vocabulary: Vocabulary, folder: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja into a folder."""
    text = json.dumps(tokenizer_json(vocabulary), ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    config = json.dumps(tokenizer_config(), ensure_ascii=False, indent=2)
    (folder / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_bytes(TEMPLATE_FILE.read_bytes())


def _added(vocabulary: Vocabulary, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "content": vocabulary.pieces[number],
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": vocabulary.kinds[number] is Kind.CONTROL,
    }


def _prepend_bos(bos_id: int) -> dict[str, Any]:
    def sequence(name: str, type_id: int) -> list[dict[str, Any]]:
        return [
            {"SpecialToken": {"id": BOS, "type_id": type_id}},
            {"Sequence": {"id": name, "type_id": type_id}},
        ]

    return {
        "type": "TemplateProcessing",
        "single": sequence("A", 0),
        "pair": sequence("A", 0) + sequence("B", 1),
        "special_tokens": {BOS: {"id": BOS, "ids": [bos_id], "tokens": [BOS]}},
    }

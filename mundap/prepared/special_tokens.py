"""The special tokens of a tokenizer's files: which it names, and which can serve as a pad token of its own.

A pad token that equals EOS teaches programs that mask padding by its id never to end an answer. A new token would
need a resized embedding, which quantised bases refuse; so the pad is one the vocabulary already has and never writes.
Reads tokenizer.json, tokenizer_config.json and special_tokens_map.json; loads no tokenizer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ModelError

FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
# Tokens that their makers set aside for padding: Llama 3.1 to 3.3, Qwen 2.5, and the common spellings.
_MEANT_FOR_PADDING = ("<|finetune_right_pad_id|>", "<|fim_pad|>", "<pad>", "<|pad|>", "[PAD]", "<PAD>", "<|padding|>")
# Tokens that their makers set aside for nothing: Llama 3, Gemma, others.
_RESERVED = re.compile(r"<\|?(?:reserved(?:_special)?(?:_token)?_?|unused)(\d+)\|?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTokens:
    """A tokenizer's marks as text, the ids of its whole vocabulary, and the added tokens that are marked special."""

    bos: str | None
    eos: str
    pad: str | None
    unk: str | None
    ids: Mapping[str, int]
    special: frozenset[str]
    byte_fallback: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """The pad token chosen, its id, and why this one, in a few words."""

    token: str
    id: int
    reason: str


def read(folder: Path, name: str) -> SpecialTokens:
    """Return what a model folder's tokenizer files say.

    Raises:
        ModelError: tokenizer.json is missing or broken, or no EOS token is named.
    """
    whole, config, older = (content(folder / file, name) for file in FILES)
    if not whole:
        raise ModelError("has no tokenizer.json.", where=name,
                         fix="Make one in a local copy, then prepare that folder:\n"
                             "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)")
    model = whole.get("model") or {}
    vocabulary = model.get("vocab") or {}
    if isinstance(vocabulary, list):   # a unigram model lists [piece, score]
        vocabulary = {entry[0]: number for number, entry in enumerate(vocabulary)}
    added = whole.get("added_tokens") or []
    ids = {**vocabulary, **{token["content"]: token["id"] for token in added}}
    marks = {key: _text(config.get(key, older.get(key))) for key in ("bos_token", "eos_token", "pad_token", "unk_token")}
    eos = marks["eos_token"]
    if eos is None or eos not in ids:
        raise ModelError(f"its tokenizer names {'no EOS token' if eos is None else f'an EOS token {eos} it lacks'}, so"
                         " no answer could be taught to end.", where=name,
                         fix='Add "eos_token" to tokenizer_config.json in a local copy, then prepare that folder.')
    return SpecialTokens(bos=marks["bos_token"], eos=eos, pad=marks["pad_token"],
                         unk=marks["unk_token"] or model.get("unk_token"), ids=ids,
                         special=frozenset(token["content"] for token in added if token.get("special")),
                         byte_fallback=bool(model.get("byte_fallback")))


def choose_pad(tokens: SpecialTokens, *, rows: int, used: frozenset[int], name: str) -> Pad:
    """Return the pad token: the tokenizer's own when it is sound, else one it has and nobody uses.

    rows is the number of embedding rows; used holds ids that generation gives a meaning, beside EOS and BOS.

    Raises:
        ModelError: the vocabulary has none to spare.
    """
    taken = used | {tokens.ids[mark] for mark in (tokens.eos, tokens.bos) if mark is not None and mark in tokens.ids}
    free = {token: number for token, number in tokens.ids.items() if number < rows and number not in taken}
    if tokens.pad in free:
        return Pad(token=str(tokens.pad), id=free[str(tokens.pad)], reason="its own")
    for token in _MEANT_FOR_PADDING:
        if token in free:
            return Pad(token=token, id=free[token], reason="meant for padding")
    reserved = sorted((int(match[1]), token) for token in tokens.special & free.keys()
                      if (match := _RESERVED.fullmatch(token)))
    if reserved:
        return Pad(token=reserved[0][1], id=free[reserved[0][1]], reason="reserved and unused")
    # With a byte for everything unknown, <unk> never stands in real text (Llama 2 and its kin).
    if tokens.unk in free and tokens.byte_fallback:
        return Pad(token=str(tokens.unk), id=free[str(tokens.unk)], reason="never written, bytes stand in for it")
    raise ModelError(
        f"has no token to spare for padding: none meant for it, none reserved, and EOS ({tokens.eos}) must not be it.",
        where=name,
        fix='Name one in a local copy ("pad_token" in tokenizer_config.json, any token of its vocabulary that text never\n'
            "holds), then prepare that folder. A new token would need resize_vocab, which quantised bases refuse.")


def tokenizer_config(folder: Path, pad: Pad, name: str) -> dict[str, Any]:
    """Return tokenizer_config.json with the pad token; what stood in special_tokens_map.json is folded in.

    Its own chat template is left out: chat_template.jinja takes its place. The class is the generic one, which reads
    tokenizer.json as it is: transformers 5.5's LlamaTokenizer builds its own from it by the key `legacy`, which it
    does not write again, so that an exported Llama 2 or SOLAR would split the prompt otherwise than in training.
    """
    config, older = (content(folder / file, name) for file in FILES[1:])
    # There a token may be written as {"content": …}, which tokenizer_config.json does not understand.
    plain = {key: [_text(each) for each in value] if isinstance(value, list) else _text(value)
             for key, value in older.items()}
    merged = {**plain, **config, "pad_token": pad.token, "tokenizer_class": "PreTrainedTokenizerFast"}
    merged.pop("chat_template", None)
    return merged


def content(path: Path, name: str) -> dict[str, Any]:
    """Return a JSON file's object, empty when there is no such file.

    Raises:
        ModelError: it is not a JSON object.
    """
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read ({error}).", where=name,
                         fix="It came only in part, perhaps; fetch it again.") from error
    if not isinstance(loaded, dict):
        raise ModelError(f"{path.name} holds no JSON object.", where=name, fix="Fetch it again.")
    return loaded


def _text(value: Any) -> str | None:
    """Return a mark's text, written plainly or as {"content": …}."""
    if isinstance(value, dict):
        value = value.get("content")
    return str(value) if value is not None else None

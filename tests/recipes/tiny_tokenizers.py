"""Small tokenizers of the families the recipes name: their algorithm, file layout, special tokens and order of ids.

Only the vocabulary is small, learnt from this project's own Korean rows. Sources, for layout and names: the
tokenizer.json and tokenizer_config.json of meta-llama/Meta-Llama-3-8B, meta-llama/Llama-3.2-1B and Llama-2-7b-hf.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LLAMA3_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
                r"|\s+(?!\S)|\s+")
# What Llama 3 calls the ids after its vocabulary; 3.1 and later renamed four of the reserved ones.
_LLAMA3_HEAD = ("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
                "<|reserved_special_token_2|>", "<|reserved_special_token_3|>", "<|start_header_id|>",
                "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>")
_LLAMA32_HEAD = ("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
                 "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>",
                 "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>")
LLAMA3_SPECIALS = _LLAMA3_HEAD + tuple(f"<|reserved_special_token_{number}|>" for number in range(5, 251))
LLAMA32_SPECIALS = _LLAMA32_HEAD + tuple(f"<|reserved_special_token_{number}|>" for number in range(3, 248))
QWEN_SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_pad|>")
LLAMA2_SPECIALS = ("<unk>", "<s>", "</s>")


def texts() -> list[str]:
    """Return Korean text to learn a vocabulary from: rows of every committed dataset."""
    rows = [row for file in sorted((ROOT / "datasets").glob("*.json"))
            for row in json.loads(file.read_text(encoding="utf-8"))[:200]]
    return [row[key] for row in rows for key in ("instruction", "input", "output") if row.get(key)]


def write_llama3(folder: Path, specials: tuple[str, ...], *, eos: str = "<|end_of_text|>", pad: str | None = None,
                 bos: str | None = "<|begin_of_text|>", chat_template: str | None = None, size: int = 3000) -> int:
    """Write a byte-level BPE tokenizer in Llama 3's layout and return its number of ids; without BOS, as Qwen's is."""
    from tokenizers import AddedToken, Tokenizer, processors

    tokenizer = Tokenizer.from_str(_byte_level(size))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    if bos is not None:
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos} $B:1",
                                          special_tokens=[(bos, tokenizer.token_to_id(bos))])])
    marks = {"eos_token": eos, **({"bos_token": bos} if bos is not None else {})}
    config: dict[str, Any] = {
        **marks, "clean_up_tokenization_spaces": True, "model_max_length": 8192,
        "model_input_names": ["input_ids", "attention_mask"], "tokenizer_class": "PreTrainedTokenizerFast"}
    if pad is not None:
        config["pad_token"] = marks["pad_token"] = pad
    if chat_template is not None:
        config["chat_template"] = chat_template
    _write(folder, tokenizer, config, marks, specials)
    return int(tokenizer.get_vocab_size())


def write_llama2(folder: Path, *, size: int = 3000) -> int:
    """Write a BPE tokenizer with byte fallback in Llama 2's layout (SOLAR's too) and return its number of ids."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors, trainers

    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    learner.train_from_iterator(_pieces(texts()), trainers.BpeTrainer(vocab_size=size, show_progress=False))
    learnt = json.loads(learner.to_str())["model"]
    merges = [tuple(pair) for pair in learnt["merges"]]
    merged = ["".join(pair) for pair in merges]
    characters = [piece for piece in learnt["vocab"] if piece not in set(merged)]
    # Llama 2's order: the marks, the 256 bytes, then the pieces as they were merged, single characters last.
    pieces = dict.fromkeys((*LLAMA2_SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256)), *merged, *characters))
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges,
                                     unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = learner.normalizer
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:1",
                                                             special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in LLAMA2_SPECIALS])
    config = {"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>",
              "unk_token": "<unk>", "pad_token": None, "legacy": True, "sp_model_kwargs": {},
              "clean_up_tokenization_spaces": False, "model_max_length": 4096, "tokenizer_class": "LlamaTokenizer"}
    marks = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write(folder, tokenizer, config, marks, LLAMA2_SPECIALS)
    return int(tokenizer.get_vocab_size())


@lru_cache
def _byte_level(size: int) -> str:
    """Return a byte-level BPE tokenizer without special tokens; learnt once, so that twins share it."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts(), trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return str(tokenizer.to_str())


def _pieces(lines: Iterable[str]) -> Iterable[str]:
    """Yield words with the blank before them: without a pre-tokenizer, BPE would learn pieces that span words."""
    return (f" {word}" for line in lines for word in line.split())


def _write(folder: Path, tokenizer: Any, config: dict[str, Any], marks: dict[str, str], specials: tuple[str, ...]
           ) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    decoder = {str(tokenizer.token_to_id(token)): {"content": token, "lstrip": False, "normalized": False,
                                                   "rstrip": False, "single_word": False, "special": True}
               for token in specials}
    written = {"added_tokens_decoder": decoder, **{key: value for key, value in config.items() if value is not None}}
    (folder / "tokenizer_config.json").write_text(json.dumps(written, ensure_ascii=False, indent=2), encoding="utf-8")
    as_objects = {key: {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
                  for key, token in marks.items()}
    (folder / "special_tokens_map.json").write_text(json.dumps(as_objects, indent=2), encoding="utf-8")

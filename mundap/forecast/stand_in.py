"""A tokenizer that stands in for one that is not on this machine: same interface, about as many tokens.

It is another tokenizer (the starter model's, else one token a character) whose token lists are stretched or shrunk by
a ratio. Everything counted with it is an estimate and is told as one. Runs in the probe's process only, where
transformers is loaded anyway.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

# Tokens of a family's tokenizer for each token of the starter model's, by the size of its vocabulary. Measured with
# the families' own tokenizers on 559 rows of the demo (tables), 60 rows of civil_law.csv (prose) and README.ko.md:
# Llama 3 0.89, 1.05 and 0.91; Qwen 3 1.04, 1.15 and 1.02; Gemma 3 1.00, 1.00 and 0.97; Mistral, on whose vocabulary
# SOLAR is built, 1.38 and 1.41.
RATIOS = {128_256: 0.95, 151_936: 1.07, 262_144: 1.0, 32_000: 1.4}
UNKNOWN_RATIO = 1.0
# Tokens of the starter model's tokenizer for each character, on the same texts: 0.77, 0.60 and 0.50.
TOKENS_PER_CHAR = 0.7
# In another family's tokenizer these are one token each, whatever the stand-in makes of them.
_MARKS = re.compile(r"(<\|[^|<>\s]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\])")


def ratio(vocab_size: int | None) -> float:
    """Return how many tokens the missing tokenizer makes of one token of the starter model's."""
    return RATIOS.get(vocab_size or 0, UNKNOWN_RATIO)


def stand_in(folder: Path | None, stretch: float, chat_template: bool | None) -> Any:
    """Return a transformers tokenizer from a model folder (None: one token a character) with its counts stretched.

    chat_template False means that the missing tokenizer has none.
    """
    if folder is not None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(folder), padding_side="right")
    else:
        tokenizer = _by_character()
        stretch *= TOKENS_PER_CHAR
    if chat_template is False:
        tokenizer.chat_template = None
    return _stretched(tokenizer, stretch)


def _stretched(tokenizer: Any, stretch: float) -> Any:
    """Return the tokenizer with a class of its own, whose encode and call give stretched lists."""
    plain = type(tokenizer)

    class Stretched(plain):  # type: ignore[misc, valid-type]
        def encode(self, text: str, *words: Any, **options: Any) -> list[int]:
            ids: list[int] = []
            for piece in _MARKS.split(text):
                own = plain.encode(self, piece, add_special_tokens=False) if piece else []
                wanted = 1 if _MARKS.fullmatch(piece) else max(round(len(own) * stretch), 1) if own else 0
                ids += (own * math.ceil(wanted / max(len(own), 1)))[:wanted]
            return ids

        def __call__(self, texts: list[str], **options: Any) -> dict[str, list[list[int]]]:
            most = options.get("max_length") if options.get("truncation") else None
            ids = [self.encode(text)[:most] for text in texts]
            return {"input_ids": ids, "attention_mask": [[1] * len(one) for one in ids]}

    tokenizer.__class__ = Stretched
    return tokenizer


def _by_character() -> Any:
    """Return a tokenizer that makes a token of every character, with the starter model's chat template."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ("<unk>", "<pad>", "<bos>", "<eos>")
    core = Tokenizer(models.WordLevel({mark: at for at, mark in enumerate(marks)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", pad_token="<pad>", bos_token="<bos>",
                                   eos_token="<eos>", padding_side="right")
    jinja = Path(__file__).parents[1] / "starter" / "chat_template.jinja"
    made.chat_template = jinja.read_text(encoding="utf-8")
    return made

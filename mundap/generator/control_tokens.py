"""No control token from a message: what the tokenizer would read as one in a message's own text is broken first.

mundap.foreign_text breaks the tokens of the families it knows. Here the tokenizer itself is asked, so that a family
nobody thought of is held to the same: the chat template alone writes control tokens. A text without any comes back as
it was, byte for byte.
"""

from __future__ import annotations

from typing import Any

from mundap.errors import GenerationError

GAP = "\u00b7"  # a middle dot: between the letters of a token's name it is read as text, and shows that something stood there


def control_ids(tokenizer: Any) -> frozenset[int]:
    """Return the ids that a chat template or the model itself uses as marks: special ones, whether named or only added."""
    added = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return frozenset(added | set(tokenizer.all_special_ids)) - {tokenizer.unk_token_id}


def broken(text: str, tokenizer: Any, control: frozenset[int]) -> str:
    """Return text with a dot in every control token it would be read as.

    Raises:
        GenerationError: some of it is still read as one, so it cannot be sent.
    """
    for _ in range(3):
        found = control.intersection(_ids(text, tokenizer))
        if not found:
            return text
        for name in sorted(tokenizer.convert_ids_to_tokens(sorted(found)), key=len, reverse=True):
            text = text.replace(name, name[:1] + GAP + name[1:])
    raise GenerationError(f"a text holds what the model's tokenizer reads as a control token: {sorted(found)}.", where="generation",
                          fix="Look at the document or the question for letters that write the tokenizer's own marks.")


def _ids(text: str, tokenizer: Any) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])

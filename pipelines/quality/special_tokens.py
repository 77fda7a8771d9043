"""Control tokens and prompt headers inside a text: <|eot_id|>, </s>, [/INST], "### 지시", "답변:" at the start.

A heading such as "### 보험금 청구" is Markdown and stays, and so do <주1> and a comparison "a < s".
"""

from __future__ import annotations

import re

from mundap.prompt import INPUT_HEADER
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_TOKEN = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|</?(?:bos|eos|pad|unk|mask|think)>|<(?:start|end)_of_turn>|<unused\d+>"
                    r"|\[/?INST\]|<</?SYS>>|<0x[0-9A-Fa-f]{2}>", re.IGNORECASE)
_HEADER = re.compile(r"^\s{0,3}#{2,4}\s*(?:지시|지시사항|입력|출력|응답|질문|답변|명령어|맥락|Instruction|Input|Response|Output"
                     r"|System|User|Assistant|Human|Question|Answer|Context)\s*:?\s*$", re.MULTILINE | re.IGNORECASE)
_ROLE = re.compile(r"\A\s*\**(?:답변|답|출력|응답|Answer|Assistant|AI|Bot|모델|질문|Question|Human|User)\**\s?[:：]|"
                   r"^\s*(?:Human|User|Assistant|질문|답변)\s?[:：]", re.MULTILINE)


def make(domain: Domain) -> Filter:
    """Return the filter; it looks at instruction, question, answer, and at the input below its own header."""
    def judge(row: Candidate) -> str:
        for column in ("output", "question", "instruction", "system", "input"):
            text = row.text(column)
            found = marks(text.removeprefix(INPUT_HEADER) if column == "input" else text)
            if not found and column == "output":
                role = _ROLE.search(text)
                found = role[0].strip() if role else ""
            if found:
                return f"special_tokens: {column}: {found}"
        return KEEP

    return Filter(judge=judge)


def marks(text: str) -> str:
    """Return the first control token or prompt header of a text, or ""."""
    if "<" in text or "[" in text:
        token = _TOKEN.search(text)
        if token:
            return token[0]
    header = _HEADER.search(text) if "#" in text else None
    return header[0].strip() if header else ""

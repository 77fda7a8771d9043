"""An article's text taken apart again: each line with the citation of its 항, 호 and 목, its mark apart.

    "② 회사는 … 지급하지 않습니다."   -> Clause(cite="제2항", text="회사는 … 지급하지 않습니다.")
    "1. 사망한 경우: 2억원"           -> Clause(cite="제2항 제1호", text="사망한 경우: 2억원", lead="회사는 …")

Only marks that stand at a line's start count. Table rows are left to `article_questions`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mundap.chunk import Chunk
from mundap.grounding.articles import CIRCLED

_PARAGRAPH = re.compile(rf"([{CIRCLED}])\s*")
_ITEM = re.compile(r"(\d{1,2})\.\s+")
_SUB = re.compile(r"([가-하])\.\s+")
_ARTICLE = re.compile(r"(.*?)\s*(제\d+조(?:의\d+)?|(?:별표|부표|별지|붙임) ?\d*(?:의\d+)?)(?=$|\s)")
_ARTICLE_TITLE = re.compile(r"제\d+조(?:의\d+)?\s*[(\[](.*)[)\]]$")
_ANNEX_TITLE = re.compile(r"\W?(?:별표|부표|별지|붙임) ?\d*(?:의\d+)?\W?\s*(.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One line of an article. cite is "" for text before the first mark; lead is what its enumeration depends on."""

    cite: str
    text: str
    line: str
    lead: str = ""
    depth: int = 0      # 0 plain text or 항, 1 호, 2 목


def clauses(chunk: Chunk) -> list[Clause]:
    """Return the chunk's lines that are not table rows, in order."""
    found: list[Clause] = []
    parts = ["", "", ""]
    leads = ["", ""]
    for line in chunk.text.splitlines():
        if not line.strip() or line.startswith("|"):
            continue
        depth, label, text = _marked(line)
        if label:
            parts[depth:] = [label, *[""] * (2 - depth)]
        elif parts[1] or parts[2]:
            depth = 2 if parts[2] else 1      # a sentence that goes on below its item
        if depth == 0:
            leads = [text, ""]
        elif depth == 1 and label:
            leads[1] = text
        found.append(Clause(cite=" ".join(part for part in parts if part), text=text, line=line, depth=depth,
                            lead=leads[depth - 1] if depth else ""))
    return found


def article_of(chunk: Chunk) -> tuple[str, str]:
    """Return the contract's full name and the article a chunk is of: ("… 벌금 특별약관", "제1조")."""
    match = _ARTICLE.match(chunk.citation)
    return (match[1], match[2]) if match else ("", "")


def said_as(chunk: Chunk, cite: str = "") -> str:
    """Return how an answer names a part of the article: "제12조 제2항", "벌금 특별약관 제1조"."""
    return " ".join(part for part in (rider_of(chunk), article_of(chunk)[1], cite) if part)


def rider_of(chunk: Chunk) -> str:
    """Return the rider's name without the product's ("벌금 특별약관"), "" for a main contract or a statute."""
    contract, _ = article_of(chunk)
    product = str(chunk.metadata.get("product", ""))
    own = contract.rpartition(product)[2].strip() if product and product in contract else contract
    return own if own.endswith(("특별약관", "특약")) else ""


def title_of(chunk: Chunk) -> str:
    """Return the article's own title: "청약의 철회" of 제15조(청약의 철회), the words after "[별표 1]" of an annex."""
    last = chunk.breadcrumbs.split(" > ")[-1]
    match = _ARTICLE_TITLE.match(last) or _ANNEX_TITLE.match(last)
    return re.sub(r"\s*\([^()]*\)$", "", match[1]).strip() if match else ""


def _marked(line: str) -> tuple[int, str, str]:
    for depth, pattern in enumerate((_PARAGRAPH, _ITEM, _SUB)):
        match = pattern.match(line)
        if match:
            number = str(CIRCLED.index(match[1]) + 1) if depth == 0 else match[1]
            label = (f"제{number}항", f"제{number}호", f"{number}목")[depth]
            return depth, label, line[match.end():].strip()
    return 0, "", line.strip()

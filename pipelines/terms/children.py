"""The child texts of an article within a token limit, each with the citation of exactly what it holds.

Whole 항, 호 and 목 are put together in order; only one that is over the limit on its own is cut, between sentences or
table rows, by `packing.fit` if a single sentence is longer still. A text that begins in the middle of an enumeration begins
with the sentence the enumeration depends on ("회사는 다음 중 하나의 사유로 … 지급하지 않습니다."), so that no item loses its
verb.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mundap.formal_sentences import formal_sentences
from mundap.korean import nfc
from mundap.token_count import Count
from pipelines.packing import fit
from pipelines.reading import Block

_LEAD_SHARE = 3       # a repeated sentence takes at most a third of the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child's text, the parts of the section it holds ("제2항 제1호, 제2항 제2호"; "" for all or none named), its links."""

    text: str
    cite: str
    links: tuple[str, ...] = ()


def children(blocks: Sequence[Block], limit: int, count: Count, notes: Counter[str]) -> list[Child]:
    """Return the children of one section's blocks, in order. notes counts sentences that had to be cut ("line_cut")."""
    made: list[Child] = []
    held: list[Block] = []
    text = ""
    for block in blocks:
        own = _text(block)
        if not own:
            continue
        longer = f"{text}\n{own}" if text else own
        if held and count(longer) <= limit:
            held.append(block)
            text = longer
            continue
        if held:
            made.append(_child(held, text, blocks))
            held, text = [], ""
        lead = _lead(block, limit, count)
        opened = f"{lead}\n{own}" if lead else own
        if count(opened) <= limit:
            held, text = [block], opened
        else:
            pieces = _cut(block, lead, limit, count, notes)
            made += [_child([block], piece, blocks) for piece in pieces[:-1]]
            held, text = [block], pieces[-1]
    if held:
        made.append(_child(held, text, blocks))
    return made


def cite_of(blocks: Sequence[Block], whole: Sequence[Block]) -> str:
    """Return what the blocks are called together: "" for the whole section, "제2항", "제1항 제2호 ~ 제2항".

    Parts of one 항 that are all of it are called by the 항 alone.
    """
    named = [block.cite for block in blocks if block.cite]
    if not named or set(named) == {block.cite for block in whole if block.cite}:
        return ""
    heads = list(dict.fromkeys(cite.split()[0] for cite in named))
    if len(heads) == 1:
        rest = {block.cite for block in whole if block.cite.split()[:1] == heads}
        if set(named) == rest:
            return heads[0]
        return _span(named[0], named[-1])
    return _span(_top(named[0], named, whole), _top(named[-1], named, whole))


def _span(first: str, last: str) -> str:
    if first == last:
        return first
    one, other = first.split(), last.split()
    shared = 0
    while shared < min(len(one), len(other)) - 1 and one[shared] == other[shared]:
        shared += 1
    if one == other[: len(one)]:      # the 항's own sentence, then its items up to the last one held
        return f"{first} ~ {' '.join(other[len(one):])}" if len(other) > len(one) else first
    return f"{first} ~ {' '.join(other[shared:])}"


def _top(cite: str, named: Sequence[str], whole: Sequence[Block]) -> str:
    """Return the 항 of a citation when all of it is held, else the citation."""
    head = cite.split()[0]
    rest = {block.cite for block in whole if block.cite.split()[:1] == [head]}
    return head if rest <= set(named) else cite


def _child(held: Sequence[Block], text: str, whole: Sequence[Block]) -> Child:
    return Child(text=text, cite=cite_of(held, whole), links=tuple(dict.fromkeys(link for block in held for link in block.links)))


def _text(block: Block) -> str:
    return nfc("\n".join(part.strip() for part in (block.title, block.text) if part.strip()))


def _lead(block: Block, limit: int, count: Count) -> str:
    """Return the last sentence of what a block depends on, with its mark, if it leaves room."""
    if not block.lead:
        return ""
    sentences = [sentence for line in nfc(block.lead).splitlines() for sentence in formal_sentences(line)]
    for text in (nfc(block.lead), *(sentences[-1:])):
        if count(text) * _LEAD_SHARE <= limit:
            return text
    return ""


def _cut(block: Block, lead: str, limit: int, count: Count, notes: Counter[str]) -> list[str]:
    """Return a block over the limit as several texts: whole sentences, or whole rows under the table's header."""
    lines = _text(block).splitlines()
    table = len(lines) > 2 and all(line.startswith("|") for line in lines)
    head = lines[:2] if table and set(lines[1]) <= set("|-: ") else []
    if head and count("\n".join(head)) > limit // 2:
        head = []
    body = lines[len(head):] if table else [sentence for line in lines for sentence in formal_sentences(line)]
    start = "\n".join([*([lead] if lead and not head else []), *head])
    room = limit - (count(start) if start else 0)
    units = [piece for line in body for piece in fit(line, room, count, notes)]
    made: list[str] = []
    text = start
    for unit in units:
        longer = f"{text}\n{unit}" if text else unit
        if text != start and count(longer) > limit:
            made.append(text)
            longer = f"{start}\n{unit}" if start else unit
        text = longer
    made.append(text)
    return made

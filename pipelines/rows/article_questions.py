"""What an article can be asked without a model, from its structure alone, each with the answer in the article's own words.

    figure      "… 15일 이내에 …"                며칠 이내에 … 있나요?
    definition  "암: 악성신생물로 …"             암의 뜻이 무엇인가요?
    payment     "사망한 경우: 보험금 2억원"      사망한 경우, 얼마를 받을 수 있나요?
    benefit     the same where the item names no amount
    excluded    "고의로 해친 경우" under "… 지급하지 않습니다."
    items       all items of a short enumeration
    cell        a row of a table
    clause      an article of one or two sentences, by its title

An answer names the article and quotes; it adds nothing that the article does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mundap.chunk import Chunk
from mundap.korean import josa
from pipelines.rows.asking import asked
from pipelines.rows.clauses import Clause, article_of, clauses, rider_of, said_as, title_of

MAX_ITEMS = 5
MAX_CLAUSE_SENTENCES = 2
_DEFINING = re.compile(r"정의|용어")
_DENIED = re.compile(r"(?:(\S+?)(?:을|를) )?(?:지급|보상)하지 않습니다\.$|(\S+?)에는 (?:지급|보상)하지 않습니다\.$")
_MONEY = re.compile(r"\d[\d,.]*\s?(?:천|백|만|억)*원")
_BENEFIT = re.compile(r"보험금|진단비|일당|치료비|수술비|지원금|비용")
_NOMINAL = re.compile(r"(음|함|됨|임|적용|제외|포함)$")
_SAYS_LITTLE = frozenset(("목적", "준용규정"))
_REFERS = re.compile(r"제\s?\d+\s?[항호](?!\s?제)|같은 조|이 경우|다음")
_CASE = re.compile(r"(경우|때)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question of a form, by the values its wordings take, the answer's sentences, and the lines these rest on."""

    form: str
    values: Mapping[str, str]
    sentences: tuple[str, ...]
    lines: tuple[str, ...] = field(default=())


def askings(chunk: Chunk) -> list[Asking]:
    """Return everything a chunk of terms can be asked, in the order of its lines."""
    if not article_of(chunk)[1] or not title_of(chunk):
        return []
    found = clauses(chunk)
    made = [*_figures(chunk, found), *_items_of(chunk, found), *_enumerations(chunk, found), *_cells(chunk),
            *_whole(chunk, found)]
    return made


def _according(chunk: Chunk, clause: Clause | None = None) -> str:
    return f"{said_as(chunk, clause.cite if clause else '')}에 따르면"


def _called(chunk: Chunk) -> str:
    """Return the article's title, after its rider's name: every rider has 보험금의 지급사유."""
    rider, title = rider_of(chunk), title_of(chunk)
    return f"{rider} {title.removeprefix('특별약관의 ')}" if rider else title


def _figures(chunk: Chunk, found: Sequence[Clause]) -> Iterator[Asking]:
    for at, clause in enumerate(found):
        if clause.depth or "다. " in clause.text or _is_lead(found, at):
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        proviso = after if after and after.text.startswith("다만") and after.cite == clause.cite \
            and not _is_lead(found, at + 1) else None
        sentences = (f"{_according(chunk, clause)} {clause.text}", *((proviso.text,) if proviso else ()))
        lines = (clause.line, *((proviso.line,) if proviso else ()))
        for question in asked(clause.text):
            asks = f"{rider}에서 {question}" if (rider := rider_of(chunk)) else question
            yield Asking(form="figure", values={"question": asks, "title": title_of(chunk)}, sentences=sentences,
                         lines=lines)


def _items_of(chunk: Chunk, found: Sequence[Clause]) -> Iterator[Asking]:
    """Yield questions about single 호 or 목: a definition, a payment, an exclusion."""
    defining = bool(_DEFINING.search(title_of(chunk)))
    for at, clause in enumerate(found):
        if not clause.depth or _has_below(found, at) or (at and found[at - 1].cite == clause.cite):
            continue
        name, colon, value = clause.text.partition(": ")
        denied = _DENIED.search(clause.lead)
        if colon and defining and value.count("다.") < 2:
            yield Asking(form="definition", values={"term": name}, lines=(clause.line,),
                         sentences=(f"{_according(chunk, clause)} {_meaning(name, value)}",))
        elif colon and _CASE.search(name) and not _REFERS.search(name) \
                and (_MONEY.search(value) or _BENEFIT.search(value)):
            limit = "한도로 " if "한도" in clause.lead else ""    # what is paid is the loss, up to the amount
            yield Asking(form="payment" if _MONEY.search(value) else "benefit", values={"case": name}, lines=(clause.line,),
                         sentences=(f"{_according(chunk, clause)} {name}에는 {josa(value, '을/를')} {limit}지급합니다.",))
        elif denied and not colon and _CASE.search(clause.text):
            thing = denied[1] or "보험금"
            yield Asking(form="excluded", values={"case": clause.text, "thing": thing}, lines=(clause.line,),
                         sentences=(f"아니요, {_according(chunk, clause)} {clause.text}에는 "
                                    f"{josa(thing, '을/를')} 지급하지 않습니다.",))


def _meaning(term: str, value: str) -> str:
    if value.endswith("다."):
        return f"{josa(term, '은/는')} {value}"
    if _NOMINAL.search(value) or value.endswith(")"):
        return f"{josa(term, '은/는')} '{value}'{josa(value, '이라/라')[len(value):]}고 정하고 있습니다."
    return f"{josa(term, '은/는')} {josa(value, '을/를')} 말합니다."


def _enumerations(chunk: Chunk, found: Sequence[Clause]) -> Iterator[Asking]:
    """Yield one question for each short enumeration of 호 that has no other level."""
    starts = [at for at in range(len(found)) if _is_lead(found, at) and not found[at].depth]
    if len(starts) != 1 or any(clause.depth > 1 for clause in found):
        return    # with two enumerations the title does not say which is meant
    lead = found[starts[0]]
    items = [clause for clause in found if clause.depth == 1 and clause.lead == lead.text]
    if not 2 <= len(items) <= MAX_ITEMS or any(": " in one.text or len(one.text) > 60 for one in items) \
            or not lead.text.endswith("다.") or lead.text.startswith("다만"):
        return
    told = f"{lead.text[:-1]}: {'; '.join(one.text for one in items)}."
    yield Asking(form="items", values={"title": _called(chunk)}, lines=(lead.line, *(one.line for one in items)),
                 sentences=(f"{_according(chunk, lead)} {told}",))


def _cells(chunk: Chunk) -> Iterator[Asking]:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in chunk.text.splitlines() if line.startswith("|")]
    if len(rows) < 3 or not all(set(cell) <= set("-: ") for cell in rows[1]) or len(rows[0]) < 2:
        return
    lines = [line for line in chunk.text.splitlines() if line.startswith("|")]
    head, keys = rows[0], [row[0] for row in rows[2:]]
    paragraph = next((one.cite for one in reversed(clauses(chunk)) if not one.depth and "다음" in one.text), "")
    for row, line in zip(rows[2:], lines[2:], strict=True):
        if len(row) != len(head) or not row[0] or not row[-1] or keys.count(row[0]) > 1:
            continue
        column, key, what, value = head[0], row[0], head[-1], row[-1]
        ask = "얼마" if re.search(r"\d", value) and re.search(r"원|%", value) else "무엇"
        case = f"{key}({row[1]})" if len(row) > 2 else key
        answer = f"{josa(column, '이/가')} {case}일 때 {josa(what, '은/는')} {value}입니다."
        yield Asking(form="cell", lines=(line,), sentences=(f"{said_as(chunk, paragraph)}에 따르면 {answer}",),
                     values={"column": column, "key": key, "what": what, "ask": ask, "table": title_of(chunk)})


def _whole(chunk: Chunk, found: Sequence[Clause]) -> Iterator[Asking]:
    texts = [clause.text for clause in found]
    if not 1 <= len(found) <= MAX_CLAUSE_SENTENCES or "|" in chunk.text or title_of(chunk) in _SAYS_LITTLE \
            or not article_of(chunk)[1].startswith("제") \
            or any(clause.depth or not clause.text.endswith("다.") or "【" in clause.text for clause in found) \
            or any(_REFERS.search(text) for text in texts[:1]):
        return
    first = f"{_according(chunk, found[0])} {texts[0]}"
    rest = [text if text.startswith("다만") or not clause.cite else f"같은 조 {clause.cite}에 따르면 {text}"
            for clause, text in zip(found[1:], texts[1:], strict=True)]
    yield Asking(form="clause", values={"title": _called(chunk)}, sentences=(first, *rest),
                 lines=tuple(clause.line for clause in found))


def _is_lead(found: Sequence[Clause], at: int) -> bool:
    """Return whether an enumeration, or a table, hangs on the clause."""
    below = found[at + 1] if at + 1 < len(found) else None
    return "다음의" in found[at].text or (below is not None and below.depth > found[at].depth)


def _has_below(found: Sequence[Clause], at: int) -> bool:
    below = found[at + 1] if at + 1 < len(found) else None
    return below is not None and (below.depth > found[at].depth or below.cite == found[at].cite)

"""An answer as the page shows it, as HTML: text, badge, references, what was taken out, filters, timings, errors.

Pure functions from what rag returns to text; they know nothing of Gradio. Whatever a document, a question or a model
wrote is escaped, and only http and https addresses become links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.errors import MundapError
from mundap.prompt import Passage
from mundap.warmup import Warmup
from rag.answer import Answer, Citation
from rag.checks.verify import Struck
from rag.search.hit import Hit
from webui import labels
from webui.highlight import escape, passage

NEAREST = 3  # passages shown for a declined answer
OTHERS = 8   # further hits that can be opened
_CITED = re.compile(r"\s*\[(\d+)\]")


def answer(found: Answer) -> str:
    """Return a verified answer: badge, text with links to its references, and what led to it."""
    verdict = found.verdict
    numbers = {citation.number for citation in found.citations}
    return (f'<article class="answer" data-status="{escape(verdict.status)}">'
            f'<p class="asked">{escape(found.question)}</p>{_badge(found)}{_understood(found)}'
            f'<div class="said">{_paragraphs(verdict.text, numbers)}</div>'
            f"{_terms(found)}{_struck(verdict.struck)}{_footnote(found)}</article>")


def references(found: Answer) -> str:
    """Return the passages an answer cites, marked, and what else was found; for a declined answer the nearest ones."""
    if found.declined:
        nearest = "".join(_nearest(hit, found.passages) for hit in found.hits[:NEAREST])
        return (_section("가장 가까운 문서", nearest, note="답은 없지만, 질문과 가장 가까운 부분입니다.")
                + _others(found.hits[NEAREST:]))
    cited = {citation.chunk.chunk_id for citation in found.citations}
    return (_section("근거", "".join(_citation(citation, found.verdict.text) for citation in found.citations))
            + _others([hit for hit in found.hits if hit.chunk.chunk_id not in cited]))


def draft(question: str, text: str, note: str) -> str:
    """Return what the model has written so far, dimmed: nothing of it is checked yet."""
    said = f'<div class="said">{_paragraphs(text, set())}</div>' if text else ""
    return (f'<article class="answer draft" aria-busy="true"><p class="asked">{escape(question)}</p>'
            f'<p class="verdict"><span class="badge working">{escape(note)}</span></p>{said}</article>')


def notice(text: str, question: str = "") -> str:
    """Return a line from the page itself."""
    asked = f'<p class="asked">{escape(question)}</p>' if question else ""
    return f'<article class="answer">{asked}<p class="notice" role="status">{escape(text)}</p></article>'


def error(raised: MundapError) -> str:
    """Return an error's message box: what happened, where, and what to do."""
    rows = [("내용", raised.what), ("위치", raised.where), ("해결", raised.fix)]
    return _box(labels.error_title(raised), rows)


def unexpected(raised: Exception) -> str:
    """Return the message box of an error nobody planned; the server's log has the whole of it."""
    return _box("예상하지 못한 오류가 났습니다", [("내용", f"{type(raised).__name__}: {raised}"),
                                     ("해결", "서버를 실행한 터미널의 기록을 확인해 주세요.")])


def state(warmup: Warmup) -> str:
    """Return the page's line about whether the model is ready."""
    if warmup.error is not None:
        return f'<p class="state failed">모델을 준비하지 못했습니다: {escape(warmup.error.what)}</p>'
    words, kind = ("준비됨", "ready") if warmup.is_ready() else ("모델 준비 중…", "busy")
    return f'<p class="state {kind}">{words}</p>'


def safe_url(url: object) -> str:
    """Return an http or https address, or an empty text for anything else."""
    text = str(url or "").strip()
    if any(ord(letter) <= 32 for letter in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def _badge(found: Answer) -> str:
    verdict = found.verdict
    counted = f"수치·날짜·조항 {verdict.checked}개를 문서와 대조"
    checked = f'<span class="checked">{counted}</span>' if verdict.checked else ""
    label = labels.STATUS.get(verdict.status, verdict.status)
    return f'<p class="verdict"><span class="badge {escape(verdict.status)}">{escape(label)}</span>{checked}</p>'


def _paragraphs(text: str, numbers: set[int]) -> str:
    return "".join(f"<p>{_cited(line, numbers)}</p>" for line in text.splitlines() if line.strip())


def _cited(text: str, numbers: set[int]) -> str:
    """Return a text, escaped, with [1] as a link to reference 1 where there is one."""
    out, at = [], 0
    for found in _CITED.finditer(text):
        if int(found[1]) in numbers:
            out.append(f'{escape(text[at:found.start()])}<a class="cite" href="#ref-{found[1]}" '
                       f'aria-label="근거 {found[1]}">{found[1]}</a>')
            at = found.end()
    return "".join(out) + escape(text[at:])


def _struck(struck: Sequence[Struck]) -> str:
    if not struck:
        return ""
    items = "".join(f"<li><s>{escape(one.text.strip())}</s><small>{escape(labels.reason(one.reason))}</small></li>"
                    for one in struck)
    return f'<details class="struck"><summary>제외된 문장 보기 ({len(struck)}개)</summary><ul>{items}</ul></details>'


def _terms(found: Answer) -> str:
    """Return what the answer's terms mean, as the recipe's glossary tells it."""
    told = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(meaning)}</dd></div>" for term, meaning in found.terms)
    return f'<dl class="terms" aria-label="용어">{told}</dl>' if told else ""


def _understood(found: Answer) -> str:
    """Return what was taken for granted of a question: names of the talk before, the newest year, the day, the level."""
    notes = []
    if found.carried:
        notes.append(f"앞의 질문에서 이어받음: {', '.join(found.carried)}")
    for name in found.assumed:
        notes.append(f"질문에 {labels.filter_name(name)} 없음: 가장 최근인 {_joined(found.filters.get(name, ()))}에서 찾음")
    for name, values in found.dropped.items():
        notes.append(f"{labels.filter_name(name)} {_joined(values)}: 맞는 문서가 없어 이 조건은 뺌")
    if found.as_of:
        notes.append(f"{iso(found.as_of)} 기준")
    if found.level:
        notes.append(f"{found.level} 답변: {found.level_reason}" if found.level_reason else f"{found.level} 답변")
    if found.declined and found.suggestions:
        notes.append(f"혹시 이 이름인가요? {', '.join(found.suggestions)}")
    return f'<ul class="understood">{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ul>' if notes else ""


def _joined(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _footnote(found: Answer) -> str:
    """Return the recognised filters and the timings, as one quiet line."""
    filters = [f"{escape(labels.filter_name(name))} <b>{escape(', '.join(map(str, values)))}</b>"
               for name, values in found.filters.items()]
    timings = [f"{labels.TIMINGS[name]} {seconds:.1f}초" for name, seconds in _timings(found.timings_s)]
    groups = [f'<span class="filters">{" ".join(filters)}</span>' if filters else "",
              f'<span class="timings">{escape(" · ".join(timings))}</span>' if timings else ""]
    return f'<p class="footnote">{"".join(groups)}</p>' if any(groups) else ""


def _timings(timings_s: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(name, timings_s[name]) for name in labels.TIMINGS if name in timings_s]


def _section(title: str, body: str, note: str = "") -> str:
    if not body:
        return ""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section class="references"><h2>{escape(title)}</h2>{said}{body}</section>'


def _citation(citation: Citation, text: str) -> str:
    """Return a reference; marked are the lines the check found, and sentences of the answer that stand in it word for word.

    Prose without a figure has no line of its own in the check, so that quotation is its only mark.
    """
    number = f'<span class="number">{citation.number}</span>'
    body = passage(citation.chunk.text, [*citation.lines, *_said_of(citation.number, text)])
    source = _source(citation.chunk, citation.amended)
    return f'<article class="reference" id="ref-{citation.number}">{number}{source}{body}</article>'


def _said_of(number: int, text: str) -> list[str]:
    """Return the sentences of an answer that cite a reference: what stands between one [n] and the next."""
    parts = _CITED.split(text)
    return [said.strip() for said, cited in zip(parts[::2], parts[1::2], strict=False) if int(cited) == number]


def _others(hits: Sequence[Hit]) -> str:
    """Return further hits, folded."""
    if not hits:
        return ""
    shown = "".join(_hit(hit, passage(hit.chunk.text)) for hit in hits[:OTHERS])
    return (f'<details class="others"><summary>다른 검색 결과 ({len(hits[:OTHERS])}건)</summary>{shown}</details>')


def _hit(hit: Hit, body: str) -> str:
    found_by = f'<small class="found">{escape(labels.retriever(hit.retriever))}, {hit.rank}위</small>'
    return f'<article class="reference">{_source(hit.chunk)}{body}{found_by}</article>'


def _nearest(hit: Hit, passages: Sequence[Passage]) -> str:
    """Return a hit with the lines the prompt quoted of it, or its own text when it was not quoted."""
    quoted = next((one.text for one in passages if one.chunk_id == hit.chunk.chunk_id), hit.chunk.text)
    return _hit(hit, passage(quoted))


def _source(chunk: Chunk, amended: str = "") -> str:
    """Return where a chunk is from: title, citation without the title again, date, what amended it since, link."""
    title = chunk.breadcrumbs.split(" > ")[0]
    citation = chunk.citation.removeprefix(title).lstrip(", >") or chunk.citation
    date, url = iso(chunk.date), safe_url(chunk.metadata.get("url"))
    parts: list[Any] = [
        f'<span class="cited">{escape(citation)}</span>' if citation != title else "",
        f'<time datetime="{date}">{date}</time>' if date else "",
        f'<strong class="amended">이후 정정됨: {escape(amended)}</strong>' if amended else "",
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">원문 열기</a>' if url else ""]
    return f'<header><h3>{escape(title)}</h3><p class="meta">{"".join(parts)}</p></header>'


def _box(title: str, rows: Sequence[tuple[str, str]]) -> str:
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    return f'<article class="answer error" role="alert"><h2>{escape(title)}</h2><dl>{shown}</dl></article>'

"""Random DART documents: any nesting of the vocabulary, with texts that tempt a reader to lose or change them."""

from __future__ import annotations

import random
from xml.sax.saxutils import escape

TEXTS = (
    "가", "매출액", "1,234", "-", "△5", "(단위 : 백만원)", "제 12 기", "2023.12.31 현재", "※ 주석", "(*) 각주",
    "(주1) 설명", "a|b", "<br>", "\\", "\\|", "# 제목", "II. 사업", "Ⅱ", "e\u0301", "\u1100\u1161", "R&D", "<주1>",
    "1. 개요", "정 정 전", "정정 후", "사 업 보 고 서", "---", "| --- |", "&cr;", "&nbsp;", "한 문장입니다.",
    "연결재무제표", "합계", "%", "𠀀", "\u00ad", "가나다 " * 40,
)  # fmt: skip
CONTAINERS = ("SECTION-1", "SECTION-2", "SECTION-3", "PART", "LIBRARY", "INSERTION", "CORRECTION", "COVER", "TABLE-GROUP")
LEFT_OUT = ("TOC", "COMMENT", "FILENAME", "WARNING", "LIBRARYLIST")


def document(rng: random.Random, *, strays: bool) -> str:
    """Return a whole document; strays puts text and elements also where DART has none."""
    body = "".join(_block(rng, 0, strays) for _ in range(rng.randint(1, 8)))
    return (
        '<DOCUMENT><DOCUMENT-NAME ACODE="11011">사업보고서</DOCUMENT-NAME><COMPANY-NAME AREGCIK="00999999">가온'
        f"</COMPANY-NAME><BODY>{body}</BODY></DOCUMENT>"
    )


def _text(rng: random.Random) -> str:
    chosen = rng.choice(TEXTS) if rng.random() < 0.8 else chr(rng.choice((rng.randint(33, 126), rng.randint(0xAC00, 0xD7A3))))
    return chosen if chosen.startswith("&") else escape(chosen)


def _inline(rng: random.Random, depth: int, strays: bool) -> str:
    parts = [_text(rng)]
    for _ in range(rng.randint(0, 2)):
        parts.append(f"<SPAN>{_inline(rng, depth + 1, False) if depth < 3 else _text(rng)}</SPAN>")
        parts.append(_text(rng) if rng.random() < 0.5 else "\n")
    if strays and depth < 3 and rng.random() < 0.1:
        parts.append(_table(rng, depth + 1, strays))
    return "".join(parts)


def _block(rng: random.Random, depth: int, strays: bool) -> str:
    stray = _text(rng) if strays and rng.random() < 0.2 else ""
    kind = rng.random()
    if kind < 0.35 and depth < 4:
        name = rng.choice(CONTAINERS)
        title = f"<TITLE>{_inline(rng, 3, False)}</TITLE>" if rng.random() < 0.8 else ""
        inner = "".join(_block(rng, depth + 1, strays) for _ in range(rng.randint(0, 4)))
        return f"{stray}<{name}>{title}{inner}</{name}>"
    if kind < 0.65:
        return _table(rng, depth, strays) + stray
    if kind < 0.72:
        return f"<{(name := rng.choice(LEFT_OUT))}>{_text(rng)}</{name}>"
    if kind < 0.78:
        return f"<TITLE>{_inline(rng, 0, strays)}</TITLE>{stray}"
    return f"<P>{_inline(rng, 0, strays)}</P>{stray}"


def _table(rng: random.Random, depth: int, strays: bool) -> str:
    rows, columns = rng.randint(1, 5), rng.randint(1, 4)
    head = rng.randint(0, min(2, rows - 1))
    lines = [_row(rng, columns, "TH" if y < head else "", depth, strays) for y in range(rows)]
    thead = f"<THEAD>{''.join(lines[:head])}</THEAD>" if head else ""
    stray = f"<P>{_text(rng)}</P>{_text(rng)}" if strays and rng.random() < 0.1 else ""
    return f'<TABLE BORDER="{rng.randint(0, 1)}">{stray}{thead}<TBODY>{"".join(lines[head:])}</TBODY></TABLE>'


def _row(rng: random.Random, columns: int, tag: str, depth: int, strays: bool) -> str:
    cells = []
    for _ in range(rng.randint(0, columns)):
        name = tag or rng.choice(("TD", "TD", "TE", "TU"))
        spans = "".join(f' {span}="{rng.randint(1, 3)}"' for span in ("COLSPAN", "ROWSPAN") if rng.random() < 0.15)
        kind = rng.random()
        if kind < 0.1 and depth < 3:
            inner = _text(rng) + _table(rng, depth + 1, strays)
        elif kind < 0.4:
            inner = "".join(f"<P>{_inline(rng, 2, False)}</P>" for _ in range(rng.randint(1, 5)))
        else:
            inner = _inline(rng, 2, False) if rng.random() < 0.8 else ""
        cells.append(f"<{name}{spans}>{inner}</{name}>")
    return f"<TR>{_text(rng) if strays and rng.random() < 0.05 else ''}{''.join(cells)}</TR>"

"""A chunk's text as HTML with its supporting lines marked: lines, tables of `| a | b |` rows, and an excerpt of both.

Everything that comes in is text and is escaped here; what comes out is HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webui.words import Words

SHOWN_WHOLE = 12   # a text of up to this many lines is shown whole
AROUND = 2         # lines shown before and after a supporting one
_RULE = re.compile(r"^\|[\s|:-]*\|?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a text and the places of it to mark, as (start, end), in order and apart."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


def escape(text: object) -> str:
    """Return text that means only itself in HTML, in an attribute too."""
    return html.escape(str(text), quote=True)


def mark(text: str, supports: Sequence[str]) -> list[Line]:
    """Return the lines of a text, what supports an answer marked.

    A support that is a whole line marks that line and no other ("…: 12" must not mark "…: 123"); any other support is
    a sentence, marked where it stands in a line, blanks aside.
    """
    rows = [row for row in text.splitlines() if row.strip()]
    whole = {row.strip() for row in rows}
    wanted = [support.strip() for support in supports if support.strip()]
    exact = {support for support in wanted if support in whole}
    parts = [re.compile(r"\s+".join(map(re.escape, support.split()))) for support in wanted if support not in exact]
    lines = []
    for row in rows:
        spans = [(0, len(row))] if row.strip() in exact else [found.span() for part in parts
                                                              for found in part.finditer(row)]
        lines.append(Line(text=row, spans=tuple(_apart(spans))))
    return lines


def passage(text: str, supports: Sequence[str], words: Words) -> str:
    """Return a text as HTML: whole when short, else the lines around the marked ones, with the whole folded below."""
    lines = mark(text, supports)
    marked = [at for at, line in enumerate(lines) if line.spans]
    if len(lines) <= SHOWN_WHOLE:
        return _rendered(lines, range(len(lines)), words)
    near = [at for at in range(len(lines)) if any(abs(at - other) <= AROUND for other in marked)]
    return (_rendered(lines, near or range(SHOWN_WHOLE // 2), words)
            + f'<details class="whole"><summary>{escape(words("answer.whole", count=len(lines)))}</summary>'
              f"{_rendered(lines, range(len(lines)), words)}</details>")


def _rendered(lines: Sequence[Line], shown: Iterable[int], words: Words) -> str:
    """Return the lines at the places shown, runs of table rows as tables, and a sign where lines are left out."""
    out: list[str] = []
    rows: list[str] = []
    gap = f'<p class="gap"><span aria-hidden="true">⋯</span><span class="unseen">{escape(words("answer.gap"))}</span></p>'
    last = -1
    for at in shown:
        line = lines[at]
        table = line.text.lstrip().startswith("|")
        if rows and (not table or at != last + 1):
            out.append(_table(rows))
            rows = []
        if at != last + 1:
            out.append(gap)
        if table and not _RULE.match(line.text.strip()):
            rows.append(_row(line))
        elif not table:
            out.append(f"<p>{_marked(line)}</p>")
        last = at
    if rows:
        out.append(_table(rows))
    if last + 1 < len(lines):
        out.append(gap)
    return f'<div class="passage">{"".join(out)}</div>'


def _table(rows: Sequence[str]) -> str:
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>'


def _row(line: Line) -> str:
    cells = [escape(cell.strip()) for cell in line.text.strip().strip("|").split("|")]
    if line.spans:
        cells = [f"<mark>{cell}</mark>" if cell else "" for cell in cells]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _marked(line: Line) -> str:
    out, at = [], 0
    for start, end in line.spans:
        out.append(f"{escape(line.text[at:start])}<mark>{escape(line.text[start:end])}</mark>")
        at = end
    return "".join(out) + escape(line.text[at:])


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans in order, those that touch or overlap as one."""
    held: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if held is not None and start <= held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held

"""Terms or a statute as a list of articles, each with its place, its units and what they refer to.

    lines -> heads -> outline -> units -> links

Every non-blank character of the lines ends in a unit, in a heading (a part's label, a division, a contract's name), or is
counted in `trimmed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.terms.heads import heads
from pipelines.terms.outline import ContractKind, Part, PartKind, Refused, outline
from pipelines.terms.references import Link, links
from pipelines.terms.source_lines import SourceLines, inked
from pipelines.terms.units import Unit, units
from pipelines.terms.wrapping import Joiner

FRONT = "앞부분"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, annex, or text that stands between them.

    path holds contract, divisions and heading from the outermost in; cite is what a person writes before 제1항 ("제12조",
    "별표 3", "부칙 <제471호> 제1조"). links has one tuple for each unit. line and page are the heading's in the source.
    scope and number name the article for links: within a scope a number stands once.
    """

    kind: PartKind
    path: tuple[str, ...]
    cite: str
    contract: str
    contract_kind: ContractKind
    units: tuple[Unit, ...]
    number: tuple[int, int] = (0, 0)
    title: str = ""
    scope: int = 0
    supplement: bool = False
    line: int = 0
    page: int = 0
    links: tuple[tuple[Link, ...], ...] = ()


@dataclass(slots=True, kw_only=True)
class Terms:
    """A document's articles in order. refused are lines with a heading's form that open nothing; dropped is counted ink."""

    articles: list[Article] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def breadcrumbs(self) -> dict[tuple[int, tuple[int, int]], str]:
        """Return (scope, article number) -> breadcrumbs, for links."""
        return {(one.scope, one.number): " > ".join(one.path) for one in reversed(self.articles) if one.kind == "article"}


def read_terms(lines: SourceLines, *, statute: bool = False) -> Terms:
    """Return the structure of lines. statute: the document is a law, so that its name is no contract."""
    joiner = Joiner(lines.texts, wrapped=lines.wrapped)
    made = outline(lines, list(heads(lines, joiner)), statute=statute)
    terms = Terms(refused=made.refused, dropped=dict(lines.dropped))
    previous = _previous_articles(made.parts)
    borders = contents = bare = 0
    for at in made.contents:
        contents += inked(lines.texts[at])
    for part, following in zip(made.parts, [*made.parts[1:], None], strict=True):
        found, frame = _units(lines, part, joiner, made.contents)
        borders += frame
        if not found and _holds_others(part, following):
            continue
        if not found and part.kind == "text" and not part.divisions and not part.supplement:
            bare += inked(part.contract)
            continue
        terms.articles.append(_article(lines, part, found, previous))
    counted = {"contents pages": contents, "marks of headings": made.trimmed, "names with nothing under them": bare,
               "table borders": borders}
    terms.dropped |= {name: ink for name, ink in counted.items() if ink}
    return terms


def _units(lines: SourceLines, part: Part, joiner: Joiner, contents: set[int]) -> tuple[list[Unit], int]:
    start, end = part.start, part.end
    if contents and any(start <= at < end for at in contents):
        found: list[Unit] = []
        borders = 0
        for first, last in _kept(start, end, contents):
            more, frame = units(lines, first, last, part.rest if first == start else "", joiner, numbered=part.kind == "article")
            borders += frame
            found += [Unit(cite=one.cite, text=one.text, table=one.table) for one in more]
        return found, borders
    return units(lines, start, end, part.rest, joiner, numbered=part.kind == "article")


def _kept(start: int, end: int, skipped: set[int]) -> Iterator[tuple[int, int]]:
    first = start
    for at in range(start, end):
        if at in skipped:
            if at > first:
                yield first, at
            first = at + 1
    if end > first:
        yield first, end


def _holds_others(part: Part, following: Part | None) -> bool:
    """Return whether an empty part's names live on in the path of what follows."""
    if part.kind == "front":
        return True
    if part.kind != "text" or following is None:
        return False
    return (following.contract, following.supplement) == (part.contract, part.supplement) and \
        following.divisions[: len(part.divisions)] == part.divisions


def _article(lines: SourceLines, part: Part, found: Sequence[Unit],
             previous: dict[tuple[int, tuple[int, int]], tuple[int, int]]) -> Article:
    path = tuple(name for name in (part.contract, part.supplement, *part.divisions, part.label) if name)
    if not found:      # a heading with nothing under it is its own text
        found = [Unit(cite=(), text=path[-1] if path else FRONT)]
        path = path[:-1] or path
    order = _Order(previous, part.scope)
    number = part.number if part.kind == "article" else (0, 0)
    return Article(
        kind=part.kind, path=path or (FRONT,), cite=_cite(part), contract=part.contract, contract_kind=part.contract_kind,
        units=tuple(found), number=number, title=part.title, scope=part.scope, supplement=bool(part.supplement),
        line=lines.numbers[part.at] if lines.numbers else 0, page=lines.pages[part.at] if lines.pages else 0,
        links=tuple(links(unit.text, number, unit.cite, order=order) for unit in found))


class _Order(dict[tuple[int, int], tuple[int, int]]):
    """Article -> the one before it, within one scope."""

    def __init__(self, previous: dict[tuple[int, tuple[int, int]], tuple[int, int]], scope: int) -> None:
        self._previous, self._scope = previous, scope

    def get(self, number: tuple[int, int], default: tuple[int, int] | None = None) -> tuple[int, int] | None:  # type: ignore[override]
        return self._previous.get((self._scope, number), default)


def _previous_articles(parts: Sequence[Part]) -> dict[tuple[int, tuple[int, int]], tuple[int, int]]:
    found: dict[tuple[int, tuple[int, int]], tuple[int, int]] = {}
    last: Part | None = None
    for part in parts:
        if part.kind == "article":
            if last is not None and last.scope == part.scope:
                found[part.scope, part.number] = last.number
            last = part
    return found


def _cite(part: Part) -> str:
    """Return the part's name as a person cites it, without the contract."""
    number, sub = part.number
    if part.kind == "article":
        own = f"{number}." if part.old_style else f"제{number}조" + (f"의{sub}" if sub else "")
        if part.old_style and part.title:
            own = f"{number}. ({part.title})"
    elif part.kind == "annex":
        own = _annex_name(part.title)
    else:
        own = ""
    return " ".join(name for name in (part.supplement, own) if name)


def _annex_name(title: str) -> str:
    """Return "별표 3" for "별표3"."""
    at = next((place for place, letter in enumerate(title) if letter.isdigit() or letter == "제"), len(title))
    return f"{title[:at]} {title[at:]}".strip()

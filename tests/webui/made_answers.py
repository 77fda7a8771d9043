"""Answers made by hand for the tests of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mundap.chunk import Chunk
from mundap.prompt import Passage
from rag.answer import Answer, Citation, Delta
from rag.checks.verify import Verdict
from rag.inquiry import Inquiry
from rag.search.hit import Hit
from tests.rag.small_index import chunk

FACTS = ("가온누리전자 2023년 매출액: 12백만원\n가온누리전자 2023년 매출액: 123백만원\n"
         "가온누리전자 2023년 자산: 9백만원")


def hit(of: Chunk, rank: int = 1) -> Hit:
    return Hit(chunk=of, score=0.5, rank=rank, retriever="dense+bm25")


def answered(text: str = "매출액은 12백만원입니다. [1]", *, status: Any = "verified", chunk_text: str = FACTS,
             lines: tuple[str, ...] = ("가온누리전자 2023년 매출액: 12백만원",), **verdict: Any) -> Answer:
    """Return an answer that cites one chunk and leaves another."""
    cited = chunk(chunk_text, doc_id="a", breadcrumbs="가온누리전자 2023 사업보고서 > III. 재무", url="https://dart.example/1")
    other = chunk("다른 문서의 글.", doc_id="b", breadcrumbs="다른 문서")
    citations = () if status == "declined" else (Citation(number=1, chunk=cited, lines=lines),)
    return Answer(
        question="매출액은?", text=text, citations=citations, hits=(hit(cited), hit(other, 2)),
        verdict=Verdict(text=text, status=status, citations=tuple(one.number for one in citations), checked=2,
                        **verdict),
        passages=(Passage(number=1, head="가온누리전자", lines=tuple(chunk_text.splitlines()[:1]),
                          chunk_id=cited.chunk_id),),
        filters={"company": ("가온누리전자",), "fiscal_year": (2023,)}, timings_s={"retrieve": 0.12, "total": 1.55})


Event = Delta | Answer | Exception


class ScriptedStream:
    """An answerer that yields given events and remembers whether its iterator was closed before the end."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.asked: list[str] = []
        self.cancelled = False

    def stream(self, asked: Inquiry) -> Iterator[Delta | Answer]:
        self.asked.append(asked.text)
        done = False
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
            done = True
        finally:
            self.cancelled = not done

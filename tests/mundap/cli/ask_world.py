"""A small project that `mundap ask` can answer from without a model; run as a script, the command in a process of its own.

    python -m tests.mundap.cli.ask_world SECONDS_A_BATCH BATCH ask configs/demo/rag.yaml …
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.errors import GenerationError
from mundap.generator import Decoding, Generation, OnDone, Request
from mundap.paths import resolve
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built, chunk, fact

Ask = Callable[..., tuple[int, str, str]]   # the words after `mundap ask RECIPE`: exit code, stdout, stderr
RECIPE = "configs/demo/rag.yaml"
DECLINE = "문서에 해당 내용이 없습니다."
COMPANIES, YEARS = ("가온누리전자", "한빛바이오", "다솔건설"), range(2018, 2024)
EVIL = "<img src=x onerror=alert(1)> [문](http://evil.example) \x1b[31m# 제목"
ITEMS = ("매출액", "영업이익", "자산총계", "부채총계")


def value(company: str, year: int, item: str) -> str:
    """Return the figure that a report of the world holds."""
    return f"{COMPANIES.index(company) + 1},{year % 100:02}{ITEMS.index(item)}백만원"


def chunks() -> list[Chunk]:
    """Return reports of three companies, one figure that was amended later, and a document that means harm."""
    reports = [chunk("\n".join(f"{company} {year}년 {item}: {value(company, year, item)}" for item in ITEMS),
                     doc_id=f"{company}{year}", date=(year + 1) * 10_000 + 315, company=company, fiscal_year=year,
                     breadcrumbs=f"{company} {year} 사업보고서", kind="facts")
               for company in COMPANIES for year in YEARS]
    old = chunk("나래식품 2022년 매출액: 7,000백만원", doc_id="n22", date=20230315, superseded_by="n22b",
                company="나래식품", fiscal_year=2022, breadcrumbs="나래식품 2022 사업보고서")
    new = fact("나래식품", 2022, "8,000백만원", doc_id="n22b")
    evil = chunk(f"악의상사 2023년 매출액: 9백만원\n{EVIL}", doc_id="evil", company="악의상사", fiscal_year=2023,
                 breadcrumbs=f"악의상사 {EVIL}")
    return [*reports, old, Chunk(**{name: getattr(new, name) for name in Chunk.__slots__} | {"date": 20230901}), evil]


def reply(request: Request) -> str:
    """Answer as a model would that reads: the line of the company, year and item asked for, else declining."""
    asked, passages = request.content.rpartition("질문: ")[2], request.content.rpartition("질문: ")[0]
    if "망가진" in asked:
        raise GenerationError("the model broke on this one.", fix="Ask something else.")
    number = ""
    for line in passages.splitlines():
        number = found[1] if (found := re.match(r"\[(\d+)\]", line)) else number
        told = re.match(r"(?P<company>\S+) (?P<year>\d{4})년 (?P<item>\S+): (?P<value>\S+)$", line)
        if told and told["company"] in asked and told["year"] in asked and told["item"] in asked:
            return f"{told['company']}의 {told['year']}년 {told['item']}은 {told['value']}입니다. [{number}]"
    return DECLINE


class SlowGenerator(ScriptedGenerator):
    """Takes its time over a batch."""

    seconds = 0.0

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None) -> list[Generation]:
        time.sleep(self.seconds)
        return super().generate(requests, decoding, on_done)


def build(project: Path) -> None:
    """Write index, model folder and recipe of the world into a project made of our recipes."""
    built(project, chunks(), HashingEmbedder())
    model = resolve("exports/demo", project)
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}", encoding="utf-8")
    recipe = project / "configs/demo/rag.yaml"
    levels = "\nlevels:\n" + "".join(
        f"  {name}: {{instruction: configs/prompts/dart/level_{file}.txt}}\n"
        for name, file in (("초급", "beginner"), ("중급", "intermediate"), ("고급", "advanced")))
    written, found = re.subn(r"\nlevels:.*?\n(?=\n)", lambda _: levels, recipe.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert found == 1
    recipe.write_text(written, encoding="utf-8")


def live_in(put: Callable[[Any, str, Any], None], seconds: float = 0.0) -> list[ScriptedGenerator]:
    """Let the answerer embed by hashing and generate by script; return the generators as they are opened."""
    import rag.answer
    import rag.search.retrieve

    opened: list[ScriptedGenerator] = []

    def open_generator(settings: Any, project: Path) -> ScriptedGenerator:
        generator = SlowGenerator(reply)
        generator.seconds = seconds
        opened.append(generator)
        return generator

    put(rag.search.retrieve, "Embedder", lambda folder: HashingEmbedder())
    put(rag.answer, "open_generator", open_generator)
    return opened


if __name__ == "__main__":
    import rag.batch
    from mundap.cli.main import entry

    live_in(setattr, float(sys.argv[1]))
    rag.batch.BATCH = int(sys.argv[2])
    sys.argv = ["mundap", *sys.argv[3:]]
    entry()

"""A pool built by hand: four companies, two years, one chunk for each; and settings with every kind and level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.levels import load_levels
from mundap.terms import load_terms
from pipelines.facts import PlacedFact
from pipelines.rows.glossary import load_ratios
from pipelines.rows.pool import Pool
from pipelines.rows.settings import FORMS_OF, RowSettings
from pipelines.rows.templates import FORMS, load_templates
from pipelines.split import Part

PROJECT = Path(__file__).resolve().parents[3]
PROMPTS = PROJECT / "configs/prompts"
COMPANIES = ("가온누리전자", "한빛나래식품", "푸른솔제약", "은하수중공업")
LEVELS = {"초급": {"instruction": "configs/prompts/dart/level_beginner.txt"},
          "중급": {"instruction": "configs/prompts/dart/level_intermediate.txt"},
          "고급": {"instruction": "configs/prompts/dart/level_advanced.txt", "prior_year": True}}


def placed(company: str, year: int, item: str, value: str, unit: str = "백만원", *, basis: str = "연결",
           period: str = "", chunk: str = "") -> PlacedFact:
    """Return a fact in the chunk of its company and year, unless another is named."""
    label = " ".join(part for part in (company, f"{year}년", period, basis, item) if part)
    return PlacedFact(doc_id=company, chunk_id=chunk or f"{company}-{year}{period}", company=company, fiscal_year=year,
                      section="III. 재무에 관한 사항 > 1. 요약재무정보", basis=basis, item=item, value=value, unit=unit,
                      line=f"{label}: {value}{unit}", locator="table 1", period=period)


def figures() -> list[PlacedFact]:
    """Return each company's sales, profit, balance, people and a table with a total, for 2022 and 2023."""
    found = []
    for at, company in enumerate(COMPANIES, start=1):
        for year in (2022, 2023):
            grown = 100 * at + (year - 2022) * 7
            found += [placed(company, year, "매출액", f"{grown * 1000 + at:,}"),
                      placed(company, year, "영업이익", f"{grown - 101 * (year == 2022):,}"),
                      placed(company, year, "부채총계", f"{grown * 900:,}"),
                      placed(company, year, "자본총계", f"{grown * 1100:,}"),
                      placed(company, year, "직원수", f"{grown:,}", "명", basis=""),
                      placed(company, year, "연구비 재료비", f"{grown * 3:,}", basis="", chunk=f"{company}-{year}-table"),
                      placed(company, year, "연구비 인건비", f"{grown * 5:,}", basis="", chunk=f"{company}-{year}-table"),
                      placed(company, year, "연구비 합계", f"{grown * 8:,}", basis="", chunk=f"{company}-{year}-table")]
    return found


def pool(facts: Sequence[PlacedFact], parts: Mapping[str, Part] | None = None) -> Pool:
    """Return the facts with a chunk for each chunk_id, all of them for training unless told otherwise."""
    lines: dict[str, list[PlacedFact]] = {}
    for fact in facts:
        lines.setdefault(fact.chunk_id, []).append(fact)
    chunks = [Chunk(chunk_id=name, doc_id=held[0].doc_id, parent_id="p", level="child",
                    text="\n".join(fact.line for fact in held), citation=f"{held[0].company} 사업보고서",
                    breadcrumbs=f"{held[0].company} {held[0].fiscal_year} 사업보고서 > 1. 요약재무정보", token_count=9,
                    date=20240318, metadata={"company": held[0].company, "fiscal_year": held[0].fiscal_year,
                                             "kind": "facts", "section": held[0].section})
              for name, held in lines.items()]
    return Pool(chunks, facts, parts or dict.fromkeys({fact.doc_id for fact in facts}, "train"), {})


def settings(**changes: Any) -> RowSettings:
    """Return settings with every kind, level and glossary of configs/prompts/dart, laid over by changes."""
    parts: tuple[Part, ...] = ("train", "eval")
    forms = {form: {part: load_templates(PROMPTS / f"dart/{form}_{part}.txt", (*FORMS[form], "prior"), FORMS[form])
                    for part in parts} for kind in FORMS_OF for form in FORMS_OF[kind]}
    given: dict[str, Any] = {
        "dataset": "made", "instruction": "문서만 보고 답하라.", "decline_text": "문서에 해당 내용이 없습니다.", "top_k": 3,
        "lines_per_passage": 4, "facts_per_document": 10, "unanswerable_share": 0.2, "single_passage_share": 0.0,
        "seed": 7, "forms": forms,
        "templates": {part: load_templates(PROMPTS / f"demo/questions_{part}.txt") for part in parts},
        "kinds": {"lookup": 0.4, "change": 0.2, "comparison": 0.1, "share": 0.2, "ranking": 0.1},
        "levels": load_levels(LEVELS, PROJECT), "terms": load_terms("configs/prompts/dart/terms.yaml", PROJECT),
        "ratios": load_ratios("configs/prompts/dart/ratios.yaml", PROJECT)}
    return RowSettings(**(given | changes))

"""Readings built by hand, a tokenizer that counts words, and a recipe over them: what the data tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.document import Document
from pipelines.reading import Block, Fact, Reading, Section

PROJECT = Path(__file__).resolve().parents[2]
ITEMS = ("매출액", "영업이익", "당기순이익", "자산총계", "부채총계", "자본총계", "유동자산", "비유동자산", "재고자산",
         "무형자산")
COMPANIES = ("가온누리전자", "한빛나래식품", "푸른솔제약", "은하수중공업", "새벽별물산", "너른들건설")


def write_tokenizer(folder: Path) -> Path:
    """Write a tokenizer.json that counts words (blanks apart), and return its folder."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def words(text: str) -> int:
    """Return how many words a text has, as the tokenizer above counts."""
    return len(text.split())


def fact(company: str, year: int, item: str, value: str, **other: str) -> Fact:
    """Return a fact in 백만원 unless told otherwise."""
    return Fact(company=company, fiscal_year=year, item=item, value=value, **({"unit": "백만원"} | other))


def filing(company: str, year: int, *, date: int | None = None, supersedes: str = "", shift: int = 0,
           items: Sequence[str] = ITEMS, extra: Sequence[Fact] = (), status: str = "OK") -> Reading:
    """Return an annual report with this and last year's figures, a paragraph, and a table of people."""
    date = date or (year + 1) * 10000 + 318
    rcept_no = f"{date}{COMPANIES.index(company) if company in COMPANIES else 99:06d}"
    seed = sum(map(ord, company))
    figures = tuple(
        fact(company, when, item, f"{seed * 7 + at * 1013 + when * 31 + shift * (when == year):,}", basis="연결")
        for when in (year, year - 1) for at, item in enumerate(items))
    people = (fact(company, year, "직원수", f"{seed % 900 + year % 100}", unit="명"),)
    sections = (
        Section(path=("II. 사업의 내용",), blocks=(
            Block(text=f"{company}는 여러 제품을 만듭니다. {year}년에는 새 공장을 열었습니다."),)),
        Section(path=("III. 재무에 관한 사항", "1. 요약재무정보"), blocks=(
            Block(text="| 과목 | 당기 |\n|---|---|\n| 매출액 | 1 |", title="요약연결재무정보",
                  facts=(*figures, *extra)),)),
        Section(path=("VIII. 임원 및 직원",),
                blocks=(Block(text="| 구분 | 수 |", title="직원", facts=people),)),
    )
    document = Document(
        doc_id=rcept_no, title=f"{company} {year} 사업보고서", source=f"raw/{rcept_no}.xml", publisher=company,
        date=date, doc_type="사업보고서", body="본문",
        fields={"corp_code": f"{seed:08d}", "company": company, "rcept_no": rcept_no, "fiscal_year": year,
                "report_code": "11011", "url": "https://example.invalid/"})
    return Reading(document=document, sections=sections, supersedes=supersedes, status=status)  # type: ignore[arg-type]


def pair(number: int, category: str = "전세사기") -> Reading:
    """Return one row of a question-and-answer CSV."""
    question, answer = f"{category} 질문 {number}은 무엇인가요?", f"첫째 답은 {number}번입니다. 둘째 문장도 있습니다."
    document = Document(doc_id=f"civil-{number:04d}", title="민사 문답", source="raw/civil.csv", publisher="mundap",
                        date=20250101, doc_type="문답", body=f"질문: {question}\n답변: {answer}",
                        fields={"category": category, "difficulty": "초급", "row": number + 1})
    section = Section(path=(category,), blocks=(Block(text=document.body, title=question),))
    return Reading(document=document, sections=(section,), question_answer=(question, answer))


def corpus() -> list[Reading]:
    """Return six companies' reports of two years and eight question-answer pairs."""
    filings = [filing(company, year) for company in COMPANIES for year in (2022, 2023)]
    return filings + [pair(number) for number in range(1, 9)]


def recipe(folder: Path, **rows: Any) -> dict[str, Any]:
    """Return data.yaml's values for a source named "made", everything below folder."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "raw" / "input.txt").write_text("입력", encoding="utf-8")
    prompts = PROJECT / "configs/prompts/demo"
    settings: Mapping[str, Any] = {
        "dataset": "made", "instruction": str(prompts / "instruction.txt"),
        "decline_text": "문서에 해당 내용이 없습니다.", "top_k": 2, "lines_per_passage": 4, "facts_per_document": 3,
        "unanswerable_share": 0.2, "single_passage_share": 0.0, "qa": True,
        "synonyms": str(prompts / "synonyms.yaml"), "output": str(folder / "datasets"), "max_tokens": None,
        "tokenizer": "models/none",
        "questions": {"train": str(prompts / "questions_train.txt"), "eval": str(prompts / "questions_eval.txt")}}
    return {
        "domain": "made", "seed": 7, "sources": [{"reader": "made", "path": str(folder / "raw")}],
        "documents": str(folder / "docs"),
        "chunks": {"max_tokens": 60, "tokenizer": str(write_tokenizer(folder / "tokenizer"))},
        "rows": dict(settings) | rows, "split": {"by": "company", "eval_share": 0.34}}

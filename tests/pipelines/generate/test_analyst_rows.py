"""Rows of kinds summary, risk, valuation and guidance from the committed reports and recipe, through the engine.

The provider is the fake one and its answers quote the chunk it is shown, so that what is tested is the line from PDF to
kept row: which kind is asked of which part, that every kept figure stands in its chunk, and what is rejected and why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers

from mundap.chunk import Chunk, read_chunks
from mundap.formal_sentences import formal_sentences
from mundap.grounding import check, figures
from mundap.recipe import load
from pipelines.data import DataReport, run
from pipelines.generate import Candidate, read_rows
from pipelines.generate.forecast import forecast_named
from pipelines.generate.grounded import passage_of
from pipelines.generate.stage import asked, checks_of
from pipelines.quality.candidate import passages_of
from tests.pipelines.generate.fake_provider import Behaviour, Limit, running

pytest.importorskip("pypdfium2", reason='needs pip install "mundap[pdf]"')

ROOT = Path(__file__).resolve().parents[3]
KEY = "sk-of-the-analyst-test"
PARTS = {"summary": {"summary", "results"}, "risk": {"risk"}, "valuation": {"valuation"}, "guidance": {"guidance", "forecast"}}
Answer = Callable[[str, int], Any]


def report_of(prompt: str) -> str:
    return prompt.partition("[보고서]\n")[2].partition("\n\n다른 말 없이")[0]


def quoting(prompt: str, seed: int) -> dict[str, str]:
    """Return a pair whose answer is the report's own first sentence, with its citation."""
    cited = prompt.partition("[출처] ")[2].partition("\n")[0]
    return {"question": f"{cited}에서 말하는 핵심은 무엇인가요?",
            "answer": f"{cited}에 따르면 {formal_sentences(report_of(prompt).splitlines()[0])[0].rstrip('.')}."}


def stating(prompt: str, seed: int) -> dict[str, str]:
    """Return a pair whose answer is the report's first sentence alone, asked by where it stands."""
    place = prompt.partition("[위치] ")[2].partition("\n")[0]
    return {"question": f"{place}에서 말하는 핵심은 무엇인가요?",
            "answer": f"{formal_sentences(report_of(prompt).splitlines()[0])[0].rstrip('.')}."}


def recipe_in(folder: Path, base_url: str = "http://127.0.0.1:9/v1") -> dict[str, Any]:
    """Return the committed recipe over folders of the test and a tokenizer of single letters."""
    letters = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    letters.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    letters.save(str(folder / "tokenizer.json"))
    return load(ROOT / "configs/dart/data_analyst.yaml", kind="data", overrides=[
        f"documents={folder}/docs", f"chunks.tokenizer={folder}", f"generate.folder={folder}/generated",
        f"generate.providers.0.base_url={base_url}", f"rows.output={folder}/datasets"]).values


def generated(folder: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> DataReport:
    """Run the whole data stage; the rows are below folder/generated, the chunks below folder/docs."""
    monkeypatch.setenv("MUNDAP_GENERATE_KEY", KEY)
    monkeypatch.setattr("tests.pipelines.generate.fake_provider.answer_to", answer)
    with running(Behaviour(keys={KEY: Limit()}, model="gemma3")) as provider:
        return run(recipe_in(folder, provider.base_url), ROOT, lambda line: None)


def test_each_kind_is_asked_of_its_parts_and_every_kept_figure_is_in_its_chunk(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = generated(tmp_path, quoting, monkeypatch)
    rows = read_rows(tmp_path / "generated/rows.jsonl")
    assert report.counts["documents"] == 2 and report.counts["facts"] == 0
    assert report.counts["generated"] == {"tasks": len(rows), "pairs": len(rows), "rejected": 0}
    chunks = {chunk.chunk_id: chunk for chunk in read_chunks(report.chunks)}
    for kind, parts in PARTS.items():
        own = [chunks[row.chunk_id] for row in rows if row.kind == kind]
        assert {chunk.metadata["part"] for chunk in own} == parts
        assert {chunk.metadata["company"] for chunk in own} == {"(주)누리솔정밀", "(주)이슬결화장품"}
    assert len(rows) == sum(chunk.metadata["part"] in parts for chunk in asked(list(chunks.values()))
                            for parts in PARTS.values())
    assert sum(len(figures(row.answer)) for row in rows) > 30
    for row in rows:
        assert check(row.answer, [passage_of(chunks[row.chunk_id])]).ok, row.answer
        assert row.citation.rpartition(", ")[2] == f"{chunks[row.chunk_id].metadata['page']}쪽"


def test_the_pairs_become_rows_that_cite_their_passage_and_some_come_again_without_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = generated(tmp_path, stating, monkeypatch)
    pairs = {(row.question, row.chunk_id): row for row in read_rows(tmp_path / "generated/rows.jsonl")}
    train, held_out = (json.loads(file.read_text(encoding="utf-8")) for file in report.datasets.values())
    assert {row["company"] for row in train}.isdisjoint({row["company"] for row in held_out}) and held_out
    told = [row for row in (*train, *held_out) if row["kind"] != "unanswerable"]
    counts = report.counts["rows"]
    counts = report.counts["rows"]
    assert len(told) > 0.8 * len(pairs) and counts["in"] == counts["train"] + counts["eval"] + counts["rejects"]
    for row in told:
        pair = pairs[row["question"], row["gold_chunk"]]
        number = int(row["output"].rpartition("[")[2].rstrip("]"))
        passages = passages_of(row["input"])
        assert row["kind"] == pair.kind and row["origin"] == "generated" and row["source"] == pair.citation
        assert row["output"].startswith(pair.answer) and check(row["output"], passages).ok
        assert json.loads(row["chunk_ids"])[number - 1] == pair.chunk_id
    declined = [row for row in train if row["kind"] == "unanswerable"]
    answered = [row for row in train if row["kind"] != "unanswerable"]
    assert len(declined) == round(len(answered) * 0.15 / 0.85) and declined
    chunks = {question: chunk for question, chunk in pairs}
    for row in declined:
        assert row["reason"] == "withheld" and chunks[row["question"]] not in row["chunk_ids"]


def test_a_wrong_figure_and_a_forecast_told_as_a_fact_are_rejected_with_their_reasons(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(prompt: str, seed: int) -> dict[str, str]:
        text = report_of(prompt)
        if "종류: 가치 평가" in prompt:
            return quoting(prompt, seed) | {"answer": "보고서는 목표주가를 77,000원으로 제시합니다."}
        if "종류: 전망" in prompt and "2025년 매출액 전망(" in text:
            amount = text.partition("추정): ")[2].partition("\n")[0]
            return quoting(prompt, seed) | {"answer": f"2025년 매출액은 {amount}입니다."}
        return quoting(prompt, seed)

    report = generated(tmp_path, wrong, monkeypatch)
    rejects = [json.loads(line) for line in (tmp_path / "generated/rejects.jsonl").read_text("utf-8").splitlines()]
    assert report.counts["generated"]["rejected"] == 4
    assert Counter((one["kind"], one["reason"]) for one in rejects) == {
        ("valuation", "not_grounded: 77,000원"): 2, ("guidance", "forecast_as_fact: 2,810억원"): 1,
        ("guidance", "forecast_as_fact: 3,260억원"): 1}
    assert "77,000원" not in (tmp_path / "generated/rows.jsonl").read_text(encoding="utf-8")


FORECASTS = ("2024년 매출액은 2,369억원이다. 2025년 매출액은 2,810억원으로 전망한다.\n"
             "(주)누리솔정밀 2026년 매출액 전망(새벽별증권 추정): 3,180억원")


@pytest.mark.parametrize(("answer", "reason"), [
    ("2024년 매출액은 2,369억원입니다.", ""),
    ("새벽별증권은 2025년 매출액을 2,810억원으로 전망합니다.", ""),
    ("2025년 매출액은 2,810억원입니다.", "forecast_as_fact: 2,810억원"),
    ("2026년 매출액은 3,180억원으로 예상됩니다. 2025년에는 2,810억원을 기록했습니다.", "forecast_as_fact: 2,810억원"),
    ("2026년 매출액은 3,180억원을 달성했습니다.", "forecast_as_fact: 3,180억원"),
    ("매출액은 해마다 늘어납니다.", ""),
])
def test_a_forecast_is_told_as_one(answer: str, reason: str) -> None:
    chunk = Chunk(chunk_id="r:1", doc_id="r", parent_id="", level="child", text=FORECASTS, breadcrumbs="리포트", citation="1쪽",
                  token_count=9, date=20250411, metadata={"broker": "새벽별증권"})
    candidate = Candidate(question="얼마인가요?", answer=answer, kind="guidance", level="", chunk=chunk)
    assert forecast_named(candidate) == reason
    of_terms = Candidate(question="얼마인가요?", answer=answer, kind="fact", level="", chunk=Chunk(
        chunk_id="t:1", doc_id="t", parent_id="", level="child", text=FORECASTS, breadcrumbs="약관", citation="제1조",
        token_count=9, date=20250411, metadata={}))
    assert forecast_named(of_terms) == ""


def test_the_recipes_filters_are_checks_too(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    chunk = Chunk(chunk_id="r:1", doc_id="r", parent_id="", level="child", text="투자의견은 매수이다.", breadcrumbs="리포트",
                  citation="1쪽", token_count=9, date=20250411)
    short = Candidate(question="의견은?", answer="매수.", kind="summary", level="", chunk=chunk)
    assert [reason for one in checks_of(recipe) if (reason := one(short))] == []
    assert any(one(short).startswith("short_answer") for one in checks_of(recipe | {"filters": {"answer_length": {}}}))

"""The data stage over an OpenDART collection: its accounts mark the filings' facts, and what differs is listed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from made_readings import write_tokenizer

from pipelines.data import DataReport, run
from pipelines.facts import read_facts
from pipelines.opendart.keys import VARIABLE
from pipelines.rows.askable import why_not
from tests.pipelines.readers.filings import RCEPT, caption, filing, section, table

ACCOUNTS = [("자산총계", "1,000,000,000"), ("부채총계", "400,000,000"), ("자본총계", "599,000,000")]


def collected(folder: Path, amounts: list[tuple[str, str]]) -> None:
    """Write what collecting one annual report and its accounts leaves behind."""
    rows = table([["과 목", "제 12 기"], ["자산총계", "1,000"], ["부채총계", "400"], ["자본총계", "600"], ["재고자산", "70"]])
    text = filing(section("III. 재무에 관한 사항", section(
        "2. 연결재무제표", caption("연결 재무상태표", "제 12 기 2023.12.31 현재", "(단위 : 백만원)"), rows, level=2)))
    place = folder / "document/00999999" / f"{RCEPT}.zip"
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(f"{RCEPT}.xml", text)
    listed = [{"sj_div": "BS", "account_nm": name, "thstrm_amount": amount.replace(",", ""), "currency": "KRW"}
              for name, amount in amounts]
    file = folder / "accounts/00999999/2023_11011_CFS.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"status": "000", "list": listed}), encoding="utf-8")


def data(folder: Path, out: Path) -> DataReport:
    recipe: dict[str, Any] = {
        "domain": "filings", "seed": 1, "documents": str(out / "docs"),
        "sources": [{"reader": "dart_xml", "path": str(folder),
                     "opendart": {"base_url": "http://127.0.0.1:9", "per_minute": 600}}],
        "chunks": {"max_tokens": 60, "tokenizer": str(write_tokenizer(out / "tokenizer"))},
        "split": {"by": "company", "eval_share": 0.2}, "workers": 1}
    return run(recipe, out, lambda line: None)


def test_facts_say_whether_the_accounts_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)   # what was collected before is read
    collected(tmp_path / "collection", ACCOUNTS)
    report = data(tmp_path / "collection", tmp_path)
    facts = {fact.item: fact for fact in read_facts(tmp_path / "docs/facts.parquet")}
    assert {item: fact.check for item, fact in facts.items()} == {
        "자산총계": "agrees", "부채총계": "agrees", "자본총계": "differs", "재고자산": ""}
    assert why_not(facts["자본총계"]) == "accounts_differ" and why_not(facts["자산총계"]) == ""
    (line,) = (tmp_path / "docs/disagreements.jsonl").read_text(encoding="utf-8").splitlines()
    found = json.loads(line)
    assert found["doc_id"] == RCEPT and found["ours"] == "600백만원" and found["theirs"] == "599,000,000"
    assert ("against OpenDART's accounts", "agree 2, differ 1; see disagreements.jsonl where they differ") in report.table


def test_other_accounts_are_compared_anew_and_old_disagreements_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    collected(tmp_path / "collection", ACCOUNTS)
    data(tmp_path / "collection", tmp_path)
    assert data(tmp_path / "collection", tmp_path).skipped
    collected(tmp_path / "collection", [("자본총계", "600,000,000")])
    assert not data(tmp_path / "collection", tmp_path).skipped
    facts = {fact.item: fact.check for fact in read_facts(tmp_path / "docs/facts.parquet")}
    assert facts["자본총계"] == "agrees" and facts["자산총계"] == ""
    assert not (tmp_path / "docs/disagreements.jsonl").exists()

"""The glossary: what a file may hold, and which terms of an answer are told beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.terms import explain, load_terms

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted((PROJECT / "configs/prompts").glob("*/terms.yaml"))
TERMS = {"매출액": "물건이나 서비스를 팔아 번 돈", "유동자산": "한 해 안에 현금으로 바꿀 수 있는 재산",
         "비유동자산": "한 해 넘게 두고 쓰는 재산", "매출채권": "아직 받지 못한 물건값",
         "매출채권 및 기타채권": "아직 받지 못한 돈", "대항력": "권리를 내세울 힘"}


@pytest.mark.parametrize(("text", "problem"), [
    ("매출액: 2023년에 번 돈\n", "must be words without digits"), ("매출액: []\n", "must be words"),
    ("매출액: ''\n", "must be words"),
    ("K35: 맹장에 생긴 염증\n", "must be words without digits"), ("- 매출액\n", "must hold `name: value` lines")])
def test_a_file_holds_words_only(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "terms.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        load_terms(str(tmp_path / "terms.yaml"), tmp_path)


def test_a_missing_file_is_told_and_none_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none.yaml: there is no such file"):
        load_terms("none.yaml", tmp_path)
    assert load_terms(None, tmp_path) == {}


@pytest.mark.parametrize(("text", "told"), [
    ("가온의 2023년 매출액은 1,234백만원입니다. [1]", ["매출액"]),
    ("가온의 2023년 매출액(물건이나 서비스를 팔아 번 돈)은 1,234백만원입니다. [1]", []),   # the model explained it
    ("가온의 2023년 비유동자산은 10원입니다. [1]", ["비유동자산"]),
    ("기타비유동자산과 순매출액은 10원입니다. [1]", []),      # names of other things
    ("매출채권및기타채권은 10원이고 매출액은 20원입니다. [1]", ["매출채권 및 기타채권", "매출액"]),
    ("매출채권 및 기타채권은 10원입니다. [1]", ["매출채권 및 기타채권"]),
    ("다음 날부터 대항력이 생깁니다. [1]", ["대항력"]),
    ("문서에 해당 내용이 없습니다.", []),
])
def test_terms_are_told_as_words_of_their_own_and_only_where_the_answer_does_not(text: str, told: list[str]) -> None:
    found = explain(text, TERMS)
    assert [term for term, _ in found] == told
    assert all(TERMS[term] == meaning for term, meaning in found)


def test_at_most_three_are_told_in_the_order_of_the_answer() -> None:
    text = "대항력과 유동자산, 비유동자산, 매출액을 적었습니다."
    assert [term for term, _ in explain(text, TERMS)] == ["대항력", "유동자산", "비유동자산"]
    assert [term for term, _ in explain(text, TERMS, most=1)] == ["대항력"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_committed_files_hold_twenty_terms_or_more_in_short_plain_words(file: Path) -> None:
    terms = load_terms(str(file), PROJECT)
    assert len(terms) >= 20 and len(FILES) == 4
    for term, meaning in terms.items():
        assert term not in meaning and len(meaning) <= 60 and not meaning.endswith((".", "다")), (term, meaning)
        assert explain(f"여기서 {term}의 뜻을 묻습니다.", terms)[0] == (term, meaning)

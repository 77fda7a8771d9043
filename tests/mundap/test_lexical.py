"""Lexical search: Korean words without their particles, numbers whole, the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from mundap.errors import ConfigError, IndexMismatch
from mundap.lexical import LexicalIndex, load_words

TEXTS = {
    "sales": "가온누리전자 2023년 매출액: 1,234백만원",
    "profit": "가온누리전자 2023년 영업이익: 567백만원",
    "law": "제618조(임대차의 의의) 임대차는 당사자 일방이 목적물을 사용, 수익하게 할 것을 약정한다.",
    "staff": "직원 수는 1,234명이다.",
    "rate": "영업이익률은 12.5%이다.",
}


def index(**values: float) -> LexicalIndex:
    return LexicalIndex.build(list(TEXTS), TEXTS.values(), **values)


def search(made: LexicalIndex, query: str) -> list[tuple[str, float]]:
    """Return the (id, score) above 0, best first, ties in the order of the ids."""
    found = zip(made.ids, made.scores(query).tolist(), strict=True)
    return sorted(((name, score) for name, score in found if score > 0), key=lambda pair: -pair[1])


def ids(found: list[tuple[str, float]]) -> list[str]:
    return [name for name, _ in found]


@pytest.mark.parametrize(("query", "first"), [
    ("매출액은 얼마입니까", "sales"),
    ("임대차를 설명해 줘", "law"),
    ("618조", "law"),
    ("12.5%", "rate"),
    (unicodedata.normalize("NFD", "직원은 몇 명인가요"), "staff"),
])
def test_the_text_with_the_word_comes_first(query: str, first: str) -> None:
    assert ids(search(index(), query))[0] == first


@pytest.mark.parametrize("query", ["1,234", "1234"])
def test_numbers_are_found_with_and_without_separators(query: str) -> None:
    assert set(ids(search(index(), query))) == {"sales", "staff"}


def test_scores_fall_and_stay_above_zero() -> None:
    found = search(index(), "가온누리전자 2023년 매출액")
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0
    assert "law" not in ids(found)


@pytest.mark.parametrize("query", ["", "은는이가", "?!", "우주여행"])
def test_a_query_without_known_words_finds_nothing(query: str) -> None:
    assert search(index(), query) == []


def test_texts_without_content_are_indexed_and_found_by_nothing(tmp_path: Path) -> None:
    empty = LexicalIndex.build(["a", "b"], ["", "…"])
    empty.save(tmp_path / "bm25")
    loaded = LexicalIndex.load(tmp_path / "bm25")
    assert (loaded.ids, search(loaded, "매출액")) == (("a", "b"), [])


def test_equal_scores_keep_the_order_given() -> None:
    twins = LexicalIndex.build(["b", "a", "c"], ["매출액", "매출액", "영업이익"])
    assert ids(search(twins, "매출액")) == ["b", "a"]


def test_k1_and_b_change_scores() -> None:
    assert search(index(k1=0.1, b=0.0), "매출액") != search(index(k1=2.0, b=1.0), "매출액")


def test_saved_and_loaded_searches_alike(tmp_path: Path) -> None:
    made = index(k1=1.2, b=0.6)
    made.save(tmp_path / "bm25")
    made.save(tmp_path / "bm25")  # over an older one
    loaded = LexicalIndex.load(tmp_path / "bm25")
    for query in ("가온누리전자 매출액", "1,234", "임대차"):
        assert search(loaded, query) == search(made, query)
    assert [path.name for path in tmp_path.iterdir()] == ["bm25"]


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    script = ("import sys; from pathlib import Path; from mundap.lexical import LexicalIndex; "
              "LexicalIndex.build(['a', 'b'], ['매출액 영업이익 자산 부채', '자본 현금 매출액 임대차'])"
              ".save(Path(sys.argv[1]))")
    folders = [tmp_path / seed for seed in ("1", "2")]
    for folder in folders:
        subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=120,
                       cwd=Path(__file__).parents[2], env={"PYTHONHASHSEED": folder.name, "PATH": ""})
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert contents[0] == contents[1]
    assert len(contents[0]) >= 5


def test_a_missing_or_damaged_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IndexMismatch, match="the BM25 index cannot be read"):
        LexicalIndex.load(tmp_path / "none")
    index().save(tmp_path / "bm25")
    (tmp_path / "bm25/indptr.csc.index.npy").write_bytes(b"x")
    with pytest.raises(IndexMismatch, match="the BM25 index cannot be read"):
        LexicalIndex.load(tmp_path / "bm25")


def test_ids_and_texts_go_in_pairs() -> None:
    with pytest.raises(ValueError, match="2 ids for 1 texts"):
        LexicalIndex.build(["a", "b"], ["매출액"])


def test_a_user_dictionarys_word_is_found_whole_and_by_its_parts(tmp_path: Path) -> None:
    texts = ["실손의료비보장특약의 자기부담금은 이만원입니다.", "의료비 공제는 연말정산에서 받습니다.", "상해 특약은 따로 듭니다."]
    words = ("실손의료비보장특약",)
    index = LexicalIndex.build(["a", "b", "c"], texts, words=words)
    index.save(tmp_path / "bm25")
    loaded = LexicalIndex.load(tmp_path / "bm25")
    assert loaded.words == words
    whole, parts = loaded.scores("실손의료비보장특약"), loaded.scores("의료비")
    assert whole[0] > whole[1] > 0, "the word itself weighs more than a part it shares"
    assert parts[0] > 0 and parts[1] > 0
    assert LexicalIndex.build(["a", "b", "c"], texts).words == ()


@pytest.mark.parametrize("text", ["# 말\n실손 보험\n", None])
def test_a_dictionary_that_cannot_be_read_is_told(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "words.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_words(tmp_path / "words.txt")


def test_a_dictionary_is_one_word_a_line(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# 약관의 말\n실손의료비\n\n실손의료비\n면책기간\n", encoding="utf-8")
    assert load_words(tmp_path / "words.txt") == ("실손의료비", "면책기간")

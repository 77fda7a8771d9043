from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from pipelines.rows.templates import Template, how_much, load_templates

PROMPTS = Path(__file__).resolve().parents[3] / "configs/prompts/demo"


@pytest.mark.parametrize(("text", "item", "unit", "expected"), [
    ("{company}의 {year}년 {item:은/는} {howmuch}인가요?", "매출액", "백만원", "가온의 2023년 매출액은 얼마인가요?"),
    ("{company:이/가} 밝힌 {year}년 {item:을/를} 알려 주세요.", "당기순이익(손실)", "원",
     "가온이 밝힌 2023년 당기순이익(손실)을 알려 주세요."),
    ("{company} {year}년 {item} {howmuch:이에요/예요}?", "직원수", "명", "가온 2023년 직원수 몇 명이에요?"),
    ("{company} {year}년 {item} {howmuch:이었/였}나요?", "부채비율", "%", "가온 2023년 부채비율 몇 %였나요?"),
])
def test_particles_and_question_words_fit(text: str, item: str, unit: str, expected: str) -> None:
    assert Template(text=text).render(company="가온", year=2023, item=item, unit=unit) == expected


def test_money_is_asked_with_얼마_and_counts_with_몇() -> None:
    asked = [how_much(unit) for unit in ("원", "백만원", "명", "천주", "개사")]
    assert asked == ["얼마", "얼마", "몇 명", "몇 주", "몇 개"]


def test_shipped_templates_are_enough_and_evaluation_words_its_own() -> None:
    train = {one.text for one in load_templates(PROMPTS / "questions_train.txt")}
    held_out = {one.text for one in load_templates(PROMPTS / "questions_eval.txt")}
    assert len(train) >= 12 and len(held_out) >= 8 and not train & held_out


@pytest.mark.parametrize(("line", "message"), [
    ("{company} {year} {itme}?",
     "unknown placeholder {itme}.\n  Did you mean 'item'? Known: company, year, item, howmuch."),
    ("{company} {item}?", "the question does not name {year}, so it could mean several figures."),
    ("{company} {year} {item:은/을}?", "unknown particle pair '은/을'."),
])
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "questions.txt"
    file.write_text(f"# 주석\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_templates(file)
    assert str(caught.value).startswith(f"{file}:2: {message}")


def test_a_file_without_questions_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# 없음\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no question template"):
        load_templates(tmp_path / "empty.txt")
    with pytest.raises(ConfigError, match="is not there"):
        load_templates(tmp_path / "missing.txt")

"""Questions made from the structure of articles: what is asked, what is not, and what stands beside the true article."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mundap.chunk import Chunk
from mundap.errors import ConfigError, DataError
from pipelines.rows.article_distractors import Neighbours, answers
from pipelines.rows.article_gold import gold
from pipelines.rows.article_pairs import load_pairs
from pipelines.rows.article_questions import Asking, askings
from pipelines.rows.article_split import split_articles
from pipelines.rows.article_wordings import load_article_wordings
from pipelines.rows.asking import asked, interrogative
from pipelines.rows.clauses import clauses, rider_of, said_as, title_of

ROOT = Path(__file__).resolve().parents[3]
WORDINGS = ROOT / "configs/prompts/insurance/questions.yaml"


def chunk(text: str, title: str = "제15조(청약의 철회)", contract: str = "무배당 가온 상해보험 보통약관", doc: str = "gaon"
          ) -> Chunk:
    article = title.partition("(")[0]
    name = f"{doc}:{contract}:{title}"
    return Chunk(chunk_id=name, doc_id=doc, parent_id=f"parent of {name}", level="child", text=text, date=0,
                 breadcrumbs=f"무배당 가온 상해보험 약관 > {contract} > {title}", citation=f"{contract} {article}",
                 token_count=9, metadata={"product": "가온 상해보험", "policy_type": "보통약관", "part": "조"})


def of_form(found: list[Asking], form: str) -> list[Asking]:
    return [one for one in found if one.form == form]


@pytest.mark.parametrize(("statement", "question"), [
    ("회사는 보험금을 지급합니다.", "회사는 보험금을 지급하나요?"),
    ("청약을 철회할 수 있습니다.", "청약을 철회할 수 있나요?"),
    ("새로운 입원으로 봅니다.", "새로운 입원으로 보나요?"),
    ("나이는 75세까지입니다.", "나이는 75세까지인가요?"),
    ("보통약관을 따른다.", ""),
])
def test_a_statement_becomes_a_question(statement: str, question: str) -> None:
    assert interrogative(statement) == question


@pytest.mark.parametrize(("sentence", "questions"), [
    ("증권을 받은 날부터 15일 이내에 철회할 수 있습니다.", ["증권을 받은 날부터 며칠 이내에 철회할 수 있나요?"]),
    ("골절진단비 30만원을 지급합니다.", ["골절진단비 얼마를 지급하나요?"]),
    ("제1회 보험료를 받은 회사는 30일 이내에 승낙합니다.", ["제1회 보험료를 받은 회사는 며칠 이내에 승낙하나요?"]),
    ("5년, 10년 또는 15년 동안 나누어 지급합니다.", []),           # one of several is no question
    ("6개월 미만은 버리고 6개월 이상은 올립니다.", []),              # the question would hold its answer
    ("제1항의 기한은 30일로 합니다.", []),                          # leans on another sentence
])
def test_a_figure_is_asked_for(sentence: str, questions: list[str]) -> None:
    assert asked(sentence) == questions


def test_clauses_carry_their_citation_and_what_they_hang_on() -> None:
    found = clauses(chunk("① 회사는 다음의 경우 지급하지 않습니다.\n1. 고의\n가. 자살\n다만, 예외는 그렇지 않습니다.\n② 끝."))
    assert [(one.cite, one.text, one.lead) for one in found] == [
        ("제1항", "회사는 다음의 경우 지급하지 않습니다.", ""), ("제1항 제1호", "고의", "회사는 다음의 경우 지급하지 않습니다."),
        ("제1항 제1호 가목", "자살", "고의"), ("제1항 제1호 가목", "다만, 예외는 그렇지 않습니다.", "고의"), ("제2항", "끝.", "")]


def test_a_rider_is_named_and_the_main_contract_is_not() -> None:
    rider = chunk("끝.", "제1조의2(지급)", "무배당 가온 상해보험 골절 특별약관")
    assert (rider_of(rider), said_as(rider, "제2항"), title_of(rider)) == ("골절 특별약관", "골절 특별약관 제1조의2 제2항", "지급")
    assert (rider_of(chunk("끝.")), said_as(chunk("끝."), "제1항")) == ("", "제15조 제1항")


def test_a_figures_answer_takes_its_proviso_along() -> None:
    text = "① 증권을 받은 날부터 15일 이내에 철회할 수 있습니다.\n다만, 30일이 지나면 철회할 수 없습니다."
    found = of_form(askings(chunk(text)), "figure")
    assert [one.values["question"] for one in found] == ["증권을 받은 날부터 며칠 이내에 철회할 수 있나요?"]
    assert found[0].sentences == ("제15조 제1항에 따르면 증권을 받은 날부터 15일 이내에 철회할 수 있습니다.",
                                  "다만, 30일이 지나면 철회할 수 없습니다.")


def test_items_give_definitions_payments_and_exclusions() -> None:
    terms = askings(chunk("뜻은 다음과 같습니다.\n1. 상해: 우연한 사고로 다친 것\n2. 이율: 연 2.75%를 적용", "제2조(용어의 정의)"))
    assert [one.sentences[0] for one in of_form(terms, "definition")] == [
        "제2조 제1호에 따르면 상해는 우연한 사고로 다친 것을 말합니다.",
        "제2조 제2호에 따르면 이율은 '연 2.75%를 적용'이라고 정하고 있습니다."]
    paid = askings(chunk("회사는 다음의 보험금을 지급합니다.\n1. 사망한 경우: 사망보험금 1억원\n2. 다친 경우: 등급별 치료비"))
    assert [(one.form, one.sentences[0]) for one in paid if one.form in ("payment", "benefit")] == [
        ("payment", "제15조 제1호에 따르면 사망한 경우에는 사망보험금 1억원을 지급합니다."),
        ("benefit", "제15조 제2호에 따르면 다친 경우에는 등급별 치료비를 지급합니다.")]
    limited = askings(chunk("회사는 다음의 한도에서 실제 준 금액을 지급합니다.\n1. 사망한 경우: 2억원"))
    assert [one.sentences[0] for one in of_form(limited, "payment")] == [
        "제15조 제1호에 따르면 사망한 경우에는 2억원을 한도로 지급합니다."]
    denied = askings(chunk("회사는 다음의 경우에는 골절진단비를 지급하지 않습니다.\n1. 이가 부러진 경우\n2. 지진"))
    assert [one.sentences[0] for one in of_form(denied, "excluded")] == [
        "아니요, 제15조 제1호에 따르면 이가 부러진 경우에는 골절진단비를 지급하지 않습니다."]


def test_a_tables_cell_is_asked_unless_its_key_stands_twice() -> None:
    table = "| 등급 | 금액 |\n|---|---|\n| 1급 | 1,500만원 |\n| 2급 | 800만원 |\n| 2급 | 700만원 |"
    found = of_form(askings(chunk(table, "제24조(환급)")), "cell")
    assert [one.sentences[0] for one in found] == ["제24조에 따르면 등급이 1급일 때 금액은 1,500만원입니다."]


def test_a_chunk_that_says_the_same_is_no_distractor() -> None:
    line = "회사는 서류를 접수한 날부터 3영업일 이내에 보험금을 지급합니다."
    true = chunk(line, "제7조(지급기일)")
    twin = chunk("회사는 보험금 서류를 접수한 날부터 3영업일 이내에 지급합니다.", "제9조(특칙)")
    other = chunk("보험금 서류는 사진으로 냅니다.", "제8조(서류)")
    abroad = chunk(line, "제5조(지급)", "온새 보험 보통약관", "onsae")
    assert answers(twin, [line]) and not answers(other, [line])
    near = Neighbours([true, twin, other, abroad])
    assert [one.citation for one in near.hard("보험금은 서류를 내면 며칠 이내에 지급하나요?", true, [line], 3, own_product=True)] \
        == [other.citation]
    assert abroad in near.hard("가온 상해보험 보험금은 며칠 이내에 지급하나요?", true, [line], 3, own_product=False)


def test_articles_of_one_title_are_on_one_side() -> None:
    made = [chunk("가.", f"제{at}조(제목{at % 7})", doc=f"doc{at % 3}") for at in range(1, 42)]
    parts = split_articles(made, eval_share=0.3, seed=1)
    sides = {title_of(one): {parts[other.chunk_id] for other in made if title_of(other) == title_of(one)} for one in made}
    assert all(len(found) == 1 for found in sides.values())
    assert 0 < sum(part == "eval" for part in parts.values()) <= round(41 * 0.3)
    assert set(split_articles(made, eval_share=0, seed=1).values()) == {"train"}


@pytest.mark.parametrize(("question", "output", "value"), [
    ("부상 9급은 얼마인가요?", "8급부터 11급까지는 60만원을 지급합니다.", ("60", "만원")),
    ("최대 며칠까지 받나요?", "1회 입원당 180일을 한도로 합니다.", ("180", "일")),
    ("5년째에 해지하면 환급률이 몇 %인가요?", "3년 이상 7년 미만이면 환급률은 40%입니다.", ("40", "%")),
    ("뜻이 무엇인가요?", "최초 1회 지급합니다.", ("", "")),
])
def test_the_figure_asked_for_is_the_gold_one(question: str, output: str, value: tuple[str, str]) -> None:
    found = gold(question, output, [output])
    assert (found.get("gold_value", ""), found.get("gold_unit", "")) == value


@pytest.mark.parametrize(("line", "says"), [
    ("{", "is not JSON"), ('{"kind": "fact", "question": "가?"}', "needs kind, question and answer"),
    ('{"kind": "fact", "question": "가?", "answer": "", "doc": "a"}', "do not go together"),
    ('{"kind": "fact", "question": "가?", "answer": "나."}', "names its chunk_id, or its doc"),
])
def test_a_wrong_pair_is_told_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    good = json.dumps({"doc": "a", "cite": "제1조", "kind": "easy", "question": "가?", "answer": "나."}, ensure_ascii=False)
    file = tmp_path / "pairs.jsonl"
    file.write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=says) as caught:
        load_pairs(file, tmp_path)
    assert "pairs.jsonl:2" in str(caught.value)


@pytest.mark.parametrize(("old", "new", "says"), [
    ("{title:은/는} 어떻게 되나요?", "{titel:은/는} 어떻게 되나요?", "unknown placeholder"),
    ("{title:은/는} 어떻게 되나요?", "어떻게 되나요?", "does not name"),
    ("{title:은/는} 어떻게 되나요?", "{title:은는} 어떻게 되나요?", "unknown particle"),
    ("약관의 {title} 조항은 무엇을 정하고 있습니까?", "{title:은/는} 어떻게 되나요?", "both parts ask"),
    ("clause_eval", "clause_evil", "clause_eval must be a list"),
])
def test_a_wrong_wording_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = WORDINGS.read_text(encoding="utf-8")
    assert old in text and load_article_wordings(WORDINGS, ROOT)
    file = tmp_path / "questions.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load_article_wordings(file, tmp_path)

"""Augmentation: what each way does, what none may touch, and that the same seed gives the same rows."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.grounding import claims
from mundap.prompt import Passage, build_input
from mundap.recipe import load
from mundap.schema_check import schema, with_defaults
from pipelines.augment.augment import AugmentSettings, augment
from pipelines.augment.jamo import NEIGHBOURS, mistyped
from pipelines.augment.levels import by_instruction
from pipelines.augment.paraphrase import load_endings, paraphrase
from pipelines.augment.particle import particle
from pipelines.augment.protected import free_words, names, unchanged
from pipelines.augment.settings import load_settings
from pipelines.augment.spacing import spacing
from pipelines.augment.typo import typo
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Domain
from pipelines.quality.gate import COPIES, Gate

ROOT = Path(__file__).resolve().parents[3]
ENDINGS = load_endings(ROOT / "configs/prompts/augment/endings.yaml")
QUESTION = "가온누리전자의 2023년 연결 매출액은 얼마인가요?"
PASSAGE = Passage(number=1, head="가온누리전자 2023 사업보고서", lines=("가온누리전자 2023년 연결 매출액: 1,234원",))
ROW = {
    "id": "demo-fact-1",
    "kind": "fact",
    "instruction": "답하라.",
    "input": build_input([PASSAGE], QUESTION),
    "output": "가온누리전자의 2023년 연결 매출액은 1,234원입니다. [1]",
    "question": QUESTION,
    "company": "가온누리전자",
    "item": "매출액",
}
WAYS = {"paraphrase": 1.0, "typo": 1.0, "spacing": 1.0, "particle": 1.0}


def settings(**changed: object) -> AugmentSettings:
    return AugmentSettings(**{"share": 0.5, "ways": WAYS, "endings": ENDINGS, **changed})  # type: ignore[arg-type]


def test_names_and_figures_are_protected() -> None:
    kept = names(QUESTION, ROW)
    assert kept == {"가온누리전자", "2023년", "연결", "매출액"}
    assert [QUESTION[start:end] for start, end in free_words(QUESTION, kept)] == ["얼마인가요?"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2023년 매출액은?", "2022년 매출액은?"),
        ("매출액 1,234원은?", "매출액 12,34원은?"),
        ("제12조 제1항은?", "제12조제2항은?"),
        ("매출액은 얼마?", "매츨액은 얼마?"),
        ("3만원 이하인가요?", "3만 이하인가요?"),
        ("12 3개월은?", "123개월은?"),
    ],
)
def test_a_changed_fact_is_seen(before: str, after: str) -> None:
    assert not unchanged(before, after, frozenset(("매출액",)) if "매출액" in before else frozenset())


def test_what_changes_no_fact_passes() -> None:
    assert unchanged(QUESTION, "가온누리전자 2023년 연결매출액은 얼마임가요?", names(QUESTION, ROW))


def test_mistyped_syllables_differ_by_one_key_beside_the_right_one() -> None:
    assert NEIGHBOURS["ㅁ"] == "ㄴㅂㅋ" and NEIGHBOURS["ㅣ"] == "ㅏㅐ"
    made = {mistyped("말", random.Random(seed)) for seed in range(60)}
    # ㅁ -> ㄴ ㅂ ㅋ; ㅏ -> ㅓ ㅣ ㅑ; ㄹ -> ㅇ ㅎ ㄱ ㅍ
    assert made == set("날발칼멀밀먈망맣막맢")
    assert mistyped("A", random.Random(1)) == "" and mistyped("1", random.Random(1)) == ""


def test_each_way_on_one_question() -> None:
    kept = names(QUESTION, ROW)
    typed = {typo(QUESTION, kept, random.Random(seed)) for seed in range(20)}
    assert (
        all(text.startswith("가온누리전자의 2023년 연결 매출액은 ") and text != QUESTION for text in typed)
        and len(typed) > 5
    )
    spaced = {spacing(QUESTION, kept, random.Random(seed)) for seed in range(30)}
    assert (
        "가온누리전자의 2023년 연결매출액은 얼마인가요?" in spaced
        and "가온누리전자의 2023년 연결 매출액 은 얼마인가요?" in spaced
    )
    assert not any("  " in text for text in spaced)
    dropped = {particle(QUESTION, kept, random.Random(seed)) for seed in range(20)}
    assert dropped == {
        "가온누리전자 2023년 연결 매출액은 얼마인가요?",
        "가온누리전자의 2023년 연결 매출액 얼마인가요?",
    }
    asked = {paraphrase(QUESTION, ENDINGS, random.Random(seed)) for seed in range(20)}
    assert "가온누리전자의 2023년 연결 매출액은 얼마입니까?" in asked and QUESTION not in asked


def test_a_verb_is_no_particle_and_an_unknown_ending_is_left() -> None:
    assert particle("일하는 사람이 받는 돈은 얼마?", frozenset(("사람", "받")), random.Random(1)) == ""
    assert paraphrase("매출액은 어떨까", ENDINGS, random.Random(1)) == ""
    assert typo("2023년 MRI (CT) 「민법」", frozenset(), random.Random(1)) == ""


def test_rows_keep_their_facts_their_parity_and_their_provenance() -> None:
    rows = json.loads((ROOT / "datasets/demo.json").read_text(encoding="utf-8"))
    made, report = augment(rows, settings())
    new = made[len(rows) :]
    assert made[: len(rows)] == rows and len(new) == len(rows) == report.made.total()
    assert set(report.made) == set(WAYS) and all(number > len(rows) / 12 for number in report.made.values())
    origin = {row["id"]: row for row in rows}
    for row in new:
        old = origin[str(row["augmented_from"])]
        changed = {name for name in row if row[name] != old.get(name)}
        assert changed == {"id", "question", "input", "augmented_from", "how"}
        assert [claim.text for claim in claims(old["question"])] == [
            claim.text for claim in claims(str(row["question"]))
        ] or [claim.value for claim in claims(old["question"])] == [
            claim.value for claim in claims(str(row["question"]))
        ]
        # the prompt is what the app would build for this question of these passages
        assert str(row["input"]) == build_input(Candidate(record=old).passages, str(row["question"]))
    assert len({row["id"] for row in made}) == len(made)
    assert len({(row["question"], row["input"]) for row in new}) == len(new)


def test_the_same_seed_gives_the_same_rows_and_another_others() -> None:
    rows = json.loads((ROOT / "datasets/civil_law.json").read_text(encoding="utf-8"))
    assert augment(rows, settings())[0] == augment(rows, settings())[0] != augment(rows, settings(seed=7))[0]


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 0), (0.2, 12), (0.5, 48)])
def test_the_share_is_of_all_rows(share: float, wanted: int) -> None:
    rows = json.loads((ROOT / "datasets/civil_law.json").read_text(encoding="utf-8"))
    assert len(augment(rows, settings(share=share))[0]) - len(rows) == wanted


def test_nothing_to_change_ends_and_is_counted() -> None:
    row = {"instruction": "MRI?", "input": "", "output": "검사입니다."}
    made, report = augment([row], settings())
    assert made == [row] and report.made.total() == 0 and sum(report.left.values()) == 6
    assert augment([], settings())[0] == []


def test_a_row_may_be_asked_at_another_level() -> None:
    hook = by_instruction("답하라.", {"초급": "답하라.\n쉬운 말로 설명하세요."})
    made, _ = augment([ROW], settings(ways={"level": 1.0}, level=hook))
    assert made[1]["instruction"] == "답하라.\n쉬운 말로 설명하세요." and made[1]["level"] == "초급"
    assert made[1]["question"] == QUESTION and made[1]["augmented_from"] == "demo-fact-1" and made[1]["how"] == "level"
    assert augment([ROW], settings(ways={"level": 1.0}))[0] == [ROW]  # no hook, no levels


def test_plain_questions_are_changed_where_they_stand() -> None:
    row = {
        "instruction": "보험금은 언제 지급되는지 알려 주세요.",
        "input": "",
        "output": "보험금은 3영업일 이내에 지급됩니다.",
    }
    made, _ = augment([row], settings(ways={"particle": 1.0}))
    assert [one["instruction"] for one in made[1:]] == ["보험금 언제 지급되는지 알려 주세요."]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("amount: [얼마인가요?]", "cannot be read as YAML"),
        ('amount: ["얼마"]', "two or more endings"),
        ("- a", "two or more endings"),
        ('a: ["얼마?", "몇?"]\nb: ["얼마?", "뭐?"]', "stands in two lists"),
    ],
)
def test_wrong_endings_are_told(text: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "endings.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=what):
        load_endings(file)
    with pytest.raises(ConfigError, match="not there"):
        load_endings(tmp_path / "none.yaml")


def test_the_schema_knows_the_ways() -> None:
    described = schema("data")["$defs"]["augment"]["properties"]
    assert set(described["ways"]["properties"]) == {*WAYS, "level"}
    assert load_endings(ROOT / with_defaults({"augment": {}}, "data")["augment"]["endings"]) == ENDINGS


def test_settings_come_from_the_recipe(project: Path) -> None:
    recipe = load(project / "configs/demo/data.yaml", overrides=["augment.share=0.25"], kind="data").values
    made = load_settings(recipe, project)
    assert made is not None and (made.share, made.seed, made.endings) == (0.25, 42, ENDINGS)
    assert load_settings({**recipe, "augment": None}, project) is None


def test_augmented_rows_pass_the_gate_again() -> None:
    rows = json.loads((ROOT / "datasets/demo.json").read_text(encoding="utf-8"))
    made, _ = augment(rows, settings())
    gate = Gate.of(without=COPIES, domain=Domain(decline_text="문서에 해당 내용이 없습니다."))
    assert list(gate.sift(made)) == made, gate.report.markdown()

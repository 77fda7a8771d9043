"""The level chosen for an asker: how often it is right, wishes and the talk before, and the reason told."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from mundap.auto_level import guess
from mundap.levels import AUTO, NAMES, Level, choose

ASKED = yaml.safe_load(Path(__file__).with_name("level_questions.yaml").read_text(encoding="utf-8"))
LEVELS = {name: Level(name=name, text=name) for name in NAMES}


def labelled(part: str) -> list[tuple[str, str]]:
    return [(text, name) for levels in ASKED[part].values() for name, texts in levels.items() for text in texts]


def by_length(rows: list[tuple[str, str]], low: int, high: int) -> float:
    """Return how often the length alone is right: short questions 초급, long ones 고급."""
    return sum(name == (NAMES[0] if len(text) < low else NAMES[1] if len(text) < high else NAMES[2])
               for text, name in rows) / len(rows)


def confusion(part: str) -> Counter[tuple[str, str]]:
    return Counter((name, guess([text]).name) for text, name in labelled(part))


def share_right(found: Counter[tuple[str, str]]) -> float:
    return sum(count for (name, guessed), count in found.items() if name == guessed) / found.total()


def test_questions_that_no_cue_was_written_for_get_their_level_more_often_than_by_length_or_always_the_middle() -> None:
    """Length comes near on the unseen ones alone, since their author words an expert's question long."""
    cuts = max(itertools.combinations(range(10, 60), 2), key=lambda pair: by_length(labelled("seen"), *pair))
    told = {part: (share_right(found), by_length(labelled(part), *cuts), found)
            for part in ("seen", "unseen", "against_length") if (found := confusion(part))}
    assert {part: found.total() for part, (_, _, found) in told.items()} == {"seen": 192, "unseen": 60, "against_length": 36}
    assert told["seen"][0] >= 0.9 and told["unseen"][0] >= 0.75 and told["against_length"][0] >= 0.7, told
    assert all(right > length and right > 1 / 3 for right, length, _ in told.values()), told
    assert told["against_length"][0] >= told["against_length"][1] + 0.4, told
    for _, _, found in told.values():   # a wrong level is the one beside it, never the far end
        assert not found[NAMES[0], NAMES[2]] and not found[NAMES[2], NAMES[0]], told


def test_a_guess_is_the_same_each_time_and_takes_under_five_milliseconds() -> None:
    texts = [text for text, _ in labelled("unseen")]
    started = time.perf_counter()
    first = [guess([text]) for text in texts]
    spent = (time.perf_counter() - started) / len(texts)
    assert first == [guess([text]) for text in texts] and spent < 0.005, spent
    assert guess(["제8조 제1항 " * 200 + "연결 기준 EBITDA 마진은?"]).name == "고급"


@pytest.mark.parametrize(("talk", "name", "reason"), [
    (["가온누리전자의 연결 기준 EBITDA 마진은 얼마인가요?"], "고급", "'연결 기준', 'EBITDA' 같은 전문 용어가 2개라서 고급"),
    (["부채비율이 뭐예요?"], "초급", "'뭐예요'처럼 뜻을 묻고, 말하듯 물으셔서 초급"),
    (["가온누리전자의 2023년 매출액은 얼마인가요?"], "중급", "쉬운 설명이나 전문 지식을 바라는 표현이 없어서 중급"),
    (["민법 제245조 제1항은 무엇을 정하나요?"], "고급", "조문('제245조 제1항')을 짚어서 고급"),
    (["매출액은 얼마인가요? 쉽게 설명해 주세요."], "초급", "'쉽게 설명'이라고 하셔서 초급"),
    (["연결 기준 EBITDA는 얼마인가요? 쉬운 말로요."], "초급", "'쉬운 말'이라고 하셔서 초급"),
    (["쉽게 설명해 주세요. 매출액은?", "영업이익의 산정 근거와 증감률은?"], "초급", "'쉽게 설명'이라고 하셔서 초급"),
    (["쉽게 설명해 주세요. 매출액은?", "이제 전문가 수준으로 알려 주세요.", "영업이익은 얼마인가요?"], "고급",
     "'전문가 수준'이라고 하셔서 고급"),
    (["쉽게 설명하지 말고 전문적으로 알려 주세요."], "고급", "'전문적으로'라고 하셔서 고급"),
    (["보증금을 쉽게 돌려받는 방법이 있습니까?"], "중급", "쉬운 설명이나 전문 지식을 바라는 표현이 없어서 중급"),
])
def test_the_level_and_its_reason(talk: list[str], name: str, reason: str) -> None:
    found = guess(talk)
    assert (found.name, found.reason) == (name, reason)


def test_earlier_questions_count_less_the_longer_ago_they_were_asked() -> None:
    expert, plain = "연결 기준 EBITDA 마진과 대손충당금 설정률을 산출해 주십시오.", "영업이익은 얼마인가요?"
    scores = [guess([expert, *[plain] * later]).score for later in range(4)]
    assert scores == sorted(scores, reverse=True) and scores[1] == pytest.approx(scores[0] / 2)
    carried = guess([expert, plain])
    assert carried.name == "고급" and carried.reason.startswith("앞선 질문에서 ")
    assert guess([expert, plain, plain, plain]).name == "중급"
    assert guess(["부채비율이 뭐예요? 처음 봐요.", "매출액은요?"]).name == "초급"


def test_the_terms_of_the_domain_count_a_little() -> None:
    asked = ["순손익률은 얼마인가요?"]
    assert guess(asked, ["순손익률"]).score == guess(asked).score + 0.25
    assert guess(["매출액과 영업이익과 자산총계를 알려 주세요."], ["매출액", "영업이익", "이익", "자산총계"]).score == 0.5


def test_auto_takes_a_level_the_recipe_has_and_none_where_it_has_none() -> None:
    chosen = choose(AUTO, ["부채비율이 뭐예요?"], LEVELS)
    assert chosen.level is LEVELS["초급"] and chosen.reason.endswith("초급")
    assert choose("고급", ["부채비율이 뭐예요?"], LEVELS).reason == "" and choose("", ["아무 말"], LEVELS).level is None
    assert choose(AUTO, ["부채비율이 뭐예요?"], {}).level is None
    some = {"중급": LEVELS["중급"], "고급": LEVELS["고급"]}
    nearest = choose(AUTO, ["부채비율이 뭐예요?"], some)
    assert nearest.level is LEVELS["중급"] and nearest.reason.endswith("초급이지만 여기에는 없어서 중급")

"""Where an answer runs on: hand-worked texts, and that it is cut at one place however it grows."""

from __future__ import annotations

import random

import pytest

from mundap.tail import TailRules, cut, place_of, script, scripts_of, shown, without_tail

PHRASES = TailRules(phrases=("이번에 새로 나온", "Este es", "이번엔", "이번에"))
REPETITION = TailRules(repetition=True)
SCRIPT = TailRules(script=True)
ALL = TailRules(phrases=PHRASES.phrases, repetition=True, script=True)
ANSWER = "매출액은 1,234백만원입니다. [1]"


@pytest.mark.parametrize(("text", "kept"), [
    ("제8조에 따르면 지급합니다. 이번에 새로 나온 상품은", "제8조에 따르면 지급합니다."),
    ("제8조에 따르면 지급합니다. [1] 이번엔 다른 이야기입니다.", "제8조에 따르면 지급합니다. [1]"),
    ("제8조에 따르면 지급합니다. [1][2]\nEste es el", "제8조에 따르면 지급합니다. [1][2]"),
    ("이번에 개정된 약관은 3월부터 시행합니다.", "이번에 개정된 약관은 3월부터 시행합니다."),
    ("회사는 이번에 개정된 약관을 보냅니다. [1]", "회사는 이번에 개정된 약관을 보냅니다. [1]"),
    ("연 2.75%입니다. 다만, 이번에 바뀝니다.", "연 2.75%입니다. 다만, 이번에 바뀝니다."),
    ("다음과 같습니다: 1. 이번에 개정된 약관", "다음과 같습니다: 1. 이번에 개정된 약관"),
])
def test_only_a_later_sentence_that_begins_with_a_phrase_is_cut(text: str, kept: str) -> None:
    assert cut(text, PHRASES) == kept
    assert cut(text, TailRules()) == text


@pytest.mark.parametrize(("text", "kept"), [
    (f"{ANSWER} {ANSWER}", ANSWER),
    (f"{ANSWER} 매출액은  1,234백만원입니다. [2]", ANSWER),
    (f"{ANSWER} 이익은 345백만원입니다. 매출액은 1,234백만원입니다.", f"{ANSWER} 이익은 345백만원입니다."),
    ("가나다라마바사아가나다라마바사아가나다라마바사아", "가나다라마바사아"),
    (f"{ANSWER} 이익은 가나다라마바사아가나다라마바사아가나다라마바사아", ANSWER),
    ("네네네네네네네네네네네네네네네네네네네네네네네네네네네네", "네네네네네네네네"),
    ("끝" + "\n" * 30, "끝"),
    ("가온 매출액: 1,234백만원\n가온 영업이익: 3원\n가온 매출액: 1,234백만원\n", "가온 매출액: 1,234백만원\n가온 영업이익: 3원"),
])
def test_what_is_said_again_is_cut(text: str, kept: str) -> None:
    assert cut(text, REPETITION) == kept


@pytest.mark.parametrize("text", [
    "가나다라마바사아가나다라마바사아",                            # twice is no run
    "가나다라마바사가나다라마바사가나다라마바사",                   # seven letters are too few
    "| 항목 | 값 |\n|------------------------------|--------|\n| 매출액 | 10 |",
    "2022년 매출액은 10원입니다. 2023년 매출액은 10원입니다.",
    "가온의 2022년 매출액은 1,111백만원, 가온의 2023년 매출액은 2,222백만원, 가온의 2024년 매출액은 3,333백만원입니다. [1]",
    "1,000,000,000,000원입니다.",
    "가온: 10원\n한빛: 10원\n합계\n10원\n합계\n20원\n",              # two short lines alike are a list's
])
def test_what_only_looks_alike_stays(text: str) -> None:
    assert cut(text, ALL) == text


@pytest.mark.parametrize(("text", "kept"), [
    (f"{ANSWER} продажи", ANSWER),
    (f"{ANSWER} 이것은 продажи", ANSWER),
    ("매출액은 1,234백만원 продажи компании", "매출액은 1,234백만원"),
    ("매출액은 10원입니다.ประเทศไทย", "매출액은 10원입니다."),
    ("지급합니다. बीमा कंपनी", "지급합니다."),
    ("지급합니다. المبيعات", "지급합니다."),
    ("지급합니다. これは保険です", "지급합니다."),
    ("지급합니다. 这是保险公司", "지급합니다."),
])
def test_a_run_of_another_script_is_cut(text: str, kept: str) -> None:
    assert cut(text, SCRIPT) == kept


@pytest.mark.parametrize("text", [
    "주식회사(株式會社)의 매출액은 EBITDA 기준 10원입니다.", "α, β, γ 값은 10㎡이고 ±3℃입니다.",
    "продажи компании", "Revenue was 10 won.",
    "да нет은 러시아 말입니다.",
])
def test_latin_a_short_gloss_and_an_answer_without_korean_stay(text: str) -> None:
    assert cut(text, SCRIPT) == text


def test_a_script_of_the_prompt_is_allowed_and_no_other() -> None:
    allowed = TailRules(script=True, scripts=scripts_of("약관의 한자: 個人情報保護法, α"))
    assert allowed.scripts == {"CJK", "GREEK"}
    assert cut("그 이름은 個人情報保護法입니다.", allowed) == "그 이름은 個人情報保護法입니다."
    assert cut("그 이름은 개인정보입니다. продажи", allowed) == "그 이름은 개인정보입니다."
    assert {letter: script(letter) for letter in "가Aé1 .㎡ーсก"} == {
        **dict.fromkeys("가Aé1 .㎡", ""), "ー": "KATAKANA", "с": "CYRILLIC", "ก": "THAI"}


def test_the_rule_that_fires_first_cuts() -> None:
    assert cut(f"{ANSWER} 이익은 3원입니다. 이번에 또 {ANSWER} продажи", ALL) == f"{ANSWER} 이익은 3원입니다."


@pytest.mark.parametrize(("text", "seen"), [
    ("매출액은 1", "매출액은 1"), ("매출액은 10원입니다. ", "매출액은 10원입니다."),
    ("매출액은 10원입니다. [", "매출액은 10원입니다."),
    ("매출액은 10원입니다. 이", "매출액은 10원입니다."), ("매출액은 про", "매출액은"), ("가나다라마바사아가나", "가나다라마바사아"),
])
def test_what_may_yet_be_cut_is_not_shown(text: str, seen: str) -> None:
    assert text[:shown(text, ALL)] == seen


def test_without_rules_all_is_shown_and_with_phrases_alone_only_what_may_become_one_is_kept_back() -> None:
    assert shown("매출액 ", TailRules()) == 4
    assert [shown(text, PHRASES) for text in ("지급합니다. 이번", "지급합니다. 이제", "지급합니다. ")] == [6, 9, 6]


def grow(text: str, rules: TailRules, pieces: random.Random) -> tuple[str, str]:
    """Return the final text of an answer that grows piece by piece, and all that was shown of it on the way."""
    at, seen = 0, 0
    while at < len(text):
        before, at = at, min(len(text), at + pieces.randint(1, 4))
        if place_of(text[:at], rules, since=before) is not None:
            break
        seen = max(seen, shown(text[:at], rules))
    return cut(text[:at], rules), text[:seen]


def test_an_answer_is_cut_at_one_place_however_it_grows_and_nothing_shown_is_taken_back() -> None:
    """1,000 texts of sentences, loops, phrases, scripts and marks: piecewise as whole, and what was shown is its beginning."""
    draw = random.Random(7)
    parts = ["매출액은 1,234백만원입니다.", "이익입니다.", " [1]", " ", "이번에", "이번", "продажи", "про", "가나다라마바사아",
             "가나다", "네", "!", "\n", "%.", "매출액: 1,234백만원", "합계"]
    fired = 0
    for _ in range(1000):
        text = "".join(draw.choices(parts, k=draw.randint(1, 14))) * draw.choice((1, 1, 2, 3))
        whole = cut(text, ALL)
        grown, seen = grow(text, ALL, draw)
        assert grown == whole and whole.startswith(seen), repr(text)
        fired += whole != text
    assert 150 < fired < 900, "the texts hold both"


@pytest.mark.parametrize(("text", "kept"), [
    ("매출액은 715,500백만원입니다. [1] 2", "매출액은 715,500백만원입니다. [1]"),
    ("매출액은 715,500백만원입니다. [1] 2023년에는 7", "매출액은 715,500백만원입니다. [1]"),
    ("매출은 7억원입니다. [1][2] 다만, 늘었습니다. [", "매출은 7억원입니다. [1][2] 다만, 늘었습니다."),
    ("매출액은 715,500백만원입니다. [1]", "매출액은 715,500백만원입니다. [1]"),
    ("매출액은 715,500백만원입", "매출액은 715,500백만원입"),   # nothing whole to keep: the check decides
    ("", "")])
def test_a_sentence_broken_off_at_the_length_is_dropped_where_a_whole_one_is_before_it(text: str, kept: str) -> None:
    assert without_tail(text) == kept

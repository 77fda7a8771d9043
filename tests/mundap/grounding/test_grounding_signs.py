"""Signs, ratios, statutes with long names, and differences: what corrupted answers had slipped through by."""

from __future__ import annotations

import pytest

from mundap.grounding import check
from mundap.prompt import Passage

FACTS = (Passage(number=1, head="가온 2023 사업보고서", lines=(
    "가온 2023년 법인세비용차감전순이익: 15,895백만원", "가온 2023년 당기순이익(손실): -16,347백만원",
    "가온 2023년 외화환산손실: 288백만원",
    "가온 2023년 영업손실: 77백만원", "가온 2023년 유동자산: 1,390백만원", "가온 2023년 유동부채: 1,000백만원",
    "가온 2023년 세금: 743백만원", "가온 2022년 세금: 700백만원", "가온 2023년 배당: 690백만원")),)
LAWS = (Passage(number=1, head="국민건강보험법 시행령 > 제10조(임원)", lines=("공단의 이사는 3급 공무원 1명으로 한다.",)),
        Passage(number=2, head="보증인 보호를 위한 특별법 > 제11조(편면적 강행규정)", lines=("불리한 약정은 효력이 없다.",)),
        Passage(number=3, head="주택임대차보호법 > 제3조(대항력)", lines=("⑧ 비용은 임대인이 낸다.",)),
        Passage(number=4, head="상가건물 임대차보호법 시행령 > 제5조(산정률)", lines=("비율은 연 1할2푼을 말한다.",)))


@pytest.mark.parametrize(("answer", "true"), [
    ("법인세비용차감전순이익은 15,895백만원입니다.", True), ("법인세비용차감전순이익은 △15,895백만원입니다.", False),
    ("당기순이익(손실)은 -16,347백만원입니다.", True), ("당기순이익(손실)은 16,347백만원입니다.", False),
    ("당기순손실은 16,347백만원입니다.", True), ("외화환산손실은 288백만원입니다.", True),
    ("외화환산손실은 △288백만원입니다.", False),
    ("2023년에는 △288백만원이었습니다.", False), ("영업이익은 -77백만원입니다.", True), ("영업손익은 -77백만원입니다.", True),
    ("유동자산은 1,390백만원, 유동부채는 1,000백만원으로 유동비율은 139.0%입니다.", True),
    ("유동자산은 1,390백만원, 유동부채는 1,000백만원으로 유동비율은 △139.0%입니다.", False),
    ("유동자산이 1,390백만원, 유동부채가 1,000백만원으로 유동자산이 390백만원 더 많습니다.", True),
    ("유동자산이 1,390백만원, 유동부채가 1,000백만원으로 유동자산이 390백만원 더 적습니다.", False),
    ("유동자산은 1,390백만원입니다. 배당은 690백만원입니다. 유동자산이 배당보다 700백만원 더 많습니다.", True),
    ("유동자산은 1,390백만원입니다. 배당은 690백만원입니다. 배당이 유동자산보다 700백만원 더 많습니다.", False),
    ("2023년 세금은 743백만원입니다. 2022년보다 43백만원 증가했습니다.", True),
    ("2023년 세금은 743백만원입니다. 2023년보다 43백만원 증가했습니다.", False),
])
def test_signs_ratios_and_differences(answer: str, true: bool) -> None:
    assert check(f"{answer} [1]", FACTS).sentences[-1].ok is true


@pytest.mark.parametrize(("answer", "true"), [
    ("국민건강보험법 시행령 제10조에 따르면 이사는 3급 공무원 1명으로 한다. [1]", True),
    ("국민건강보험법 제10조에 따르면 이사는 3급 공무원 1명으로 한다. [1]", False),
    ("보험업법 시행령 제10조에 따르면 이사는 3급 공무원 1명으로 한다. [1]", False),
    ("보증인 보호를 위한 특별법 제11조에 따르면 불리한 약정은 효력이 없다. [2]", True),
    ("주택임대차보호법 제3조 제8항에 따르면 비용은 임대인이 낸다. [3]", True),
    ("다만 임대차보호법 제3조 제8항에 따르면 비용은 임대인이 낸다. [3]", True),
    ("상가건물 임대차보호법 제3조 제8항에 따르면 비용은 임대인이 낸다. [3]", False),
    ("상가건물 임대차보호법 시행령 제5조에 따르면 비율은 연 1할2푼이다. [4]", True),
    ("상가건물 임대차보호법 시행령 제5조에 따르면 비율은 연 12%이다. [4]", False),    # conservative: two figures are read
    ("상가건물 임대차보호법 시행령 제5조에 따르면 비율은 연 5할2푼이다. [4]", False),
])
def test_statutes_are_known_by_their_whole_names(answer: str, true: bool) -> None:
    assert check(answer, LAWS).ok is true
